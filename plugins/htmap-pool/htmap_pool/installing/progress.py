"""The bar of an installation, in stages."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from htmap_core import LongWork


class Bar:
    """One bar for all stages of an installation; each stage fills its share. It is shown from the beginning."""

    def __init__(self) -> None:
        self._opened = contextlib.ExitStack()
        self._work = self._opened.enter_context(LongWork("installing HTCondor", 100, "%", at_once=True))

    def close(self) -> None:
        """Remove the bar."""
        self._opened.close()

    @contextlib.contextmanager
    def stage(self, name: str, begin: float, end: float) -> Iterator[Callable[[float], None]]:
        """Show the stage *name*, which fills the bar from *begin* to *end* percent.

        It yields a function, which the block calls with the finished part of the stage, from 0 to 1.
        """

        def advance(part: float) -> None:
            self._work.reach(round(begin + (end - begin) * min(max(part, 0.0), 1.0)))

        self._work.begin(f"installing HTCondor: {name}")
        advance(0)
        yield advance
        advance(1)
