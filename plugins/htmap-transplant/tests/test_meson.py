"""Editable installs of meson-python, which are built when they are imported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from htmap_transplant import sources
from htmap_transplant.sources import Site

FINDER = "_tidal_editable_loader"
NAME = "lib/python3/site-packages"


@pytest.fixture
def travelling(tmp_path: Path) -> dict[str, bytes | None]:
    """What travels of a site with such an install: a module, a compiled one, a folder with data, and a script; by name."""
    project, site = tmp_path / "project", tmp_path / "site"
    build = project / "build" / "cp311"
    for file in ("tidal/__init__.py", "data/kept.csv", "data/left.csv", "build/cp311/_c.so", "run.sh", "other/big.py"):
        (project / file).parent.mkdir(parents=True, exist_ok=True)
        (project / file).touch()
    plan = {
        "python": {f"{project}/tidal/__init__.py": {"destination": "{py_platlib}/tidal/__init__.py"}},
        "targets": {
            f"{build}/_c.so": {"destination": "{py_platlib}/tidal/_c.so"},
            f"{build}/_never_built.so": {"destination": "{py_platlib}/tidal/_never_built.so"},
        },
        "install_subdirs": {
            f"{project}/data": {"destination": "{py_purelib}/tidal/data", "exclude_files": ["left.csv"]}
        },
        "data": {f"{project}/run.sh": {"destination": "{bindir}/run.sh"}},
    }
    (build / "meson-info").mkdir()
    (build / "meson-info" / "intro-install_plan.json").write_text(json.dumps(plan))
    site.mkdir()
    (site / "tidal-editable.pth").write_text(f"import {FINDER}; {FINDER}.init()")
    call = f"MesonpyMetaFinder('tidal', {{'tidal'}}, {str(build)!r}, ['/usr/bin/ninja'], True)"
    (site / f"{FINDER}.py").write_text(f"def init():\n    '/'.split('/')\n    {call}\n")
    return {each.name: each.content for each in sources.rewritten([Site(site, NAME)], lambda _: None)}


def test_what_was_built_travels_as_it_would_be_installed(travelling: dict[str, bytes | None]) -> None:
    installed = {name for name in travelling if "/tidal/" in name}
    assert installed == {f"{NAME}/tidal/{name}" for name in ("__init__.py", "_c.so", "data/kept.csv")}


def test_nothing_else_of_the_project_travels(travelling: dict[str, bytes | None]) -> None:
    assert len(travelling) == 5


def test_the_finder_builds_nothing_on_the_execute_node(travelling: dict[str, bytes | None]) -> None:
    text = travelling[f"{NAME}/{FINDER}.py"]
    assert text is not None
    assert b"ninja" not in text
    space: dict[str, object] = {}
    exec(text, space)
    assert callable(space["init"])
