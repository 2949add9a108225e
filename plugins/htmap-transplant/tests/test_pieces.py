"""Installations are packed piece by piece, and what was packed once is not packed again."""

from __future__ import annotations

import errno
import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
from htmap_transplant import Transplant, contents, packing
from htmap_transplant.errors import FileHasChanged
from htmap_transplant.installation import Installation
from htmap_transplant.members import Member
from htmap_transplant.pieces import is_piece, pieces_of
from htmap_transplant.store import making

LARGE = 5 << 20
PACKAGES = ("anchor", "buoy", "chart")


@pytest.fixture
def large(small: Installation) -> Installation:
    """An installation with three large packages."""
    for name in PACKAGES:
        package = small.sites[0] / name
        package.mkdir()
        (package / "data").write_bytes(name.encode() * (LARGE // len(name)))
        (small.sites[0] / f"{name}-1.0.dist-info").mkdir()
        (small.sites[0] / f"{name}-1.0.dist-info" / "METADATA").write_text(f"Name: {name}\nVersion: 1.0\n")
    return small


@pytest.fixture
def pack(large: Installation, htmap_dir: Path, make_map: Callable[[str], Path]) -> Callable[[], Transplant]:
    """Pack that installation as it is now."""
    map_dir = make_map("tide")
    return lambda: making.pack(large, htmap_dir / "transplants", map_dir, 30)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """The names of the files in each archive that is written."""
    found: list[set[str]] = []
    really = packing.pack

    def pack(files: tuple[Member, ...], *more: Any) -> None:
        really(files, *more)
        found.append({each.name.rpartition("/")[2] for each in files})

    monkeypatch.setattr(packing, "pack", pack)
    return found


def unpacked(packed: Transplant, folder: Path) -> dict[str, bytes]:
    """Unpack a transplant as jobs do; return the files in its folder of packages."""
    for each in packed.archives:
        with tarfile.open(each) as archive:
            archive.extractall(folder)
    (site,) = folder.glob("_htmap_python/lib/python*/site-packages")
    return {str(path.relative_to(site)): path.read_bytes() for path in site.rglob("*") if path.is_file()}


def test_a_large_package_is_a_piece_with_all_that_is_called_like_it(large: Installation) -> None:
    (large.sites[0] / "anchor.libs").mkdir()
    (large.sites[0] / "anchor.libs" / "libchain.so").touch()
    pieces = pieces_of(contents.members(large), [contents.sites_of(large)[0].name])
    (found,) = [each for each in pieces if any("anchor/" in file.name for file in each.members)]
    names = {file.name.split("site-packages/")[1] for file in found.members}
    assert names == {"anchor/data", "anchor-1.0.dist-info/METADATA", "anchor.libs/libchain.so"}


def test_each_file_is_in_one_piece(large: Installation) -> None:
    files = contents.members(large)
    pieces = pieces_of(files, [contents.sites_of(large)[0].name])
    assert sorted(file.name for each in pieces for file in each.members) == [each.name for each in files]
    assert all(is_piece(each.name) for each in pieces)


def test_many_small_packages_are_a_few_pieces(small: Installation) -> None:
    for number in range(300):
        (small.sites[0] / f"p{number}.py").touch()
    assert len(pieces_of(contents.members(small), [contents.sites_of(small)[0].name])) <= 8


def test_who_installs_a_package_has_that_alone_packed(
    large: Installation, pack: Callable[[], Transplant], written: list[set[str]], tmp_path: Path
) -> None:
    before = pack()
    written.clear()
    (large.sites[0] / "dinghy.py").write_text("new")
    after = pack()
    assert len(written) == 1
    assert "dinghy.py" in written[0]
    assert "data" not in written[0]
    assert {os.stat(path).st_ino for path in before.archives} & {os.stat(path).st_ino for path in after.archives}
    assert after.alone < LARGE
    assert unpacked(after, tmp_path / "there").keys() - unpacked(before, tmp_path / "before").keys() == {"dinghy.py"}


def test_what_was_deleted_is_gone_and_what_was_changed_is_new(
    large: Installation, pack: Callable[[], Transplant], tmp_path: Path
) -> None:
    pack()
    (large.sites[0] / "module.py").write_text("changed in its place")
    shutil.rmtree(large.sites[0] / "buoy")
    (large.sites[0] / "chart" / "data").unlink()
    found = unpacked(pack(), tmp_path / "there")
    assert found["module.py"] == b"changed in its place"
    assert {name for name in found if name.startswith(("anchor/", "buoy/", "chart/"))} == {"anchor/data"}


def test_who_goes_back_has_nothing_packed(
    large: Installation, pack: Callable[[], Transplant], written: list[set[str]]
) -> None:
    first = pack()
    module = large.sites[0] / "more.py"
    module.touch()
    pack()
    module.unlink()
    written.clear()
    assert pack() == first
    assert written == []


def test_another_environment_of_the_same_python_shares_what_it_has_in_common(
    large: Installation, pack: Callable[[], Transplant], htmap_dir: Path, written: list[set[str]], tmp_path: Path
) -> None:
    pack()
    written.clear()
    other = attrs.evolve(large, description="another one")  # which is in `about`
    making.pack(other, htmap_dir / "transplants", tmp_path / "map", 30)
    assert [each for each in written if "data" in each] == []


def test_a_removed_transplant_takes_nothing_from_others(
    large: Installation, pack: Callable[[], Transplant], tmp_path: Path
) -> None:
    first = pack()
    (large.sites[0] / "more.py").touch()
    second = pack()
    first.remove(force=True)
    assert "anchor/data" in unpacked(second, tmp_path)


def test_where_there_are_no_links_between_folders_each_has_its_files(
    large: Installation, pack: Callable[[], Transplant], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any) -> None:
        raise OSError(errno.EXDEV, "no links here")

    first = pack()
    (large.sites[0] / "more.py").touch()
    monkeypatch.setattr(os, "link", refused)
    second = pack()
    assert second.alone > second.size > 0
    first.remove(force=True)
    assert "anchor/data" in unpacked(second, tmp_path)


def test_an_archive_that_was_cut_off_is_not_taken_over(
    large: Installation, pack: Callable[[], Transplant], tmp_path: Path
) -> None:
    for each in pack().archives:
        with each.open("rb+") as file:
            file.truncate(each.stat().st_size - 1)
    (large.sites[0] / "more.py").touch()
    assert unpacked(pack(), tmp_path)["anchor/data"][:6] == b"anchor"


def test_a_transplant_that_has_lost_an_archive_gets_it_again(pack: Callable[[], Transplant]) -> None:
    packed = pack()
    packed.archives[0].unlink()
    assert all(each.exists() for each in pack().archives)


def changing(monkeypatch: pytest.MonkeyPatch, path: Path, times: int) -> None:
    """Have a file changed while it is packed, so many times."""
    really, left = packing._add, [times]

    def add(archive: tarfile.TarFile, each: Member) -> None:
        if each.source == path and left[0]:
            left[0] -= 1
            path.write_text(f"version {'.' * left[0]}")
        really(archive, each)

    monkeypatch.setattr(packing, "_add", add)


def test_a_file_that_changes_while_it_is_packed_is_packed_as_it_is_then(
    large: Installation, pack: Callable[[], Transplant], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = large.sites[0] / "module.py"
    changing(monkeypatch, module, times=1)
    assert unpacked(pack(), tmp_path)["module.py"] == b"version "


def test_an_installation_that_does_not_stop_changing_is_an_error_that_names_the_file(
    large: Installation, pack: Callable[[], Transplant], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = large.sites[0] / "module.py"
    changing(monkeypatch, module, times=100)
    with pytest.raises(FileHasChanged) as caught:
        pack()
    assert caught.value.path == module
