"""Waiting: deadlines, and pauses between two checks."""

from __future__ import annotations

import datetime
import math
import time
from collections.abc import Iterator
from typing import Union

from htmap_core.exceptions import TimeoutError
from htmap_core.settings import tables

Timeout = Union[float, datetime.timedelta, None]

PATIENCE = 30.0  # seconds for what HTCondor does a moment after it has agreed to it; milliseconds unless it is busy
_SHORTEST = 0.005  # seconds
_LATER = 0.01  # of the time without news: by so much, news may be seen later than they came
_LOOKING = 0.01  # of the time, at most, is spent on looking
_CHEAP = 0.001  # seconds: so little may a look take that is done more often at the beginning
_BEGINNING = 5.0  # seconds
_CLOSELY = 0.05  # of this time is spent on such looks


def seconds(timeout: Timeout) -> float:
    """Return a timeout in seconds, which are infinite for None.

    :raises TypeError: it is no timeout.
    """
    if timeout is None:
        return math.inf
    if isinstance(timeout, datetime.timedelta):
        timeout = timeout.total_seconds()
    if not isinstance(timeout, (int, float)) or math.isnan(timeout):
        raise TypeError(f"a timeout must be a number of seconds, a timedelta or None, not {timeout!r}")
    return timeout


class Deadline:
    """The end of a timeout.

    :param timeout: seconds or a timedelta from now; None for no end.
    """

    def __init__(self, timeout: Timeout) -> None:
        self._longest: float | None = None
        self._end = None if timeout is None else time.monotonic() + seconds(timeout)

    def left(self) -> float:
        """Return the seconds until the deadline."""
        return math.inf if self._end is None else self._end - time.monotonic()

    def pause(self, reason: str, tag: str, component: int | None = None, *, at_most: float = math.inf) -> None:
        """Sleep until the next check: for the seconds of the setting WAIT_TIME, or until the deadline if that is sooner.

        :param reason: the present state of the map or component, for the message.
        :param tag: the map that the program waits for.
        :param component: the component that the program waits for; None for all of them.
        :param at_most: seconds; where checks are cheap, :func:`until_next_look` has fewer than the setting.
        :raises TimeoutError: the deadline has passed.
        """
        if self._longest is None:  # a setting is checked each time that it is asked for: 0.4 ms
            self._longest = tables.setting("WAIT_TIME")
        interval = max(_SHORTEST, min(at_most, self._longest))
        if self._end is not None:
            left = self._end - time.monotonic()
            if left <= 0:
                raise TimeoutError(tag, component, reason)
            interval = min(interval, left)
        time.sleep(interval)


def until_next_look(quiet: float, took: float, age: float) -> float:
    """Return after how many seconds to look again for news: the later, the longer there were none and the more a look takes.

    So a result that comes after two seconds is seen 20 ms later at most, and one that comes at once after 5 ms. On a file system
    where each look takes long, or for a map of very many components, there are fewer looks.

    :param quiet: the seconds since the last news.
    :param took: the seconds that a look takes.
    :param age: the seconds for which this process has known the map.
    """
    is_close = took < _CHEAP and age < _BEGINNING
    return max(_LATER * quiet, took / (_CLOSELY if is_close else _LOOKING))


def tries(patience: float, longest: float) -> Iterator[None]:
    """Yield at once, then after pauses that double, and a last time when the patience is over.

    :param patience: seconds.
    :param longest: of the pauses, in seconds.
    """
    give_up, pause = time.monotonic() + patience, _SHORTEST
    yield
    while (left := give_up - time.monotonic()) > 0:
        time.sleep(min(pause, left))
        pause = min(2 * pause, longest)
        yield
