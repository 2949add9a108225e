"""The reference has all that there is, and nothing that is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import htmap
from htmap import exceptions

API = (Path(__file__).parents[2] / "docs/reference/api.md").read_text()
NAMES = set(re.findall(r"[A-Za-z_]+", " ".join(re.findall(r"`([^`]+)`", API))))


@pytest.mark.parametrize("name", [*htmap.__all__, *exceptions.__all__])
def test_every_public_name_is_in_the_reference(name: str) -> None:
    assert name in NAMES


@pytest.mark.parametrize("name", [name for name in dir(htmap.Map) if not name.startswith("_") and name != "load"])
def test_every_public_member_of_a_map_is_in_the_reference(name: str) -> None:
    assert name in NAMES


@pytest.mark.parametrize("row", re.findall(r"^\| `([a-z_]+)\(", API, flags=re.MULTILINE))
def test_every_function_in_the_reference_is_there(row: str) -> None:
    assert hasattr(htmap, row) or hasattr(htmap.Map, row)
