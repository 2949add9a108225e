"""Measure what it costs that results of a job come before its end, and when the first ones are there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import htmap

from .rows import Row

_SECONDS = 0.01  # of a component


def of_one_job(quick: bool) -> Iterator[Row]:
    """Run a chunk of components of 10 ms with results before its end and without, in turn, by the job's own clock."""
    count = 1_500 if quick else 4_000
    last, _ = _ran(count, htmap.MapOptions(results_interval=False))
    early, first = _ran(count, htmap.MapOptions())
    note = f"{count:,} components of 10 ms in one job, {last:.0f} s without"
    yield Row("a job whose results come early, over one whose results do not", early / last, 1.03, "", note=note)
    yield Row(
        "the first results of such a job, after its start", first, 13, "s", note="10 s, and what it takes to see them"
    )


def _ran(count: int, options: htmap.MapOptions) -> tuple[float, float]:
    """Return how long the components of a job took, and when the first results were there, in seconds from their first one."""
    mapped = htmap.map(_short(), range(count), map_options=options, quiet=True, chunksize=count)
    began = mapped.get(0)
    seen = time.time()
    *_, ended = mapped.iter()
    mapped.remove()
    return ended - began, seen - began


def _short() -> Callable[[int], float]:
    """Return a function that travels by value, and tells the time."""

    def short(_: int) -> float:
        time.sleep(_SECONDS)
        return time.time()

    return short
