"""Wait in tests for another process, with minutes of patience and a message that says what did not happen."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from htmap_core.exceptions import HTMapException

T = TypeVar("T")

PATIENCE = 300.0  # seconds: a machine that is busy with tests is slow, not broken

# The errors of a condition that does not hold yet: a file is missing, a schedd does not answer. Any other exception is a mistake
# in the condition, and trying again would not help.
_NOT_YET = (AssertionError, LookupError, OSError, HTMapException)
_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH = 0.01, 0.25, 1.5  # seconds, seconds, times


def eventually(condition: Callable[[], T], *, says: str, within: float = PATIENCE) -> T:
    """Wait until a condition holds, and return its value.

    The condition is called at least once, and once more when the time is up. It does not hold yet if it raises an
    ``AssertionError``, a ``LookupError``, an ``OSError`` or an ``HTMapException``::

        eventually(lambda: mapped.is_done, says="the map is done")

    :param condition: a function without parameters. It holds when its value is true.
    :param says: the condition in words, for the message.
    :param within: the patience in seconds.
    :raises AssertionError: the condition did not hold in time. The message has *says* and the last value or exception.

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
