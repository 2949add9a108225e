"""Packed installations on disk."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import resource
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from htmap_transplant import Transplant, packing, transplant_info, transplants
from htmap_transplant.errors import CannotPack, NoSuchTransplant, TransplantInUse
from htmap_transplant.installation import Installation
from htmap_transplant.store import making

import htmap
from htmap_core import seal
from htmap_core.testing import eventually
from tests.golden_files import Golden


@pytest.fixture
def folder(htmap_dir: Path) -> Path:
    """The folder of transplants in a new HTMAP_DIR."""
    return htmap_dir / "transplants"


@pytest.fixture
def map_dir(make_map: Callable[[str], Path]) -> Path:
    """The directory of a map tagged "tide"."""
    return make_map("tide")


def pack(installation: Installation, folder: Path, map_dir: Path, keep_days: int = 30) -> Transplant:
    """Pack an installation for a map."""
    return making.pack(installation, folder, map_dir, keep_days)


def inodes(transplant: Transplant) -> list[int]:
    """Return which files a transplant has."""
    return [each.stat().st_ino for each in transplant.archives]


def test_what_was_packed_is_found_again(small: Installation, folder: Path, map_dir: Path) -> None:
    packed = pack(small, folder, map_dir)
    written = inodes(packed)
    assert pack(small, folder, map_dir) == packed
    assert inodes(packed) == written


def test_all_in_one_archive_is_one_folder(small: Installation, folder: Path, map_dir: Path, tmp_path: Path) -> None:
    pack(small, folder, map_dir).export(tmp_path / "one.tar.gz")
    with tarfile.open(tmp_path / "one.tar.gz") as archive:
        names = archive.getnames()
        about = archive.extractfile("_htmap_python/about")
        assert about is not None
        assert about.read() == b"a small one\n"
    assert {name.partition("/")[0] for name in names} == {"_htmap_python"}
    assert f"_htmap_python/lib/{small.version}/site-packages/module.py" in names


def test_a_change_makes_another_one_beside_it(small: Installation, folder: Path, map_dir: Path) -> None:
    pack(small, folder, map_dir)
    (small.sites[0] / "more.py").touch()
    pack(small, folder, map_dir)
    assert len({each.hash for each in transplants()}) == 2


def test_a_library_of_the_machine_that_was_upgraded_is_packed_again(
    small: Installation, folder: Path, map_dir: Path, tmp_path: Path
) -> None:
    packed = pack(small, folder, map_dir)
    library = tmp_path / "libssl.so"
    library.write_text("one")
    record = json.loads((packed.path / "transplant.json").read_text())
    record["libraries"] = [[str(library), 3, library.stat().st_mtime_ns]]
    del record["checksum"]
    (packed.path / "transplant.json").write_text(seal(record))
    assert pack(small, folder, map_dir).created == packed.created
    library.write_text("three")
    assert pack(small, folder, map_dir).created != packed.created


def test_a_damaged_record_is_no_record_and_the_installation_is_packed_again(
    small: Installation, folder: Path, map_dir: Path
) -> None:
    packed = pack(small, folder, map_dir)
    record, whole = packed.path / "transplant.json", transplants()
    content = record.read_bytes()
    for place in range(len(content)):
        record.write_bytes(content[:place] + bytes([content[place] ^ 1 << place % 8]) + content[place + 1 :])
        assert transplants() == ()
    pack(small, folder, map_dir)
    assert [each.hash for each in transplants()] == [each.hash for each in whole]


def test_a_damaged_list_of_users_is_no_internal_error(small: Installation, folder: Path, map_dir: Path) -> None:
    users = pack(small, folder, map_dir).path / "maps"
    users.write_bytes(users.read_bytes() + b"/nowhere/\xff\x00\n")
    assert pack(small, folder, map_dir).used_by() == ("tide",)


def test_maps_of_an_htmap_dir_that_was_moved_still_use_their_installation(
    small: Installation, htmap_dir: Path, map_dir: Path, tmp_path: Path
) -> None:
    packed = pack(small, htmap_dir / "transplants", map_dir)
    htmap_dir.rename(tmp_path / "moved")
    moved = tmp_path / "moved" / packed.path.relative_to(htmap_dir)
    assert Transplant.load(moved).used_by() == ("tide",)


def test_maps_elsewhere_are_written_down_by_their_whole_paths(
    small: Installation, map_dir: Path, tmp_path: Path
) -> None:
    packed = pack(small, tmp_path / "shared", map_dir)
    (tmp_path / "shared").rename(tmp_path / "other")
    moved = tmp_path / "other" / packed.path.relative_to(tmp_path / "shared")
    assert Transplant.load(moved).used_by() == ("tide",)


def test_a_killed_process_leaves_nothing_that_looks_like_a_transplant(
    small: Installation, folder: Path, map_dir: Path
) -> None:
    (small.stdlib / "large.bin").write_bytes(os.urandom(1 << 20) * 64)
    program = f"""
import pickle, pathlib
from htmap_transplant.store import making
making.pack(pickle.loads({pickle.dumps(small)!r}), pathlib.Path({str(folder)!r}), pathlib.Path({str(map_dir)!r}), 30)
"""
    process = subprocess.Popen([sys.executable, "-c", program])
    begun = f"*/{packing.TEMPORARY}*/*.gz"
    eventually(lambda: process.poll() is not None or list(folder.glob(begun)), says="it has begun to pack")
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert transplants() == ()
    packed = pack(small, folder, map_dir)
    names = {path.name for path in packed.path.iterdir()}
    assert names == {"maps", "transplant.json", *(each.name for each in packed.archives)}


def test_of_two_that_want_the_same_one_packs_and_the_other_waits(
    small: Installation, folder: Path, map_dir: Path
) -> None:
    found: list[list[int]] = []
    threads = [threading.Thread(target=lambda: found.append(inodes(pack(small, folder, map_dir)))) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(found) == 4
    assert [each for each in found if each != found[0]] == []


def test_a_transplant_knows_when_it_was_made_and_what_is_in_it(
    small: Installation, folder: Path, map_dir: Path
) -> None:
    info = small.sites[0] / "tidal-2.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tidal\nVersion: 2.1\n")
    packed = pack(small, folder, map_dir)
    (found,) = htmap.transplants()
    assert found == packed == Transplant.load(packed.path)
    assert (found.hash, found.packages) == (packed.path.name, ("tidal==2.1",))
    assert (found.environment, found.python) == (small.prefix, "a small one")
    assert found.size == found.alone - sum((found.path / name).stat().st_size for name in ("maps", "transplant.json"))
    assert found.created <= found.last_used


def test_the_table_has_a_number_for_each_and_the_maps_that_need_it(
    small: Installation, folder: Path, map_dir: Path, make_map: Callable[[str], Path]
) -> None:
    pack(small, folder, map_dir)
    for tag in ("ebb", "flow", "gale"):
        pack(small, folder, make_map(tag))
    _, row = transplant_info().splitlines()
    assert row.split()[:2] == ["0", transplants()[0].hash[:8]]
    assert row.endswith("ebb, flow, gale and 1 more")


def test_one_that_a_map_needs_is_removed_only_by_force(
    small: Installation, folder: Path, map_dir: Path, golden: Golden
) -> None:
    pack(small, folder, map_dir)
    (found,) = transplants()
    with pytest.raises(TransplantInUse) as caught:
        found.remove()
    golden("transplant/one-that-a-map-needs-is-removed-only-by-force", caught.value, hide={found.hash: "HASH"})
    assert transplants() == (found,)
    found.remove(force=True)
    assert transplants() == ()
    found.remove()  # somebody else was quicker


def test_one_whose_maps_are_gone_can_be_removed(small: Installation, folder: Path, map_dir: Path) -> None:
    packed = pack(small, folder, map_dir)
    map_dir.rmdir()
    packed.remove()
    assert not packed.path.exists()


def test_one_that_is_not_there_cannot_be_loaded(tmp_path: Path, golden: Golden) -> None:
    with pytest.raises(NoSuchTransplant) as caught:
        Transplant.load(tmp_path / "nowhere")
    golden("transplant/one-that-is-not-there-cannot-be-loaded", caught.value)


def test_a_folder_that_cannot_be_written_is_named_with_the_setting(
    small: Installation, map_dir: Path, tmp_path: Path, golden: Golden
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotPack) as caught:
        pack(small, tmp_path / "file" / "transplants", map_dir)
    golden("transplant/a-folder-that-cannot-be-written-is-named", caught.value)


@contextlib.contextmanager
def no_room() -> Iterator[None]:
    """Have writing fail as on a full disk; no longer than needed, for pytest may write what it says into a file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_where_there_is_no_room_the_folder_and_the_setting_for_another_are_named(
    small: Installation, folder: Path, map_dir: Path
) -> None:
    with pytest.raises(CannotPack) as caught, no_room():
        pack(small, folder, map_dir)
    assert str(folder) in str(caught.value)
    assert "TRANSPLANT.DIR" in str(caught.value)
    assert transplants() == ()


def test_asking_makes_no_folder(htmap_dir: Path) -> None:
    assert transplants() == ()
    assert len(transplant_info().splitlines()) == 1  # the headings
    assert not htmap_dir.exists()


def test_they_are_kept_where_the_setting_says(small: Installation, map_dir: Path, tmp_path: Path) -> None:
    packed = pack(small, tmp_path / "elsewhere", map_dir)
    assert transplants() == ()
    htmap.settings["TRANSPLANT.DIR"] = tmp_path / "elsewhere"
    assert transplants() == (packed,)


def test_a_folder_into_which_others_could_have_put_one_is_refused(htmap_dir: Path) -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:  # nobody else can enter the folders of pytest
        Path(folder).chmod(0o777)
        htmap.settings["TRANSPLANT.DIR"] = folder
        with pytest.raises(htmap.exceptions.WritableByOthers):
            transplants()
        htmap.settings["TRUSTED_FOLDERS"] = [folder]
        assert transplants() == ()
