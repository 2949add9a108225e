"""How often directories of maps are listed, which takes long on a shared file system; the interpreter itself tells."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

import htmap
from tests.unit.maps.conftest import MakeMap

_listed: list[str] = []


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event in {"os.listdir", "os.scandir"} and isinstance(arguments[0], (str, os.PathLike)):
        _listed.append(os.fspath(arguments[0]))


@pytest.fixture(scope="module", autouse=True)
def noted() -> None:
    """Have the interpreter tell of listings; that cannot be undone, and costs next to nothing."""
    sys.addaudithook(_note)


def listings(act: Callable[[], Any]) -> Counter[str]:
    """Return how often each directory is listed meanwhile."""
    _listed.clear()
    act()
    return Counter(_listed)


@pytest.mark.parametrize("look", ["status", "components_by_status", "hold_report", "error_reports"])
def test_looking_at_a_map_lists_no_directory(make_map: MakeMap, look: str) -> None:
    make_map("tide", results={0: 0})
    assert listings(getattr(htmap.load("tide"), look)) == {}


def test_the_table_lists_directories_to_add_up_sizes_each_of_them_once(make_map: MakeMap) -> None:
    made = [make_map(tag, results={0: 0}) for tag in ("tide", "wave")]
    folders = [path for each in made for path in (each.path, *each.path.rglob("*")) if path.is_dir()]
    found = listings(htmap.status)
    assert {path: count for path, count in found.items() if "/maps/" in path} == {str(path): 1 for path in folders}
    assert not [path for path in listings(lambda: htmap.status(include_meta=False)) if "/maps/" in path]
