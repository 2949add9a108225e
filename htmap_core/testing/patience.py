"""Waiting in tests for what another process does, with minutes of patience and a word for what did not happen."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from htmap_core.exceptions import HTMapException

T = TypeVar("T")

PATIENCE = 300.0  # seconds: a machine that is busy with tests is slow, and not broken

# What a condition may raise while it does not hold yet: a file is not there, a schedd does not answer. Anything else is a
# mistake in the condition, and would only be repeated.
_NOT_YET = (AssertionError, LookupError, OSError, HTMapException)
_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH = 0.01, 0.25, 1.5  # seconds, seconds, times


def eventually(condition: Callable[[], T], *, says: str, within: float = PATIENCE) -> T:
    """Wait until a condition holds, and return what it gave.

    The condition is asked at least once, and once more when the time is up. Where it raises an ``AssertionError``, a
    ``LookupError``, an ``OSError`` or an ``HTMapException``, it does not hold yet::

        eventually(lambda: mapped.is_done, says="the map is done")

    :param condition: a function without parameters; it holds when it returns something true.
    :param says: the condition in words, for the message.
    :param within: seconds of patience.
    :raises AssertionError: it did not hold in time; the message has *says* and what the condition gave or raised last.

    Since 0.7.
    """
    __tracebackhide__ = True  # pytest shows the line of the test
    give_up, pause = time.monotonic() + within, _FIRST_PAUSE
    while True:
        is_last = time.monotonic() >= give_up
        try:
            if value := condition():
                return value
        except _NOT_YET as error:
            if is_last:
                raise AssertionError(f"not within {within:g} s: {says}; the last try raised {error!r}") from error
        else:
            if is_last:
                raise AssertionError(f"not within {within:g} s: {says}; the last try gave {value!r}")
        time.sleep(min(pause, max(0.0, give_up - time.monotonic())))
        pause = min(pause * _GROWTH, _LONGEST_PAUSE)
