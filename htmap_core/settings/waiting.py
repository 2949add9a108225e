"""Waiting: deadlines, pauses between two looks, and the progress bar."""

from __future__ import annotations

import datetime
import math
import sys
import time
from collections.abc import Iterable
from typing import Any, TypeVar, Union

from htmap_core.exceptions import TimeoutError
from htmap_core.progress import progress_bar
from htmap_core.settings import tables

Timeout = Union[float, datetime.timedelta, None]

T = TypeVar("T")

_SHORTEST = 0.01  # seconds
_MOMENT = 1.0  # seconds


class Deadline:
    """When patience ends.

    :param timeout: seconds or a timedelta from now; None for never.
    """

    def __init__(self, timeout: Timeout) -> None:
        if timeout is None:
            self._end = None
            return
        if isinstance(timeout, datetime.timedelta):
            timeout = timeout.total_seconds()
        if not isinstance(timeout, (int, float)) or math.isnan(timeout):
            raise TypeError(f"a timeout is a number of seconds, a timedelta or None, not {timeout!r}")
        self._end = time.monotonic() + timeout

    def pause(self, reason: str, tag: str, component: int | None = None) -> None:
        """Sleep until it is worth looking again; the setting WAIT_TIME says how long.

        :param reason: how far it is, for the message.
        :param tag: the map that is waited for.
        :param component: the only component that is waited for.
        :raises TimeoutError: patience has ended.
        """
        interval = max(_SHORTEST, tables.setting("WAIT_TIME"))
        if self._end is not None:
            left = self._end - time.monotonic()
            if left <= 0:
                raise TimeoutError(tag, component, reason)
            interval = min(interval, left)
        time.sleep(interval)


def while_created(calls: Iterable[T], tag: str, total: int) -> Iterable[T]:
    """Return *calls*, with a bar on the terminal that counts them where that takes longer than a moment.

    :param total: how many there are, where that is known; else 0.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        return calls
    counted: Iterable[T] = progress_bar(
        calls, f"creating {tag}", total or None, leave=False, unit="component", ascii=True, delay=_MOMENT
    )
    return counted


def component_bar(tag: str, total: int, *, show: bool) -> Any:
    """Return a bar that counts components; one that shows nothing unless *show*."""
    return progress_bar(desc=tag, total=total, unit="component", ascii=True, disable=not show)
