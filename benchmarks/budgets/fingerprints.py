"""Measure what fingerprints of inputs cost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from measure import shortest_function

from htmap_core.fingerprints.fingerprint import Fingerprints

from .rows import Row


def inputs(quick: bool) -> Iterator[Row]:
    """Measure the fingerprints of inputs of a few kinds."""
    count = 20_000 if quick else 100_000
    fingerprints = Fingerprints(shortest_function())
    kinds: dict[str, tuple[list[Any], float | None]] = {
        "numbers": (list(range(count)), 370_000),
        "tuples": ([(n, n + 0.5, "text") for n in range(count)], 370_000),
        "dicts": ([{"a": n, "b": "text"} for n in range(count)], None),
    }
    for what, (values, limit) in kinds.items():
        begin = time.perf_counter()
        for value in values:
            fingerprints.of_input((value,), {})
        yield Row(f"fingerprints of {what}", count / (time.perf_counter() - begin), limit, "/s", at_least=True)
    begin = time.perf_counter()
    fingerprints.of_input((list(range(1_000_000)),), {})
    yield Row("fingerprint of a list of a million numbers", time.perf_counter() - begin, None, "s")
