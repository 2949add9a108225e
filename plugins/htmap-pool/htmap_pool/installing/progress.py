"""A progress bar on standard error; nothing where that is no terminal."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from htmap_core import progress_bar


class Bar:
    """One bar over the stages of an installation. Stages come in any number and fill it up to their shares."""

    def __init__(self) -> None:
        self._bar = progress_bar(
            total=100, unit="%", disable=None, leave=False, bar_format="{desc} {bar} {percentage:3.0f}%"
        )

    def close(self) -> None:
        """Take the bar away."""
        self._bar.close()

    @contextlib.contextmanager
    def stage(self, name: str, begin: float, end: float) -> Iterator[Callable[[float], None]]:
        """Show the stage *name*, which fills the bar from *begin* to *end* percent.

        The block gets a function to call with how far it is, from 0 to 1.
        """

        def advance(part: float) -> None:
            self._bar.n = begin + (end - begin) * min(max(part, 0.0), 1.0)
            self._bar.refresh()

        self._bar.set_description_str(name)
        advance(0)
        yield advance
        advance(1)
