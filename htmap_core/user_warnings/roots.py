"""What all warnings have in common: their bases, and how they are issued."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

from htmap_core.wording import Printable

_OURS = f"{Path(__file__).parents[1]}/"


def warn(warning: Warning) -> None:
    """Issue *warning* for the user's line that called into HTMap."""
    frame, level = sys._getframe(1), 2  # noqa: SLF001 -- `warnings` can skip files by itself from Python 3.12 on
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OURS):
        frame, level = frame.f_back, level + 1
    warnings.warn(warning, stacklevel=level)


class HTMapWarning(Printable, UserWarning):
    """The base of all warnings of HTMap. Since 0.7.

    ::

        warnings.simplefilter("ignore", htmap.exceptions.HTMapWarning)
    """


class SuspiciousMap(HTMapWarning):
    """A new map will probably not run, or not as intended; the base of the warnings about new maps."""
