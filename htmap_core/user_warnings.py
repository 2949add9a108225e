"""Warnings that show the line of the user's program that they are about, and none of ours."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

_OURS = f"{Path(__file__).parent}/"


def warn(text: str, category: type[Warning]) -> None:
    """Warn, from the line that called into HTMap.

    :param text: what there is to say.
    :param category: a class of its own for each kind, so that users can silence it.
    """
    frame, level = sys._getframe(1), 2  # noqa: SLF001 -- `warnings` can skip files by itself from Python 3.12 on
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OURS):
        frame, level = frame.f_back, level + 1
    warnings.warn(text, category, stacklevel=level)
