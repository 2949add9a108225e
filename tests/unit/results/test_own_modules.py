"""Modules of the user's own, which the execute node lacks."""

from __future__ import annotations

import importlib
import sys
import types
import zipfile
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from htmap_core.results import own_modules
from tests.golden_files import Golden


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder whose modules can be imported, as if a script lay there."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "tides.py").write_text("")
    (tmp_path / "shores").mkdir()
    (tmp_path / "shores" / "__init__.py").write_text("")
    importlib.invalidate_caches()
    return tmp_path


@pytest.mark.parametrize(("name", "file"), [("tides", "tides.py"), ("shores", "shores")])
def test_the_line_names_the_file_or_folder_of_the_module(beside: Path, name: str, file: str) -> None:
    said = own_modules.how_to_send(f"{name}.part", while_unpickling=False)
    assert f'    map_options=htmap.MapOptions(fixed_input_files=["{beside / file}"])' in said.splitlines()


def test_travelling_by_value_is_named_only_where_it_helps(beside: Path) -> None:
    line = "    cloudpickle.register_pickle_by_value(tides)"
    assert line in own_modules.how_to_send("tides", while_unpickling=True).splitlines()
    assert line not in own_modules.how_to_send("tides", while_unpickling=False).splitlines()


@pytest.mark.parametrize("name", ["cloudpickle", "json", "sys", "nowhere_at_all", "__main__"])
def test_what_is_installed_built_in_or_not_here_has_no_place_of_the_users(name: str) -> None:
    assert own_modules.place_of(name) is None


def test_of_a_module_that_is_not_here_the_likely_name_is_given(golden: Golden) -> None:
    said = own_modules.how_to_send("nowhere_at_all", while_unpickling=False)
    golden("own-modules/of-a-module-that-is-not-here-the-likely-name", said)
    assert 'fixed_input_files=["nowhere_at_all.py"]' in said


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an application in a zip archive, whose modules can be imported."""
    path = tmp_path / "script.pyz"
    with zipfile.ZipFile(path, "w") as file:
        for name in ("tides.py", "shores/__init__.py", "lib/moons.py"):
            file.writestr(name, "")
    monkeypatch.syspath_prepend(str(path))
    monkeypatch.syspath_prepend(str(path / "lib"))
    importlib.invalidate_caches()
    return path


@pytest.mark.parametrize(
    ("name", "folder"), [("tides", "script.pyz"), ("shores.part", "script.pyz"), ("moons", "script.pyz/lib")]
)
def test_of_a_module_in_an_archive_the_archive_is_sent(archive: Path, name: str, folder: str) -> None:
    lines = own_modules.how_to_send(name, while_unpickling=False).splitlines()
    assert f'    map_options=htmap.MapOptions(fixed_input_files=["{archive}"])' in lines
    assert f'    import sys; sys.path.append("{folder}")' in lines


def test_what_a_module_in_an_archive_has_for_the_function_itself_travels_by_value(
    archive: Path, golden: Golden
) -> None:
    golden("own-modules/in-an-archive-by-value", own_modules.how_to_send("tides", while_unpickling=True))


def test_the_folder_of_a_namespace_package_is_the_one_with_the_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder, part in (("one", "first.py"), ("two", "second.py")):
        (tmp_path / folder / "space").mkdir(parents=True)
        (tmp_path / folder / "space" / part).touch()
        monkeypatch.syspath_prepend(str(tmp_path / folder))
    assert own_modules.place_of("space.first") == tmp_path / "one" / "space"
    assert own_modules.place_of("space.second") == tmp_path / "two" / "space"


@pytest.mark.parametrize("spec", [None, ModuleSpec("made", None), ModuleSpec("made", None, origin="/no/such/made.py")])
def test_no_file_is_named_of_a_module_that_has_none(monkeypatch: pytest.MonkeyPatch, spec: ModuleSpec | None) -> None:
    module = types.ModuleType("made")
    module.__spec__ = spec
    monkeypatch.setitem(sys.modules, "made", module)
    assert "fixed_input_files" not in own_modules.how_to_send("made", while_unpickling=False)
    assert "    cloudpickle.register_pickle_by_value(made)" in own_modules.how_to_send("made", while_unpickling=True)


@pytest.mark.parametrize("name", ["zipimport", "_frozen_importlib", "itertools", "cloudpickle", "json"])
def test_what_comes_with_python_or_is_installed_is_not_made_by_the_program(name: str) -> None:
    assert "fixed_input_files" in own_modules.how_to_send(name, while_unpickling=False)
