"""A small copy of the repository: what describes its distributions, and no code."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.tree import ROOT

DESCRIBING = (
    "pyproject.toml",
    "README.md",
    "CHANGELOG.md",
    "LICENSE",
    "CITATION.cff",
    "htmap_core/version.py",
    ".gitignore",
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return the folder of the copy, which git knows, with nothing that is not committed."""
    root = tmp_path / "tree"
    for name in [*DESCRIBING, *(f"plugins/*/{name}" for name in DESCRIBING[:4])]:
        for path in ROOT.glob(name):
            (root / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, root / path.relative_to(ROOT))
    commit(root, "init", "--quiet")
    return root


def commit(root: Path, *before: str) -> None:
    """Commit everything, after a command of git."""
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    for command in [*([before] if before else []), ("add", "."), (*identity, "commit", "--quiet", "--message", "All")]:
        subprocess.run(["git", *command], cwd=root, check=True, timeout=180)
