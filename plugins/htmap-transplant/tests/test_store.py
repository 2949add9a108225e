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

import attrs
import pytest
from htmap_transplant import Transplant, contents, packing, store, transplant_info, transplants
from htmap_transplant.errors import CannotPack, NoSuchTransplant, TransplantInUse
from htmap_transplant.installation import Installation

import htmap
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


def test_what_was_packed_is_found_again(small: Installation, folder: Path, map_dir: Path) -> None:
    archive = store.pack(small, folder, map_dir)
    written = archive.stat().st_mtime_ns, archive.stat().st_ino
    assert store.pack(small, folder, map_dir) == archive
    assert (archive.stat().st_mtime_ns, archive.stat().st_ino) == written


def test_the_archive_holds_one_folder(small: Installation, folder: Path, map_dir: Path) -> None:
    with tarfile.open(store.pack(small, folder, map_dir)) as archive:
        names = archive.getnames()
        about = archive.extractfile("_htmap_python/about")
        assert about is not None
        assert about.read() == b"a small one\n"
    assert {name.partition("/")[0] for name in names} == {"_htmap_python"}
    assert f"_htmap_python/lib/{small.version}/site-packages/module.py" in names


def test_a_change_makes_another_one_beside_it(small: Installation, folder: Path, map_dir: Path) -> None:
    store.pack(small, folder, map_dir)
    (small.sites[0] / "more.py").touch()
    store.pack(small, folder, map_dir)
    assert len({each.hash for each in transplants()}) == 2


def test_a_library_of_the_machine_that_was_upgraded_is_packed_again(
    small: Installation, folder: Path, map_dir: Path, tmp_path: Path
) -> None:
    archive = store.pack(small, folder, map_dir)
    library = tmp_path / "libssl.so"
    library.write_text("one")
    record = json.loads(archive.with_name("transplant.json").read_text())
    record["libraries"] = [[str(library), 3, library.stat().st_mtime_ns]]
    del record["checksum"]
    archive.with_name("transplant.json").write_text(json.dumps(record))
    first = archive.stat().st_ino
    assert store.pack(small, folder, map_dir).stat().st_ino == first
    library.write_text("three")
    assert store.pack(small, folder, map_dir).stat().st_ino != first


def test_a_damaged_record_is_no_record_and_the_installation_is_packed_again(
    small: Installation, folder: Path, map_dir: Path
) -> None:
    archive = store.pack(small, folder, map_dir)
    record, whole = archive.with_name("transplant.json"), transplants()
    content = record.read_bytes()
    for place in range(len(content)):
        record.write_bytes(content[:place] + bytes([content[place] ^ 1 << place % 8]) + content[place + 1 :])
        assert transplants() == ()
    first = archive.stat().st_ino
    assert store.pack(small, folder, map_dir).stat().st_ino != first
    assert [each.hash for each in transplants()] == [each.hash for each in whole]


def test_a_damaged_list_of_users_is_no_internal_error(small: Installation, folder: Path, map_dir: Path) -> None:
    archive = store.pack(small, folder, map_dir)
    users = archive.with_name("maps")
    users.write_bytes(users.read_bytes() + b"/nowhere/\xff\x00\n")
    assert Transplant.load(store.pack(small, folder, map_dir)).used_by() == ("tide",)


def test_maps_of_an_htmap_dir_that_was_moved_still_use_their_installation(
    small: Installation, htmap_dir: Path, map_dir: Path, tmp_path: Path
) -> None:
    archive = store.pack(small, htmap_dir / "transplants", map_dir)
    htmap_dir.rename(tmp_path / "moved")
    moved = tmp_path / "moved" / archive.relative_to(htmap_dir)
    assert Transplant.load(moved).used_by() == ("tide",)


def test_maps_elsewhere_are_written_down_by_their_whole_paths(
    small: Installation, map_dir: Path, tmp_path: Path
) -> None:
    archive = store.pack(small, tmp_path / "shared", map_dir)
    (tmp_path / "shared").rename(tmp_path / "other")
    moved = tmp_path / "other" / archive.relative_to(tmp_path / "shared")
    assert Transplant.load(moved).used_by() == ("tide",)


def test_a_killed_process_leaves_nothing_that_looks_like_a_transplant(
    small: Installation, folder: Path, map_dir: Path
) -> None:
    (small.stdlib / "large.bin").write_bytes(os.urandom(1 << 20) * 64)
    program = f"""
import pickle, pathlib
from htmap_transplant import store
store.pack(pickle.loads({pickle.dumps(small)!r}), pathlib.Path({str(folder)!r}), pathlib.Path({str(map_dir)!r}))
"""
    process = subprocess.Popen([sys.executable, "-c", program])
    begun = f"*/{packing.TEMPORARY}*/*.gz"
    eventually(lambda: process.poll() is not None or list(folder.glob(begun)), says="it has begun to pack")
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert transplants() == ()
    archive = store.pack(small, folder, map_dir)
    assert sorted(path.name for path in archive.parent.iterdir()) == ["_htmap_python.tar.gz", "maps", "transplant.json"]


def test_of_two_that_want_the_same_one_packs_and_the_other_waits(
    small: Installation, folder: Path, map_dir: Path
) -> None:
    found: list[tuple[Path, int]] = []

    def pack() -> None:
        archive = store.pack(small, folder, map_dir)
        found.append((archive, archive.stat().st_ino))

    threads = [threading.Thread(target=pack) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_a_transplant_knows_when_it_was_made_and_what_is_in_it(
    small: Installation, folder: Path, map_dir: Path
) -> None:
    info = small.sites[0] / "tidal-2.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tidal\nVersion: 2.1\n")
    archive = store.pack(small, folder, map_dir)
    (found,) = htmap.transplants()
    assert found == Transplant.load(archive)
    assert (found.path, found.size, found.packages) == (archive, archive.stat().st_size, ("tidal==2.1",))
    assert found.hash == archive.parent.name


def test_the_table_has_a_number_for_each_and_the_maps_that_need_it(
    small: Installation, folder: Path, map_dir: Path, make_map: Callable[[str], Path]
) -> None:
    store.pack(small, folder, map_dir)
    store.pack(small, folder, make_map("ebb"))
    header, row = transplant_info().splitlines()
    assert header.split() == ["Index", "Hash", "Created", "Size", "Packages", "Used", "By"]
    assert row.split()[:2] == ["0", transplants()[0].hash]
    assert row.endswith("ebb, tide")


def test_one_that_a_map_needs_is_removed_only_by_force(
    small: Installation, folder: Path, map_dir: Path, golden: Golden
) -> None:
    store.pack(small, folder, map_dir)
    (found,) = transplants()
    with pytest.raises(TransplantInUse) as caught:
        found.remove()
    golden("transplant/one-that-a-map-needs-is-removed-only-by-force", caught.value, hide={found.hash: "HASH"})
    assert transplants() == (found,)
    found.remove(force=True)
    assert transplants() == ()
    found.remove()  # somebody else was quicker


def test_one_whose_maps_are_gone_can_be_removed(small: Installation, folder: Path, map_dir: Path) -> None:
    archive = store.pack(small, folder, map_dir)
    map_dir.rmdir()
    Transplant.load(archive).remove()
    assert not archive.parent.exists()


def test_one_that_is_not_there_cannot_be_loaded(tmp_path: Path, golden: Golden) -> None:
    with pytest.raises(NoSuchTransplant) as caught:
        Transplant.load(tmp_path / "nowhere" / "_htmap_python.tar.gz")
    golden("transplant/one-that-is-not-there-cannot-be-loaded", caught.value)


def test_a_folder_that_cannot_be_written_is_named_with_the_setting(
    small: Installation, map_dir: Path, tmp_path: Path, golden: Golden
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotPack) as caught:
        store.pack(small, tmp_path / "file" / "transplants", map_dir)
    golden("transplant/a-folder-that-cannot-be-written-is-named", caught.value)


def test_a_file_that_is_gone_when_it_is_packed_is_an_error_that_names_it(
    small: Installation, folder: Path, map_dir: Path
) -> None:
    files = [attrs.evolve(each, source=Path("/nowhere/at/all")) for each in contents.members(small)]
    folder.mkdir(parents=True)
    with pytest.raises(OSError, match="/nowhere/at/all"):
        packing.pack(files, folder / "archive.tar.gz")


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
        store.pack(small, folder, map_dir)
    assert str(folder) in str(caught.value)
    assert "TRANSPLANT.DIR" in str(caught.value)
    assert transplants() == ()


def test_asking_makes_no_folder(htmap_dir: Path) -> None:
    assert transplants() == ()
    assert len(transplant_info().splitlines()) == 1  # the headings
    assert not htmap_dir.exists()


def test_they_are_kept_where_the_setting_says(small: Installation, map_dir: Path, tmp_path: Path) -> None:
    archive = store.pack(small, tmp_path / "elsewhere", map_dir)
    assert transplants() == ()
    htmap.settings["TRANSPLANT.DIR"] = tmp_path / "elsewhere"
    assert [each.path for each in transplants()] == [archive]


def test_a_folder_into_which_others_could_have_put_one_is_refused(htmap_dir: Path) -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:  # nobody else can enter the folders of pytest
        Path(folder).chmod(0o777)
        htmap.settings["TRANSPLANT.DIR"] = folder
        with pytest.raises(htmap.exceptions.WritableByOthers):
            transplants()
        htmap.settings["TRUSTED_FOLDERS"] = [folder]
        assert transplants() == ()
