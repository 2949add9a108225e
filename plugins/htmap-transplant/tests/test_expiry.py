"""Transplants that nothing needs are deleted when time has gone by; those that a map may need are not."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from htmap_transplant import Transplant, transplants
from htmap_transplant.installation import Installation
from htmap_transplant.store import making

import htmap

DAY = 24 * 3600


@pytest.fixture
def pack(small: Installation, htmap_dir: Path) -> Callable[..., Transplant]:
    """Pack another version of an installation each time."""

    def packed(map_dir: Path, keep_days: int = 30) -> Transplant:
        (small.sites[0] / "module.py").write_text(f"version {time.monotonic_ns()}")
        return making.pack(small, htmap_dir / "transplants", map_dir, keep_days)

    return packed


def age(transplant: Transplant, days: float) -> None:
    """Have the last map that uses a transplant be made some days ago."""
    then = time.time() - days * DAY
    os.utime(transplant.path / "maps", (then, then))


def test_one_that_no_map_needs_is_deleted_when_its_days_are_over(
    pack: Callable[..., Transplant], make_map: Callable[[str], Path]
) -> None:
    old, recent = make_map("ebb"), make_map("flow")
    expired, kept = pack(old), pack(recent)
    old.rmdir()
    recent.rmdir()
    age(expired, 31)
    age(kept, 29)
    latest = pack(make_map("tide"))
    assert {each.hash for each in transplants()} == {kept.hash, latest.hash}


def test_one_that_a_map_needs_is_kept_however_old_it_is(
    pack: Callable[..., Transplant], make_map: Callable[[str], Path]
) -> None:
    needed = pack(make_map("ebb"))
    age(needed, 5000)
    pack(make_map("tide"), keep_days=0)
    assert needed.hash in {each.hash for each in transplants()}
    assert needed.expires is None


def test_one_whose_maps_cannot_be_seen_now_is_kept(
    pack: Callable[..., Transplant], make_map: Callable[[str], Path], tmp_path: Path
) -> None:
    """An HTMAP_DIR may be on a file system that is not mounted now."""
    elsewhere = tmp_path / "not mounted" / "maps" / "id"
    elsewhere.mkdir(parents=True)
    needed = pack(elsewhere)
    (tmp_path / "not mounted").rename(tmp_path / "unmounted")
    age(needed, 5000)
    pack(make_map("tide"))
    assert needed.hash in {each.hash for each in transplants()}


def test_what_a_killed_process_has_left_goes_too(
    pack: Callable[..., Transplant], make_map: Callable[[str], Path]
) -> None:
    map_dir = make_map("ebb")
    unfinished = pack(map_dir).path
    map_dir.rmdir()
    (unfinished / "transplant.json").unlink()
    pack(make_map("flow"))
    assert unfinished.exists()
    then = time.time() - 31 * DAY
    os.utime(unfinished / "maps", (then, then))
    pack(make_map("tide"))
    assert not unfinished.exists()


def test_the_setting_says_how_long(pack: Callable[..., Transplant], make_map: Callable[[str], Path]) -> None:
    map_dir = make_map("ebb")
    packed = pack(map_dir)
    map_dir.rmdir()
    htmap.settings["TRANSPLANT.KEEP_DAYS"] = 3
    assert packed.expires is not None
    assert (packed.expires - packed.last_used).days == 3
    htmap.settings["TRANSPLANT.KEEP_DAYS"] = -1
    with pytest.raises(htmap.exceptions.HTMapException):
        transplants()


def test_of_0_7_0_s_one_archive_is_still_known_kept_and_removed(
    pack: Callable[..., Transplant], make_map: Callable[[str], Path], htmap_dir: Path
) -> None:
    map_dir = make_map("ebb")
    old = pack(map_dir)
    record = '{"created": 5.0, "size": 3, "python": "one", "prefix": "/env", "packages": ["six==1"], "libraries": []}'
    for each in old.archives:
        each.unlink()
    (old.path / "_htmap_python.tar.gz").write_bytes(b"one")
    (old.path / "transplant.json").write_text(record)
    pack(make_map("tide"), keep_days=0)
    found = transplants()[0]
    assert found.archives == (old.path / "_htmap_python.tar.gz",)
    assert (found.size, found.packages, found.used_by()) == (3, ("six==1",), ("ebb",))
    found.export(htmap_dir / "copy")
    assert (htmap_dir / "copy").read_bytes() == b"one"
    found.remove(force=True)
    assert not old.path.exists()
