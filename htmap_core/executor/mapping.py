"""``Executor.map``: results in the order of the items, with only so many calls ahead of them as the program wants."""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from htmap_core.futures.future import Future
from htmap_core.type_variables import R

if TYPE_CHECKING:
    from htmap_core.executor.executor import Executor


def results_of(
    executor: Executor,
    fn: Callable[..., R],
    calls: Iterable[tuple[Any, ...]],
    *,
    timeout: float | None,
    buffersize: int | None,
) -> Iterator[R]:
    """Submit calls, and return an iterator over their results in the same order.

    :param calls: the arguments of each.
    :param timeout: seconds from now until the last result is there; None waits for ever.
    :param buffersize: how many may be ahead of the results that were taken; None for any number.
    :raises TypeError: *buffersize* is no int.
    :raises ValueError: *buffersize* is below 1.
    """
    if buffersize is not None and not isinstance(buffersize, int):
        raise TypeError("buffersize must be an integer or None")
    if buffersize is not None and buffersize < 1:
        raise ValueError("buffersize must be None or > 0")
    end = None if timeout is None else time.monotonic() + timeout
    coming = iter(calls)
    ahead = deque(executor.submit(fn, *args) for args in itertools.islice(coming, buffersize))
    executor.flush()
    return _results(executor, fn, coming, ahead, end)


def _results(
    executor: Executor,
    fn: Callable[..., R],
    coming: Iterator[tuple[Any, ...]],
    ahead: deque[Future[R]],
    end: float | None,
) -> Iterator[R]:
    try:
        while ahead:
            for args in itertools.islice(coming, 1):
                ahead.append(executor.submit(fn, *args))
            yield _taken(ahead, end)
    except (Exception, GeneratorExit):  # but not Ctrl-C: after it, calls go on without the program
        while ahead:
            ahead.popleft().cancel()
        raise


def _taken(ahead: deque[Future[R]], end: float | None) -> R:
    """Return the result of the first future. It stays there if that is an exception."""
    result = ahead[0].result(None if end is None else end - time.monotonic())
    ahead.popleft()
    return result
