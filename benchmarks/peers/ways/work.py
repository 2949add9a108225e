"""The function that all contenders call. It stands within another, so that it travels with its code."""

from __future__ import annotations

from collections.abc import Callable


def call_of(seconds: float) -> Callable[[int], int]:
    """Return a function that sleeps, and doubles its argument."""

    def double(x: int) -> int:
        import time

        if seconds:
            time.sleep(seconds)
        return 2 * x

    return double


def batch_of(seconds: float) -> Callable[[int, int], list[int]]:
    """Return a function that does the same for a range of arguments, as users batch by hand."""

    def double_all(start: int, stop: int) -> list[int]:
        import time

        results = []
        for x in range(start, stop):
            if seconds:
                time.sleep(seconds)
            results.append(2 * x)
        return results

    return double_all


def batches(calls: int, size: int) -> list[tuple[int, int]]:
    """Return where the batches of a number of calls start and stop.

    >>> batches(1200, 500)
    [(0, 500), (500, 1000), (1000, 1200)]
    """
    return [(start, min(start + size, calls)) for start in range(0, calls, size)]
