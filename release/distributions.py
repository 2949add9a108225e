"""The distributions of a tree: the core and every folder below ``plugins/``."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import attrs

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[1]
CORE = "htmap-core"


@attrs.frozen
class Distribution:
    """A distribution of a tree.

    :param name: its name on an index.
    :param folder: where its ``pyproject.toml`` is.
    """

    name: str
    folder: Path

    @property
    def project(self) -> dict[str, Any]:
        """The table ``[project]``."""
        table: dict[str, Any] = described(self.folder)["project"]
        return table

    @property
    def is_plugin(self) -> bool:
        """Whether HTMap finds it by an entry point; others, such as the core, are imported by programs alone."""
        return "htmap" in self.project.get("entry-points", {})

    @property
    def file_name(self) -> str:
        """The name as files of an index have it."""
        return self.name.replace("-", "_")


def described(folder: Path) -> dict[str, Any]:
    """Return what a ``pyproject.toml`` says."""
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))


def distributions(root: Path = ROOT) -> list[Distribution]:
    """Return all, the core first."""
    plugins = sorted(each.parent for each in root.glob("plugins/*/pyproject.toml"))
    return [Distribution(CORE, root), *(Distribution(folder.name, folder) for folder in plugins)]


def version(root: Path = ROOT) -> str:
    """Return the version of all: that of the core."""
    return str(described(root)["project"]["version"])


def compatible(version: str) -> str:
    """Return the range of versions in which the core and its own plugins work together. Candidates precede their release."""
    major, minor, *_ = version.split(".")
    first = version if re.search("[a-z]", version) else f"{major}.{minor}"
    return f">={first},<{major}.{int(minor) + 1}"


def pythons(root: Path = ROOT) -> list[str]:
    """Return the Pythons that we support: those of the classifiers of the core, the oldest first."""
    found = (re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", each) for each in _classifiers(root))
    return sorted((each[1] for each in found if each), key=lambda each: int(each.partition(".")[2]))


def _classifiers(root: Path) -> list[str]:
    return list(described(root)["project"]["classifiers"])
