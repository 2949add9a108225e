"""The lines of source that are kept with a map."""

from __future__ import annotations

import linecache
import runpy
import zipfile
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core import names
from htmap_core.exceptions import CorruptMap
from htmap_core.results.pickling import pickle_function
from htmap_core.storage.content import source_lines
from htmap_core.storage.content.source_lines import SourceLines
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.tags import find_map
from tests.pool.old_maps.unpacking import unpack

STUDY = """
class Sea:
    def depth(self, x):
        return 1 / x

def helper(x):
    return Sea().depth(x)

def unused():
    return None

def bad(x):
    def inner():
        return helper(
            x
        )

    return inner()

short = lambda x: bad(x)
"""


def kept(function: Any, tmp_path: Path) -> SourceLines:
    source_lines.write(tmp_path / "lines.json", pickle_function(function).functions)
    return source_lines.read(tmp_path / "lines.json")


def study(tmp_path: Path, text: str = STUDY) -> dict[str, Any]:
    (tmp_path / "study.py").write_text(text)
    linecache.clearcache()
    return runpy.run_path(str(tmp_path / "study.py"), run_name="__main__")


def numbers(lines: SourceLines, name: str) -> list[int]:
    return [number for number in range(1, 40) if lines.line(name, number) is not None]


def test_lines_of_all_functions_that_travel_are_kept(tmp_path: Path) -> None:
    name = str(tmp_path / "study.py")
    lines = kept(study(tmp_path)["short"], tmp_path)

    assert lines.line(name, 4) == "return 1 / x"
    assert lines.line(name, 14) == "return helper("
    assert lines.line(name, 20) == "short = lambda x: bad(x)"
    assert numbers(lines, name) == [3, 4, 6, 7, *range(12, 19), 20]


def test_so_are_those_of_a_function_within_that_end_it(tmp_path: Path) -> None:
    text = "def late():\n    return lambda x: (\n        1 / x\n    )\n"
    assert kept(study(tmp_path, text)["late"], tmp_path).line(str(tmp_path / "study.py"), 3) == "1 / x"


def test_they_are_those_at_the_creation_of_the_map(tmp_path: Path) -> None:
    lines = kept(study(tmp_path)["bad"], tmp_path)
    (tmp_path / "study.py").write_text("")
    linecache.clearcache()
    assert lines.line(str(tmp_path / "study.py"), 4) == "return 1 / x"


def test_of_a_file_that_was_edited_before_none_is_kept(tmp_path: Path) -> None:
    function = study(tmp_path)["bad"]
    (tmp_path / "study.py").write_text("# a line more\n" * 20 + STUDY)
    linecache.clearcache()
    assert {kept(function, tmp_path).line(str(tmp_path / "study.py"), number) for number in (4, 7, 18)} == {""}


def test_a_relative_name_gets_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("study.py").write_text(STUDY)
    linecache.clearcache()
    scope: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(STUDY, "study.py", "exec"), scope)
    lines = kept(scope["bad"], tmp_path)
    assert lines.path("study.py") == str(tmp_path / "study.py")
    assert lines.line("study.py", 4) == "return 1 / x"


def test_cells_of_notebooks_are_known_to_linecache(tmp_path: Path) -> None:
    cell = "<cell 3>"
    linecache.cache[cell] = (len(STUDY), None, STUDY.splitlines(keepends=True), cell)
    scope: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(STUDY, cell, "exec"), scope)
    lines = kept(scope["bad"], tmp_path)
    assert (lines.path(cell), lines.line(cell, 4)) == (cell, "return 1 / x")


def test_a_script_in_a_zip_archive_is_read_by_its_loader(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "app.pyz", "w") as archive:
        archive.writestr("__main__.py", STUDY)
    linecache.clearcache()
    function = runpy.run_path(str(tmp_path / "app.pyz"), run_name="__main__")["bad"]
    assert kept(function, tmp_path).line(str(tmp_path / "app.pyz" / "__main__.py"), 4) == "return 1 / x"


def test_code_without_source_has_no_file(tmp_path: Path) -> None:
    scope: dict[str, Any] = {"__name__": "__main__"}
    exec("def bad(x): return 1 / x", scope)
    assert kept(scope["bad"], tmp_path) == SourceLines()
    assert not (tmp_path / "lines.json").exists()


def test_functions_that_are_imported_are_not_kept(tmp_path: Path) -> None:
    assert kept(linecache.getline, tmp_path) == SourceLines()


def test_an_enormous_function_is_left_out(tmp_path: Path) -> None:
    text = (
        STUDY.replace("    return None\n", f"    return {'1' * 300_000!r}\n") + "first = lambda x: unused() or bad(x)\n"
    )
    lines = kept(study(tmp_path, text)["first"], tmp_path)
    name = str(tmp_path / "study.py")
    assert lines.line(name, 21) is not None
    assert lines.line(name, 10) is None


def test_an_error_can_be_read_without_them(htmap_dir: Path) -> None:
    unpack("finished", htmap_dir)
    path = find_map("kinds").path / names.SOURCE_LINES
    path.write_text("{")
    assert [frame.name for frame in htmap.load("kinds").get_err(2).stack_summary] == ["kinds"]


def test_a_damaged_file_is_noticed(tmp_path: Path) -> None:
    kept(study(tmp_path)["bad"], tmp_path)
    path = tmp_path / "lines.json"
    path.write_text(path.read_text().replace("return 1", "return 2"))
    path.rename(tmp_path / names.SOURCE_LINES)
    with pytest.raises(CorruptMap):
        _ = MapDir(tmp_path).source_lines
