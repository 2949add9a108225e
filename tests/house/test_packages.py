"""Packages: how many modules they have, what their ``__init__`` says, and that all can be imported."""

from __future__ import annotations

import importlib
import pkgutil

import htmap_core
import htmap_run
from tests.house.tree import PLUGINS, ROOT


def test_every_shipped_package_is_typed() -> None:
    packages = [
        "htmap",
        "htmap_core",
        "htmap_run",
        *(f"plugins/{plugin}/{plugin.replace('-', '_')}" for plugin in PLUGINS),
    ]
    assert [package for package in packages if not (ROOT / package / "py.typed").is_file()] == []


def test_every_module_of_the_core_can_be_imported_alone() -> None:
    for package in (htmap_core, htmap_run):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            # The small htmap of the execute node imports as a package of that name, in the archive alone.
            if not module.name.endswith(".__main__") and not module.name.startswith("htmap_run.htmap"):
                importlib.import_module(module.name)
