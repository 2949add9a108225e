"""The contracts of imports can fail: a copy of the house is checked in which something is wrong."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house.tree import ROOT, contracts

DOWN = "Imports point down"
DOOR = "The door stands on the submit side, and both on the execute side, which imports nothing of them"
EXECUTE_SIDE = "So they do on the execute side"
FILES = "What travels is known to submission, but not the reverse"
SOURCE = "Who tracks states is asked through tracking.source alone"
BINDINGS = "condor/ alone touches the bindings"

# Each change with the contract that it breaks: a module, and what is written into it at the end.
BREACHES = [
    ("htmap_core/attic.py", "", DOWN),
    ("htmap_core/lumber/__init__.py", "", DOWN),
    ("htmap_run/attic.py", "", EXECUTE_SIDE),
    ("htmap_run/lumber/__init__.py", "", EXECUTE_SIDE),
    ("htmap_core/condor/classads.py", "import htmap_core.storage.tags", DOWN),
    ("htmap_core/storage/tags.py", "if TYPE_CHECKING:\n    from htmap_core.maps.map import Map", DOWN),
    ("htmap_core/storage/tags.py", "def late() -> None:\n    import htmap_core.maps.map", DOWN),
    ("htmap_core/contract/plan.py", "import htmap", DOOR),
    ("htmap_run/frames/form.py", "import htmap_core.names", DOOR),
    ("htmap_run/job/supervisor.py", "def late() -> None:\n    import htmap_core.exceptions", DOOR),
    ("htmap_run/codes.py", "import htmap_run.job.worker", EXECUTE_SIDE),
    ("htmap_core/submission/files/staging.py", "import htmap_core.submission.planning", FILES),
    ("htmap_core/diagnosis/why.py", "import htmap_core.tracking.jobs", SOURCE),
    ("htmap_core/maps/map.py", "import htcondor2", BINDINGS),
    ("htmap_core/plugins/core/plugin.py", "def late() -> None:\n    import classad2", BINDINGS),
    *(
        ("htmap_core/condor/classads.py", f"import {package}", BINDINGS)
        for package in ("htcondor", "classad", "classad3", "htcondor_cli")
    ),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    house = tmp_path_factory.mktemp("house")
    for package in ("htmap", "htmap_core", "htmap_run"):
        shutil.copytree(ROOT / package, house / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", house)
    return house


@pytest.fixture
def broken(copy: Path) -> Callable[[], set[str]]:
    """Return which contracts import-linter finds broken in the copy."""

    def names() -> set[str]:
        command: list[str | Path] = [
            Path(sys.executable).with_name("lint-imports"),
            "--cache-dir",
            copy / "cache",
            "--no-logo",
        ]
        environment = {**os.environ, "PYTHONPATH": str(copy), "COLUMNS": "200"}
        ran = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert ran.stderr == ""
        return set(re.findall(r"^(.+) BROKEN\b", ran.stdout, re.MULTILINE))

    return names


def test_the_house_as_it_is_keeps_all_contracts(broken: Callable[[], set[str]]) -> None:
    assert broken() == set()


def test_every_contract_is_seen_failing() -> None:
    assert {each["name"] for each in contracts()} == {name for _, _, name in BREACHES}


@pytest.mark.parametrize(("module", "more", "contract"), BREACHES)
def test_a_breach_is_seen(copy: Path, broken: Callable[[], set[str]], module: str, more: str, contract: str) -> None:
    path = copy / module
    before = path.read_text() if path.exists() else None
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{before or ''}\n{more}\n")
        assert contract in broken()
    finally:
        if before is None:
            shutil.rmtree(path.parent) if path.name == "__init__.py" else path.unlink()
        else:
            path.write_text(before)
