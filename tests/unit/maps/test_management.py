"""What can be done with maps without a pool."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap.exceptions import DamagedMap
from tests.golden_files import Golden

OLD = "0b9c9e28-7a3d-4c53-b9df-8a2e2f3f8a11"


@pytest.fixture
def of_the_original(htmap_dir: Path) -> Path:
    """Give the directory of a map as the original HTMap made them."""
    (htmap_dir / "tags").mkdir(parents=True)
    (htmap_dir / "tags" / "old").write_text(OLD)
    directory = htmap_dir / "maps" / OLD
    (directory / "inputs").mkdir(parents=True)
    (directory / "func").write_bytes(b"pickled")
    return directory


def test_a_map_of_the_original_is_told_of(of_the_original: Path) -> None:
    with pytest.warns(DamagedMap, match=r'htmap.remove\("old"\)'):
        assert htmap.load_maps() == ()


def test_a_map_of_the_original_can_be_removed(of_the_original: Path) -> None:
    htmap.remove("old")
    assert not of_the_original.exists()
    assert htmap.get_tags() == ()


@pytest.mark.parametrize("what", ["tide", 5])
def test_the_status_of_what_is_no_map_is_refused_with_the_way_to_get_one(what: Any, golden: Golden) -> None:
    with pytest.raises(TypeError) as caught:
        htmap.status([what])
    golden("management/the-status-of-what-is-no-map-is-refused", caught.value, hide={repr(what): "WHAT"})
