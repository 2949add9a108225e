"""Which maps need what a plugin keeps for several of them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from htmap_core import MapUsers


def made(htmap_dir: Path, tag: str) -> Path:
    """Make the directory of a map, with its tag."""
    map_dir = htmap_dir / "maps" / f"id-of-{tag}"
    map_dir.mkdir(parents=True)
    (htmap_dir / "tags").mkdir(exist_ok=True)
    (htmap_dir / "tags" / tag).write_text(f"{map_dir.name}\n")
    return map_dir


@pytest.fixture
def kept(htmap_dir: Path) -> Path:
    """A folder of a plugin's."""
    folder = htmap_dir / "kept" / "one"
    folder.mkdir(parents=True)
    return folder


def test_maps_that_need_it_are_told_by_their_tags_until_they_are_gone(htmap_dir: Path, kept: Path) -> None:
    users, ebb = MapUsers(kept), made(htmap_dir, "ebb")
    users.add(ebb)
    users.add(made(htmap_dir, "flow"))
    users.add(ebb)
    assert users.tags() == ("ebb", "flow")
    shutil.rmtree(ebb)
    assert users.tags() == ("flow",)
    shutil.rmtree(htmap_dir / "maps" / "id-of-flow")
    assert not users.are_left


def test_an_htmap_dir_that_was_moved_keeps_its_own(htmap_dir: Path, kept: Path) -> None:
    MapUsers(kept).add(made(htmap_dir, "ebb"))
    moved = htmap_dir.rename(htmap_dir.with_name("moved"))
    assert MapUsers(moved / "kept" / "one").are_left


def test_a_map_whose_htmap_dir_cannot_be_seen_now_may_need_it(kept: Path, tmp_path: Path) -> None:
    MapUsers(kept).add(tmp_path / "not mounted" / "maps" / "id")
    assert MapUsers(kept).are_left
    (tmp_path / "not mounted" / "maps").mkdir(parents=True)
    assert not MapUsers(kept).are_left


def test_what_is_no_path_is_no_map(kept: Path) -> None:
    (kept / "maps").write_bytes(b"/nowhere/\xff\x00\n")
    assert MapUsers(kept).tags() == ()


def test_the_last_use_is_when_a_map_was_added_or_else_when_the_folder_was_made(htmap_dir: Path, kept: Path) -> None:
    os.utime(kept, (5, 5))
    assert MapUsers(kept).last_use == 5
    MapUsers(kept).add(made(htmap_dir, "ebb"))
    os.utime(kept / "maps", (7, 7))
    assert MapUsers(kept).last_use == 7
