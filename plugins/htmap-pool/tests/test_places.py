from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from htmap_pool.errors import UnsafeDirectory
from htmap_pool.places import Places, _make_private, runtime_directory


def test_only_the_owner_can_look_into_a_pool_s_folders(tmp_path: Path) -> None:
    places = Places.of(tmp_path / "htmap")
    places.make()
    folders = [tmp_path / "htmap", *(path for path in places.root.rglob("*") if path.is_dir()), places.root]
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}


def test_two_names_of_one_folder_are_one_pool(tmp_path: Path) -> None:
    (tmp_path / "htmap").mkdir()
    (tmp_path / "link").symlink_to("htmap")
    assert Places.of(tmp_path / "link") == Places.of(tmp_path / "htmap")


def test_sockets_have_short_paths_however_long_the_folder_is(tmp_path: Path) -> None:
    long = Places.of(tmp_path / ("x" * 100) / ("y" * 100))
    directory = runtime_directory(long, Path("/tmp"))
    try:
        assert len(str(directory)) < 50
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    finally:
        directory.rmdir()


def test_pools_of_one_user_have_runtime_folders_of_their_own(tmp_path: Path) -> None:
    first, second = (runtime_directory(Places.of(tmp_path / name), tmp_path) for name in "ab")
    assert first != second
    assert first.parent == second.parent == tmp_path / f"htmap-{os.getuid()}"


@pytest.mark.parametrize("squatted", ["link", "open"])
def test_a_runtime_folder_that_others_can_use_is_not_used(tmp_path: Path, squatted: str) -> None:
    name = tmp_path / f"htmap-{os.getuid()}"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    if squatted == "link":
        name.symlink_to(elsewhere)
    else:
        name.mkdir()
        name.chmod(0o777)
    directory = runtime_directory(Places.of(tmp_path / "htmap"), tmp_path)
    assert name not in directory.parents
    assert list(elsewhere.iterdir()) == []


def test_an_unsafe_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o755)
    with pytest.raises(UnsafeDirectory, match=r"chmod 700 .*/open"):
        _make_private(tmp_path / "open")
