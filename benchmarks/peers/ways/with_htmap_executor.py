"""Calls that are submitted one by one to an executor of ours."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Iterator

import htmap

from .imported import import_all
from .work import call_of

import_all()


def results(calls: int, seconds: float, _: str, __: int) -> Iterator[list[int]]:
    """Yield the results as they come."""
    function = call_of(seconds)
    with htmap.Executor() as executor:
        futures = [executor.submit(function, x) for x in range(calls)]
        for future in concurrent.futures.as_completed(futures):
            yield [future.result()]
