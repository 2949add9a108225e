"""Modules of the user's own, which the execute node lacks."""

from __future__ import annotations

import importlib
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
def test_what_is_installed_built_in_or_not_here_has_no_file_of_the_users(name: str) -> None:
    assert own_modules.file_of(name) is None


def test_of_a_module_that_is_not_here_the_likely_name_is_given(golden: Golden) -> None:
    said = own_modules.how_to_send("nowhere_at_all", while_unpickling=False)
    golden("own-modules/of-a-module-that-is-not-here-the-likely-name", said)
    assert 'fixed_input_files=["nowhere_at_all.py"]' in said
