"""What the first map of a program imports, imported before the clock runs: dask and Parsl do so when they are imported."""

from __future__ import annotations

import importlib
import pkgutil
from importlib.metadata import entry_points


def import_all() -> None:
    """Import it."""
    packages = {entry.module.partition(".")[0] for entry in entry_points(group="htmap")}
    for package in ("htmap_core", *sorted(packages)):
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if not module.name.startswith(("htmap_core.cli", "htmap_core.testing", "htmap_core.__main__")):
                importlib.import_module(module.name)
