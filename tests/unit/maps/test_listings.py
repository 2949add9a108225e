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
def test_a_map_is_looked_for_once_whatever_is_asked_of_it(make_map: MakeMap, look: str) -> None:
    made = make_map("tide", results={0: 0})
    tide = htmap.load("tide")
    assert listings(getattr(tide, look)) == {str(made.path): 1}


def test_the_table_of_all_maps_looks_once_for_each(make_map: MakeMap) -> None:
    made = [make_map(tag, results={0: 0}) for tag in ("tide", "wave")]
    found = listings(lambda: htmap.status(include_meta=False))
    assert {path: count for path, count in found.items() if "/maps/" in path} == {str(each.path): 1 for each in made}


def test_the_table_of_some_maps_looks_once_for_each(make_map: MakeMap) -> None:
    made = make_map("tide")
    tide = htmap.load("tide")
    assert listings(lambda: htmap.status([tide], include_meta=False)) == {str(made.path): 1}


def test_sizes_are_added_up_in_one_more_listing_of_each_directory(make_map: MakeMap) -> None:
    made = make_map("tide", results={0: 0})
    found = listings(htmap.status)
    assert found.pop(str(made.path)) == 2
    assert {path: count for path, count in found.items() if path.startswith(str(made.path))} == {
        str(path): 1 for path in made.path.rglob("*") if path.is_dir()
    }
