"""What all warnings have in common: their bases, and how they are issued."""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any, NamedTuple, Optional

from htmap_core.wording import Printable

_OURS = (f"{Path(__file__).parents[1]}/", contextlib.__file__)  # a generator of ours is entered by way of the latter


class Line(NamedTuple):
    """A line of the user's program, as ``warnings`` wants to know it."""

    filename: str
    lineno: int
    module: str
    registry: dict[Any, Any]


_gathered: ContextVar[Optional[list[Warning]]] = ContextVar("_gathered", default=None)
_line: ContextVar[Optional[Line]] = ContextVar("_line", default=None)


def warn(warning: Warning) -> None:
    """Issue *warning* for the user's line that called into HTMap."""
    if (kept := _gathered.get()) is not None:
        kept.append(warning)
    else:
        warnings.warn_explicit(warning, type(warning), *(_line.get() or calling_line()))


def calling_line() -> Line:
    """Return the user's line that called into HTMap."""
    frame = sys._getframe(1)  # noqa: SLF001 -- `warnings` can skip files by itself from Python 3.12 on
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OURS):
        frame = frame.f_back
    module = frame.f_globals.get("__name__") or "<string>"
    return Line(frame.f_code.co_filename, frame.f_lineno, module, frame.f_globals.setdefault("__warningregistry__", {}))


@contextlib.contextmanager
def issued_for(line: Line) -> Iterator[None]:
    """Issue the warnings inside the block, by this thread, for a line that has called before."""
    token = _line.set(line)
    try:
        yield
    finally:
        _line.reset(token)


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
