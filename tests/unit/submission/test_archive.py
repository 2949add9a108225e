from __future__ import annotations

import ast
import io
import os
import subprocess
import sys
import zipfile
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


@pytest.mark.skipif(
    sys.version_info < (3, 11), reason="before Python 3.11, marshal writes the members of sets in any order"
)
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
    allowed = {*getattr(sys, "stdlib_module_names", ()), "cloudpickle", "htmap_run", "typing_extensions"}
    if len(allowed) == 3:
        pytest.skip("this Python does not know the names of its standard library")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level}

    assert {name.partition(".")[0] for name in imported} <= allowed


def test_a_cloudpickle_that_is_not_there_is_an_error_that_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, golden: Golden
) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "cloudpickle")
    build.cache_clear()

    with pytest.raises(ModuleNotFoundError) as caught:
        build()
    golden("archive/a-cloudpickle-that-is-not-there-is-an-error", caught.value)
