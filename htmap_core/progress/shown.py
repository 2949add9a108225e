"""The ways to show the line: a bar that is drawn anew, or lines in a log."""

from __future__ import annotations

import math
import time
from typing import Any

from htmap_core.progress.bars import MOMENT, PAUSE, progress_bar, tell
from htmap_core.progress.words import State, fitting, words
from htmap_core.wording import duration, printable

_SOON = 0.1  # seconds: news are shown so quickly
_SECOND = 1.0  # so often the time is shown where nothing else is new
_SELDOM = 5.0  # seconds, likewise in a notebook without widgets, which may keep all that was ever shown
_BAR = 4  # characters of a bar beside words, at least
_WIDE = 60  # characters of a terminal with room for a bar
_FORMAT = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}{postfix}]"
_NARROW = (
    "{desc}: {n_fmt}/{total_fmt} [{elapsed}{postfix}]{bar:1b}"  # with a bar that is a blank: else tqdm cuts nothing off
)
_SHARE = 0.05  # of the wait, at most, passes between two lines in a log: a day has a hundred


class Bar:
    """A bar on a terminal or in a notebook, with words behind it.

    :param begun: when the wait began, by ``time.monotonic``.
    :param stays: whether it is still there in the end.
    """

    def __init__(self, tag: str, total: int, begun: float, *, stays: bool, is_terminal: bool) -> None:
        self.stays = stays
        self._bar: Any = progress_bar(desc=printable(tag), total=total, ascii=True, leave=stays, bar_format=_FORMAT)
        if not self._bar.disable:  # TQDM_DISABLE, which people set for all bars
            self._bar.start_t -= time.monotonic() - begun
        self._fixed = len(f"{tag}: {total}/{total} [0:00:00] ")
        self._is_text = not hasattr(self._bar, "container")
        is_quick = is_terminal or not self._is_text
        self.shortest, self.longest = (_SOON, _SECOND) if is_quick else (_SECOND, _SELDOM)

    def show(self, state: State) -> None:
        """Draw it."""
        if self._bar.disable:
            return
        self._bar.n, self._bar.total = state.ended, state.total
        room, width = math.inf, self._bar.format_dict["ncols"]  # a number on terminals alone; 0 where it does not tell
        if isinstance(width, int) and width:
            self._bar.bar_format = _FORMAT if width >= _WIDE else _NARROW
            room = width - self._fixed - (len("100%|| ") + _BAR if width >= _WIDE else 0)
        self._bar.set_postfix_str(fitting(list(words(state)), room), refresh=False)
        self._bar.refresh()

    def hide(self) -> None:
        """Take it away for a while. A widget is in nobody's way."""
        if self._is_text:
            self._bar.clear()

    def close(self, *, is_there: bool = True) -> None:
        """Take it away, or leave it, for good.

        :param is_there: whether it can be seen now: one that was taken away for a message is not drawn below that again.
        """
        if not is_there and self._is_text:
            self._bar.leave = False
        if not self.stays:
            self._bar.total = None  # or a widget would stay, in red, where one of many results was waited for
        self._bar.close()


class Log:
    """Lines in a log: where something begins, for each tenth, and after each pause, which grows with the wait."""

    shortest = longest = _SECOND
    stays = True

    def __init__(self) -> None:
        self._last: State | None = None

    def show(self, state: State) -> None:
        """Write a line if it is time for one. What is over in a moment needs none."""
        if state.elapsed >= MOMENT and self._is_due(state):
            self._last = state
            after = f" after {duration(state.elapsed)}{fitting(list(words(state)), math.inf, first=', ')}"
            tell(f"{state.tag}: {state.ended} of {state.total} components{after}")

    def _is_due(self, state: State) -> bool:
        last = self._last
        if last is None:
            return True
        since = state.elapsed - last.elapsed
        is_over = state.ended == state.total != last.ended
        begins = state.phase != last.phase or 10 * state.ended // state.total > 10 * last.ended // state.total
        return is_over or (begins and since > 2 * MOMENT) or since >= max(PAUSE, _SHARE * state.elapsed)

    def hide(self) -> None:
        """Do nothing: what is in a log stays there."""

    def close(self, *, is_there: bool = True) -> None:
        """Do nothing."""
