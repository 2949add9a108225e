"""Long work that is no wait for a map: packing, copying, starting, deleting."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any, ClassVar, Optional, TypeVar

from htmap_core.progress.bars import MOMENT, PAUSE, Place, place, progress_bar, tell
from htmap_core.progress.line import Line
from htmap_core.wording import counted, duration, printable, size

T = TypeVar("T")

_OFTEN = 0.1  # seconds between two drawings, at least
_NO_TOTAL = "{desc} [{elapsed}]"


class LongWork:
    """How far long work is: a bar on terminals and in notebooks, a line now and then in logs that want it.

    It appears after a second, and is gone after the block, also if that raises something. Only the main thread shows it, of
    work within other work only the outer one, and none while the line about a map is there: one bar at a time. The setting
    PROGRESS switches it off. Nothing is drawn by itself: the work tells how far it is, or that it goes on. Since 0.7. ::

        with LongWork("packing Python", total=len(files), unit="file") as work:
            for file in files:
                archive.add(file)
                work.advance()

    :param name: what is done, as in "packing Python".
    :param total: how much there is to do; 0 if that is unknown.
    :param unit: what is counted, in the singular; ``B`` for bytes, ``%`` for hundredths.
    :param quiet: show nothing.
    :param at_once: show it from the beginning.
    :param replaces: called before it appears, to take away another bar, which would stand beside it.
    """

    _outermost: ClassVar[Optional[LongWork]] = None  # of the main thread

    def __init__(
        self,
        name: str,
        total: float = 0,
        unit: str = "",
        *,
        quiet: bool = False,
        at_once: bool = False,
        replaces: Callable[[], object] = lambda: None,
    ) -> None:
        self._name = name
        self._total = total
        self._unit = unit
        self._done: float = 0
        self._replaces = replaces
        self._outer: LongWork | None = None
        self._bar: Any = None
        self._is_there = self._logs = self._rests = False
        self._begun = self._told = time.monotonic()
        is_seen = not quiet and threading.current_thread() is threading.main_thread()
        self._due = self._begun + (0 if at_once else MOMENT) if is_seen else math.inf

    def __enter__(self) -> LongWork:
        if self._due < math.inf:
            self._outer, LongWork._outermost = LongWork._outermost, LongWork._outermost or self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if LongWork._outermost is self:
            LongWork._outermost = None
        self._due = math.inf
        self._close()

    def advance(self, by: float = 1) -> None:
        """Tell that some more is done."""
        self._done += by
        if self._rests:
            self._rests = False
            self._due = max(self._due, time.monotonic() + MOMENT)
        elif time.monotonic() >= self._due:
            self._draw()

    def reach(self, done: float) -> None:
        """Tell how much is done by now."""
        self.advance(done - self._done)

    def look(self) -> None:
        """Tell that the work goes on."""
        self.advance(0)

    def begin(self, name: str) -> None:
        """Tell what is done from now on."""
        self._name = name
        if self._bar is not None:
            self._due = 0.0
        self.look()

    def counting(self, items: Iterable[T]) -> Iterator[T]:
        """Return an iterator over *items*, each of which counts as done once the next one is asked for."""
        return iter(items) if self._due == math.inf else self._counted(items)

    def _counted(self, items: Iterable[T]) -> Iterator[T]:
        for item in items:
            yield item
            self.advance()

    def hide(self) -> None:
        """Take it away until it is drawn again, for something else that is shown."""
        if self._is_there:
            self._bar.clear()
            self._is_there = False

    def rest(self) -> None:
        """Take it away for a wait, which is no work: it appears again if the work takes longer than a moment after that."""
        self.hide()
        self._close()
        self._rests = True

    def _close(self) -> None:
        """Give the bar's place free: a notebook shows it until then, and a terminal shows others below it."""
        if self._bar is not None:
            self._bar.total = None  # or a widget would stay, in red, where there was an error
            self._bar.close()
            self._bar = None

    def _draw(self) -> None:
        if self._outer is not None:
            self._due = time.monotonic() + _OFTEN
            self._outer.look()
            return
        if Line.is_drawn:
            self._due = time.monotonic() + _OFTEN
            return
        try:
            self._show()
        except OSError:  # whoever looked at it has gone, and the work goes on
            self._bar, self._is_there, self._due = None, False, math.inf

    def _show(self) -> None:
        if self._bar is None and not self._logs:
            where = place(asked=None)
            self._logs = where is Place.LOG
            self._bar = self._made() if where in {Place.TERMINAL, Place.NOTEBOOK} else None
        now = time.monotonic()
        if self._logs:
            self._tell(now)
        elif self._bar is None:
            self._due = math.inf
        else:
            self._bar.n = self._done
            self._bar.set_description_str(printable(self._name), refresh=False)
            self._bar.refresh()
            self._is_there = True
            self._due = now + _OFTEN

    def _made(self) -> Any:
        self._replaces()
        words = {} if self._unit else {"bar_format": _NO_TOTAL}
        made = progress_bar(
            desc=printable(self._name),
            total=self._total or None,
            unit=self._unit,
            unit_scale=self._unit == "B",
            leave=False,
            ascii=True,
            **words,
        )
        if not made.disable:  # TQDM_DISABLE, which people set for all bars
            made.start_t -= time.monotonic() - self._begun
        return made

    def _tell(self, now: float) -> None:
        if now >= self._told + PAUSE:
            self._told = now
            tell(f"{self._name}{self._how_far()} after {duration(now - self._begun)}")
        self._due = self._told + PAUSE

    def _how_far(self) -> str:
        if self._unit in {"", "%"}:
            return f": {self._done:.0f}%" if self._unit else ""
        if self._unit == "B":
            return f": {size(self._done)}{f' of {size(self._total)}' if self._total else ''}"
        whole = counted(round(self._total or self._done), self._unit)
        return f": {self._done:.0f} of {whole}" if self._total else f": {whole}"
