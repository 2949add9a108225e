"""Modules of the user's own, which lie beside the script and are installed nowhere: sent by HTMap, or by the user."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import cloudpickle
import pytest

import htmap
from htmap_core.testing.own_settings import settings_with

pytestmark = pytest.mark.pool

TIMEOUT = 180


@pytest.fixture
def tides(personal_pool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Import a module that only this test has, as a script imports the one beside it."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "own_tides.py").write_text("def height(hour):\n    return 3 * hour\n")
    yield importlib.import_module("own_tides")
    del sys.modules["own_tides"]


@pytest.fixture
def unsent() -> Iterator[None]:
    """Have HTMap neither send modules by itself nor tell that it does not."""
    with settings_with({"SEND_MODULES": False, "TELL_MISTAKES": False}):
        yield


def report_of(mapped: htmap.Map) -> str:
    with pytest.raises(htmap.exceptions.MapComponentError, match="own_tides") as caught:
        mapped.get(0, timeout=TIMEOUT)
    return caught.value.report


def options_named_by(report: str) -> htmap.MapOptions:
    (line,) = [line for line in report.splitlines() if "fixed_input_files" in line]
    call: Any = ast.parse(line.strip().replace("map_options=", "", 1), mode="eval").body
    return htmap.MapOptions(**{each.arg: ast.literal_eval(each.value) for each in call.keywords})


def test_a_module_of_one_file_is_sent_by_itself(tides: ModuleType) -> None:
    mapped = htmap.map(tides.height, [2])
    assert mapped.get(0, timeout=TIMEOUT) == 6
    assert [Path(path).name for path in mapped._map_dir.record.options["fixed_input_files"]] == ["own_tides.py"]


@pytest.mark.usefixtures("unsent")
def test_a_function_of_such_a_module_fails_with_the_line_that_makes_it_work(tides: ModuleType) -> None:
    report = report_of(htmap.map(tides.height, [2]))
    assert htmap.map(tides.height, [2], map_options=options_named_by(report)).get(0, timeout=TIMEOUT) == 6


@pytest.mark.usefixtures("unsent")
def test_a_function_that_imports_such_a_module_fails_with_the_line_that_makes_it_work(tides: ModuleType) -> None:
    def height(hour: int) -> Any:
        import own_tides  # type: ignore[import-not-found]

        return own_tides.height(hour)

    report = report_of(htmap.map(height, [2]))
    assert "register_pickle_by_value" not in report
    assert htmap.map(height, [2], map_options=options_named_by(report)).get(0, timeout=TIMEOUT) == 6


@pytest.mark.usefixtures("unsent")
def test_a_function_that_uses_such_a_module_works_where_that_travels_by_value(tides: ModuleType) -> None:
    assert "    cloudpickle.register_pickle_by_value(own_tides)" in report_of(htmap.map(tides.height, [2]))
    cloudpickle.register_pickle_by_value(tides)
    try:
        assert htmap.map(lambda hour: tides.height(hour) + 1, [2]).get(0, timeout=TIMEOUT) == 7
    finally:
        cloudpickle.unregister_pickle_by_value(tides)
