"""Calls as components of a map of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import htmap

from .imported import import_all
from .work import call_of

import_all()


def results(calls: int, seconds: float, batch: str, _: int) -> Iterator[list[int]]:
    """Yield the results as they come. The map is not removed: the folder that it is in goes with the cell."""
    chunksize: Any = batch if batch == "auto" else int(batch)
    mapped = htmap.map(call_of(seconds), range(calls), quiet=True, chunksize=chunksize)
    for result in mapped.iter_as_available():
        yield [result]
