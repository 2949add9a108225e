"""An executor knows what functions take and return."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Iterator

import htmap


def scaled(number: int, factor: float = 2.0) -> float:
    return number * factor


def total(executor: concurrent.futures.Executor) -> float:
    """Take any executor of the standard library."""
    return sum(executor.map(scaled, range(3)))


def main() -> None:
    with htmap.Executor(where="here") as executor:
        future: htmap.Future[float] = executor.submit(scaled, 2, factor=3.0)
        result: float = future.result()
        results: Iterator[float] = executor.map(scaled, [1, 2], [3.0, 4.0], chunksize="auto", buffersize=10)
        large: htmap.Executor = executor.with_options(request_memory="4GB", chunksize=10)
        print(result, list(results), large.submit(len, "tide").result(), total(executor))
        done, _ = concurrent.futures.wait([large.submit(scaled, 1), large.submit(scaled, 2)])
        print(sorted(each.result() for each in done))


main()
