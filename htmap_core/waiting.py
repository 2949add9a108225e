"""Waiting: deadlines, pauses between two looks, and the progress bar."""

from __future__ import annotations

import datetime
import math
import time
from typing import Any, Union

from htmap_core import configfile
from htmap_core.exceptions import TimeoutError  # noqa: A004 -- a builtin TimeoutError too

Timeout = Union[float, datetime.timedelta, None]

_SHORTEST = 0.01  # seconds


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

    def pause(self, what: str) -> None:
        """Sleep until it is worth looking again; the setting WAIT_TIME says how long.

        :param what: what is still not there, for the message.
        :raises TimeoutError: patience has ended.
        """
        interval = max(_SHORTEST, configfile.value("WAIT_TIME", float))
        if self._end is not None:
            left = self._end - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"the time is over, and {what}")
            interval = min(interval, left)
        time.sleep(interval)


def progress_bar(tag: str, total: int, *, show: bool) -> Any:
    """Return a tqdm bar that counts components, on standard error; one that shows nothing unless *show*."""
    from tqdm import tqdm  # 30 ms

    return tqdm(desc=tag, total=total, unit="component", ascii=True, disable=not show)
