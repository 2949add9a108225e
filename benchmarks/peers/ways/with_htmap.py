"""Calls as components of a map of ours."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from importlib.metadata import entry_points
from typing import Any

import htmap

from .work import call_of


def _import_all() -> None:
    """Import what the first map of a program would import: dask and Parsl do so when they are imported, before the clock runs."""
    packages = {entry.module.partition(".")[0] for entry in entry_points(group="htmap")}
    for package in ("htmap_core", *sorted(packages)):
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if not module.name.startswith(("htmap_core.cli", "htmap_core.testing", "htmap_core.__main__")):
                importlib.import_module(module.name)


_import_all()


def results(calls: int, seconds: float, batch: str, _: int) -> Iterator[list[int]]:
    """Yield the results as they come. The map is not removed: the folder that it is in goes with the cell."""
    chunksize: Any = batch if batch == "auto" else int(batch)
    mapped = htmap.map(call_of(seconds), range(calls), quiet=True, chunksize=chunksize)
    for result in mapped.iter_as_available():
        yield [result]
