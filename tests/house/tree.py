"""The files of the project, as the house rules look at them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]

SKIPPED_FOLDERS = {"__pycache__", "build", "dist", "node_modules"}

DISTRIBUTIONS = sorted(path.name for path in (ROOT / "plugins").iterdir() if path.is_dir())
"""Our distributions besides the core: plugins, and those that use HTMap as programs of users do."""

USERS = ["htmap-joblib"]

PLUGINS = [name for name in DISTRIBUTIONS if name not in USERS]


def files(folder: Path = ROOT) -> Iterator[Path]:
    """Yield the project's files: all but git's and caches, and hidden folders other than that of the continuous integration."""
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.is_symlink() and path.name != ".git":  # a file in a worktree
            yield path
        elif path.is_dir() and (path.name == ".ci" or path.name[0] != ".") and path.name not in SKIPPED_FOLDERS:
            yield from files(path)


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def sources() -> list[Path]:
    """Return the modules that are shipped."""
    shipped = [path for path in files() if path.suffix == ".py" and named(path).startswith(("htmap", "plugins/"))]
    return [path for path in shipped if "tests" not in path.relative_to(ROOT).parts]


def project(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "pyproject.toml").read_text())


def matches(pattern: re.Pattern[str], suffixes: set[str] | None = None) -> list[str]:
    """Return where a pattern is found, as ``file:line: text``."""
    found = []
    for path in files():
        if suffixes is not None and path.suffix not in suffixes:
            continue
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        found += [
            f"{named(path)}:{number}: {line.strip()}"
            for number, line in enumerate(lines, start=1)
            if pattern.search(line)
        ]
    return found


def contracts() -> list[dict[str, Any]]:
    """Return the contracts that import-linter checks."""
    return list(project(ROOT)["tool"]["importlinter"]["contracts"])


def layers() -> Iterator[str]:
    """Yield the packages and modules of the core from the top of the ladder down."""
    (ladder,) = (each["layers"] for each in contracts() if each.get("containers") == ["htmap_core"])
    for rung in ladder:
        yield from rung.split(" : ")
