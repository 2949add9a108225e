"""Throw-away distributions with plugins."""

from __future__ import annotations

import importlib
import itertools
import os
import textwrap
from pathlib import Path

_NUMBERS = itertools.count()

PREAMBLE = """
import attrs, click
from htmap_core import *
from htmap_core import hookimpl
class Method(DeliveryMethod):
    def __init__(self, name):
        self.name = name
    def describe(self, submit, plan):
        submit.set_attribute("DescribedBy", f'"{self.name}"')
"""

ROWBOAT = """
@hookimpl
def htmap_delivery_methods():
    return [Method("rowboat")]
"""


class Site:
    """A folder on Python's path, for throw-away distributions with one plugin each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, plugin: str, source: str = ROWBOAT, distribution: str | None = None, module: str = "") -> None:
        name = module or f"throwaway_{next(_NUMBERS)}"
        if not module:
            (self.folder / f"{name}.py").write_text(PREAMBLE + textwrap.dedent(source))
        self.write_metadata(distribution or f"htmap-{plugin}", f"[htmap]\n{plugin} = {name}\n")

    def require(self, distribution: str, requirement: str) -> None:
        """Write into the metadata of a distribution what it requires."""
        (info,) = self.folder.glob(f"{distribution.replace('-', '_')}-*.dist-info")
        with (info / "METADATA").open("a") as metadata:
            metadata.write(f"Requires-Dist: {requirement}\n")

    def environment(self) -> dict[str, str]:
        """Return the environment of a process that finds what is installed here."""
        return {**os.environ, "PYTHONPATH": os.pathsep.join([str(self.folder), os.environ.get("PYTHONPATH", "")])}

    def write_metadata(self, distribution: str, entry_points: str) -> None:
        info = self.folder / f"{distribution.replace('-', '_')}-1.2.3.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2.3\n")
        (info / "entry_points.txt").write_text(entry_points)
        importlib.invalidate_caches()
