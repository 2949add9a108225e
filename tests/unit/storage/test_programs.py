"""The programs of maps are on disk once, as long as a map has them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from htmap_core import names
from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import CorruptMap
from htmap_core.storage import deletion
from htmap_core.storage.creation import Creation
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.record import MapRecord
from htmap_core.submission.archive import build

pytestmark = pytest.mark.usefixtures("htmap_dir")

OLDER = b"#!/bin/sh\n# of an older version\n"
PLUGIN = f"{names.OUTPUTS}/{names.TRANSFER_PLUGIN.format(scheme='sea')}"


def make(tag: str, archive: bytes | None = None) -> MapDir:
    with Creation(tag) as creation:
        creation.add_runtime(build() if archive is None else archive)
        creation.add_input(b"0")
        creation.finish()
        made = creation.map_dir
        made.write_program(PLUGIN, b"#!/bin/sh\n")
        made.write_record(MapRecord(1, 1, "assume", PoolAddress("personal"), {}, {}, created=1.5))
        made.write_submit({}, ())
    return made


def remove(made: MapDir, tag: str) -> None:
    with deletion.announced(made, tag, None, "false") as removal:
        deletion.delete_map(removal)
        deletion.conclude(removal)


def common(root: Path) -> list[Path]:
    return sorted((root / names.PROGRAMS).iterdir())


def damage(program: Path) -> None:
    with program.open("r+b") as file:
        file.seek(1000)
        file.write(b"damage")


def test_maps_share_the_archive_and_the_last_one_takes_it_along(htmap_dir: Path) -> None:
    tide, wave, old = make("tide"), make("wave"), make("old", OLDER)
    assert os.path.samefile(tide.runtime, wave.runtime)
    assert (tide.runtime.read_bytes(), old.runtime.read_bytes()) == (build(), OLDER)
    assert len(common(htmap_dir)) == 2
    remove(tide, "tide")
    assert len(common(htmap_dir)) == 2
    assert wave.runtime.read_bytes() == build()
    remove(wave, "wave")
    (left,) = common(htmap_dir)
    assert os.path.samefile(left, old.runtime)


def test_a_creation_that_fails_leaves_no_archive(htmap_dir: Path) -> None:
    def fail() -> None:
        with Creation("tide") as creation:
            creation.add_runtime(build())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert common(htmap_dir) == []


def test_what_is_in_the_folder_to_which_condor_writes_is_not_shared() -> None:
    plugins = [make(tag).path / PLUGIN for tag in ("tide", "wave")]
    assert [plugin.stat().st_nlink for plugin in plugins] == [1, 1]


def test_the_sizes_of_maps_are_without_what_they_share(htmap_dir: Path) -> None:
    made = [make(tag) for tag in ("tide", "wave")]
    for each in made:
        files = [path for path in each.path.rglob("*") if path.is_file() and path != each.runtime]
        assert each.local_data == sum(path.stat().st_size for path in files)
    assert [path.stat().st_size for path in common(htmap_dir)] == [len(build())]


def test_a_map_that_is_made_mends_the_archive_of_all() -> None:
    tide = make("tide")
    damage(tide.runtime)
    with pytest.raises(CorruptMap):
        tide.read_submit()
    make("wave")
    tide.read_submit()


def test_an_archive_is_mended_with_the_same_one_and_with_no_other() -> None:
    tide, wave, old = make("tide"), make("wave"), make("old", OLDER * 100)
    for each in (tide, old):
        damage(each.runtime)
    assert tide.mend_runtime(build())
    assert wave.runtime.read_bytes() == build()
    assert not old.mend_runtime(build())
    with pytest.raises(CorruptMap):
        old.read_submit()
    tide.runtime.unlink()
    assert tide.mend_runtime(build())
    assert os.path.samefile(tide.runtime, wave.runtime)
    tide.read_submit()
