"""The line about a map that somebody waits for: when it is drawn, and what is known then."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Collection, Mapping
from types import TracebackType
from typing import ClassVar

from htmap_core.components import ComponentStatus
from htmap_core.progress.bars import MOMENT, Place, place
from htmap_core.progress.pace import Pace
from htmap_core.progress.shown import Bar, Log
from htmap_core.progress.words import State
from htmap_core.settings import tables

_SHARE = 0.02  # of the time, at most, is spent on it


class Line:
    """The line about one map.

    Where the program has not asked for it, it appears after a moment, and is gone when what was waited for has come. It is drawn
    in the main thread alone, and never while the program does something else: what that prints is not mixed with it.

    :param tag: the map's tag.
    :param counts: returns how many components have each status.
    :param total: how many there are.
    :param over: the statuses that count as ended.
    :param pace: how quickly they end.
    :param asked: whether the program has asked for the line; None if it has said nothing.
    :cvar is_drawn: whether one can be seen now, whichever: no bar of other work is drawn then.
    """

    is_drawn: ClassVar[bool] = False

    def __init__(
        self,
        tag: str,
        counts: Callable[[], Mapping[ComponentStatus, int]],
        total: int,
        over: Collection[ComponentStatus],
        pace: Pace,
        *,
        asked: bool | None,
    ) -> None:
        self._tag = tag
        self._counts = counts
        self._total = total
        self._over = over
        self._pace = pace
        self._asked = asked
        self._shown: Bar | Log | None = None
        self._begun = self._drawn = time.monotonic()
        self._pause = 0.0
        self._is_there = False
        self._had_none = False
        self._first = ""
        is_wanted = asked is not False and threading.current_thread() is threading.main_thread()
        self._due = self._begun + (0.0 if asked else MOMENT) if is_wanted else math.inf

    def __enter__(self) -> Line:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and self._shown is not None and self._shown.stays:
            self._draw()
        if self._shown is not None:  # nobody may look at it any more
            self._shown.close(is_there=self._is_there or kind is None)
        if self._is_there:
            Line.is_drawn = False
        self._due = math.inf

    def has_news(self) -> None:
        """Draw the line soon: there are news."""
        if self._shown is not None:
            self._due = min(self._due, self._drawn + self._pause)
        self.look()

    def look(self) -> None:
        """Draw the line if it is time for it. Whoever waits calls this every moment."""
        if time.monotonic() >= self._due:
            self._draw()

    def hide(self) -> None:
        """Take the line away until the next look: the program goes on, and may print something."""
        if self._is_there and self._shown is not None:
            self._shown.hide()
            self._is_there = Line.is_drawn = False
            self._due = self._drawn + self._pause

    def put_away(self) -> None:
        """Take the line away for another bar, unless it stays in the end. The next look draws it anew."""
        self.hide()
        if self._shown is not None and not self._shown.stays:
            self._shown.close(is_there=False)
            self._shown = None

    def _draw(self) -> None:
        self._shown = shown = self._shown or self._begin()
        if shown is None:
            self._due = math.inf
            return
        begin = time.monotonic()
        state = self._state(begin)
        try:
            shown.show(state)
        except OSError:  # whoever looked at it has gone, and the wait goes on
            self._shown, self._due, Line.is_drawn = None, math.inf, False
            return
        self._drawn, self._is_there, Line.is_drawn = time.monotonic(), True, True
        self._pause = max(shown.shortest, (self._drawn - begin) / _SHARE)
        self._due = self._drawn + max(shown.longest, self._pause)

    def _begin(self) -> Bar | Log | None:
        where = place(asked=self._asked)
        if where is Place.NOWHERE or (self._asked is None and tables.setting("CLI.IS_CLI")):
            return None
        if where is Place.LOG:
            return Log()
        is_terminal, stays = where is Place.TERMINAL, bool(self._asked)
        return Bar(self._tag, self._total, self._begun, stays=stays, is_terminal=is_terminal)

    def _state(self, now: float) -> State:
        """Return how far the map is now, and take down what that tells of its pace."""
        counts, pace = self._counts(), self._pace
        ended = sum(counts.get(status, 0) for status in self._over)
        self._had_none = self._had_none or not ended
        if ended and self._had_none and not self._first:
            self._first = time.strftime("%H:%M:%S")
        total = sum(counts.values())  # the map may have grown
        state = State(self._tag, counts, ended, total, now - self._begun, first=self._first)
        pace.saw(now, ended, state.running, state.waiting)
        return state.with_left(pace.left(now, state.running, state.waiting))
