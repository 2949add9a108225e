"""A small copy of the repository: what describes its distributions, and no code."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from release import changelogs
from release.distributions import distributions
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
    """Return the folder of the copy, which git knows, with nothing that is not committed, and a version that is not released."""
    root = tmp_path / "tree"
    for name in [*DESCRIBING, *(f"plugins/*/{name}" for name in DESCRIBING[:4])]:
        for path in ROOT.glob(name):
            (root / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, root / path.relative_to(ROOT))
    for path in map(changelogs.path_of, distributions(root)):
        path.write_text(re.sub(r"(?m)^(## \S+) \(.*\)$", rf"\1 ({changelogs.UNRELEASED})", path.read_text(), count=1))
    commit(root, "init", "--quiet")
    return root


def commit(root: Path, *before: str) -> None:
    """Commit everything, after a command of git."""
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    for command in [*([before] if before else []), ("add", "."), (*identity, "commit", "--quiet", "--message", "All")]:
        subprocess.run(["git", *command], cwd=root, check=True, timeout=180)
