"""The command line as users type it, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Ran = subprocess.CompletedProcess[str]


@pytest.fixture
def type_(htmap_dir: Path) -> Callable[..., Ran]:
    """Return what runs ``htmap`` with arguments; standard input is empty unless given."""

    def run(*arguments: str, stdin: str = "") -> Ran:
        command = [sys.executable, "-m", "htmap", *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=300, check=False)

    return run


@pytest.fixture
def damaged(htmap_dir: Path) -> Path:
    """Make a map that has a tag and nothing else, ``tide``: enough for whatever is about tags alone."""
    for folder in ("tags", "removed"):
        (htmap_dir / folder).mkdir(parents=True)
    (htmap_dir / "maps" / "1234").mkdir(parents=True)
    (htmap_dir / "tags" / "tide").write_text("1234\n")
    return htmap_dir / "maps" / "1234"
