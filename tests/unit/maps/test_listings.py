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
def test_no_directory_is_listed_whatever_is_asked_of_a_map(make_map: MakeMap, look: str) -> None:
    make_map("tide", results={0: 0})
    tide = htmap.load("tide")
    assert listings(getattr(tide, look)) == {}


def test_the_table_of_all_maps_lists_none_of_their_directories(make_map: MakeMap) -> None:
    for tag in ("tide", "wave"):
        make_map(tag, results={0: 0})
    found = listings(lambda: htmap.status(include_meta=False))
    assert [path for path in found if "/maps/" in path] == []


def test_the_table_of_some_maps_lists_none_of_their_directories(make_map: MakeMap) -> None:
    make_map("tide")
    tide = htmap.load("tide")
    assert listings(lambda: htmap.status([tide], include_meta=False)) == {}


def test_sizes_are_added_up_in_one_listing_of_each_directory(make_map: MakeMap) -> None:
    made = make_map("tide", results={0: 0})
    found = listings(htmap.status)
    assert found.pop(str(made.path)) == 1
    assert {path: count for path, count in found.items() if path.startswith(str(made.path))} == {
        str(path): 1 for path in made.path.rglob("*") if path.is_dir()
    }
