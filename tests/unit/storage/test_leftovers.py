"""What killed processes were writing is deleted, once nobody can be writing it any more."""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path

import pytest

from htmap_core.maps import recovery
from htmap_core.storage.faults import leftovers
from tests.unit.conftest import MakeMap

LONG_AGO = time.time() - 2 * 3600


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "_swept", {})


def put(path: Path, when: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("half of it")
    os.utime(path, (when, when))
    return path


def test_the_next_command_that_acts_deletes_them_and_nothing_else(make_map: MakeMap, htmap_dir: Path) -> None:
    made = make_map("tide")
    places = [htmap_dir / "tags/:", made.path / ".state.", htmap_dir / "delivery/.0123.", htmap_dir / "programs/.ab."]
    left = [put(place.with_name(f"{place.name}{uuid.uuid4().hex}"), LONG_AGO) for place in places]
    kept = [put(made.path / ".mine", LONG_AGO), put(made.path / f".state.{uuid.uuid4().hex}", time.time())]
    recovery.settle()
    assert [path for path in left if path.exists()] == []
    assert [path for path in kept if not path.exists()] == []


def test_a_link_in_place_of_a_map_is_not_followed(make_map: MakeMap, htmap_dir: Path, tmp_path: Path) -> None:
    make_map("tide")
    precious = put(tmp_path / "elsewhere" / f".thesis.{uuid.uuid4().hex}", LONG_AGO)
    (htmap_dir / "maps" / "link").symlink_to(precious.parent)
    recovery.settle()
    assert precious.exists()
