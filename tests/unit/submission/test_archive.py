from __future__ import annotations

import ast
import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

import cloudpickle
import pytest

import htmap_core
import htmap_run
from htmap_core.submission.archive import build
from tests.golden_files import Golden

RUN = Path(htmap_run.__file__).parent
BUILD = "import sys; from htmap_core.submission import archive; sys.stdout.buffer.write(archive.build())"


@pytest.fixture(scope="module")
def archive() -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(build()))


def built_elsewhere(seed: str) -> bytes:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(RUN.parent)}
    return subprocess.run(
        [sys.executable, "-c", BUILD], env=environment, capture_output=True, check=True, timeout=300
    ).stdout


@pytest.mark.parametrize("seed", ["1", "2"])
def test_every_process_builds_the_same_bytes(seed: str) -> None:
    assert built_elsewhere(seed) == build()


def test_the_launcher_comes_before_a_sound_zip_file(archive: zipfile.ZipFile) -> None:
    assert build().startswith(b"#!/bin/sh\n")
    assert archive.testzip() is None


def test_all_modules_of_the_execute_side_are_in_it(archive: zipfile.ZipFile) -> None:
    names = set(archive.namelist())
    ours = [path for path in RUN.rglob("*.py") if RUN / "htmap" not in path.parents]

    assert {path.relative_to(RUN.parent).as_posix() for path in ours} - {"htmap_run/__main__.py"} <= names
    assert {f"htmap/{path.name}" for path in (RUN / "htmap").glob("*.py")} <= names
    assert {f"cloudpickle/{path.name}" for path in Path(cloudpickle.__file__).parent.glob("*.py")} <= names


def test_it_tells_the_versions_of_the_submit_side(archive: zipfile.ZipFile) -> None:
    namespace: dict[str, str] = {}
    exec(archive.read("htmap_run/versions.py"), namespace)

    assert (namespace["HTMAP"], namespace["CLOUDPICKLE"]) == (htmap_core.__version__, cloudpickle.__version__)


def test_no_path_of_the_submit_side_is_in_it(archive: zipfile.ZipFile) -> None:
    here = {str(RUN.parent).encode(), str(Path(cloudpickle.__file__).parent).encode()}

    assert not [name for name in archive.namelist() for path in here if path in archive.read(name)]


@pytest.mark.parametrize("path", sorted(RUN.rglob("*.py")), ids=lambda path: path.name)
def test_the_execute_side_is_written_for_python_3_8(path: Path) -> None:
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))


@pytest.mark.parametrize("path", sorted(RUN.rglob("*.py")), ids=lambda path: path.name)
def test_the_execute_side_imports_only_the_standard_library_and_cloudpickle(path: Path) -> None:
    assert strangers(path.read_text(encoding="utf-8")) == set()


def strangers(source: str) -> set[str]:
    """Return the packages that a module imports and that an execute node need not have; types may need one more."""
    if sys.version_info < (3, 10):
        pytest.skip("this Python does not know the names of its standard library")
    there = {*sys.stdlib_module_names, "cloudpickle", "htmap", "htmap_run"}
    tree = ast.parse(source)
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for part in node.body
        for inner in ast.walk(part)
    }
    outside = [node for node in ast.walk(tree) if node not in for_types]
    return (packages(outside) - there) | (packages(for_types) - there - {"typing_extensions"})


def packages(nodes: Iterable[ast.AST]) -> set[str]:
    """Return what the imports among *nodes* name, also those that a call makes."""
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(str(node.module))
        elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in {
            "import_module",
            "__import__",
        }:
            found |= {str(each.value) for each in node.args if isinstance(each, ast.Constant)}
    return {name.partition(".")[0] for name in found}


@pytest.mark.parametrize(
    "line",
    [
        "import attrs",
        "def late():\n    import requests.sessions",
        "from numpy import array",
        "importlib.import_module('attrs')",
        "import typing_extensions",
        "if TYPE_CHECKING:\n    import numpy",
        "if TYPE_CHECKING:\n    pass\nelse:\n    import typing_extensions",
        "import htmap_core",
    ],
)
def test_an_import_that_an_execute_node_cannot_do_is_seen(line: str) -> None:
    assert strangers(line)


@pytest.mark.parametrize(
    "line",
    ["import json", "from . import attrs", "import cloudpickle", "if TYPE_CHECKING:\n    import typing_extensions"],
)
def test_what_every_execute_node_has_may_be_imported(line: str) -> None:
    assert not strangers(line)


def test_a_cloudpickle_that_is_not_there_is_an_error_that_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, golden: Golden
) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "cloudpickle")
    build.cache_clear()

    with pytest.raises(ModuleNotFoundError) as caught:
        build()
    golden("archive/a-cloudpickle-that-is-not-there-is-an-error", caught.value)


READS = """
import runpy, sys
archive = sys.argv[1]
start = runpy.run_path(archive, run_name="not main")
sys.path.insert(0, archive)
start["load_once"](archive)
reads = []
sys.addaudithook(lambda event, facts: reads.append(facts) if event == "open" and facts[0] == archive else None)
import htmap_run.job.runner
ours = [module for name, module in sys.modules.items() if name.startswith("htmap_run")]
print(len(reads), len(ours), all(module.__spec__.loader.get_source(module.__name__) for module in ours))
"""


def test_each_module_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "runtime.pyz"
    path.write_bytes(build())
    ran = subprocess.run([sys.executable, "-c", READS, path], capture_output=True, check=True, text=True, cwd=tmp_path)
    reads, modules, have_sources = ran.stdout.split()
    assert 20 < int(modules) == int(reads)
    assert have_sources == "True"
