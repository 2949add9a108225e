"""What all warnings have in common: their bases, and how they are issued."""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Optional

from htmap_core.wording import Printable

_OURS = (f"{Path(__file__).parents[1]}/", contextlib.__file__)  # a generator of ours is entered by way of the latter

_gathered: ContextVar[Optional[list[Warning]]] = ContextVar("_gathered", default=None)


def warn(warning: Warning) -> None:
    """Issue *warning* for the user's line that called into HTMap."""
    if (kept := _gathered.get()) is not None:
        kept.append(warning)
        return
    frame, level = sys._getframe(1), 2  # noqa: SLF001 -- `warnings` can skip files by itself from Python 3.12 on
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OURS):
        frame, level = frame.f_back, level + 1
    warnings.warn(warning, stacklevel=level)


@contextlib.contextmanager
def gathered() -> Iterator[list[Warning]]:
    """Keep what would be issued inside the block, by this thread, in the list that the block gets."""
    kept: list[Warning] = []
    token = _gathered.set(kept)
    try:
        yield kept
    finally:
        _gathered.reset(token)


class HTMapWarning(Printable, UserWarning):
    """The base of all warnings of HTMap. Since 0.7.

    ::

        warnings.simplefilter("ignore", htmap.exceptions.HTMapWarning)
    """


class SuspiciousMap(HTMapWarning):
    """A new map will probably not run, or not as intended; the base of the warnings about new maps."""
