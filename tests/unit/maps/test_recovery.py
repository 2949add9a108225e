"""Interrupted operations that the next command cannot finish."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

import htmap
from htmap_core import locked, names
from htmap_core.files.holders import this_process
from htmap_core.files.sealed import seal
from htmap_core.maps import recovery
from tests.unit.conftest import MakeMap

ELSEWHERE = Path("/dev/shm")


@pytest.fixture
def other_file_system(tmp_path: Path) -> Iterator[Path]:
    if not ELSEWHERE.is_dir() or ELSEWHERE.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("this machine has no second file system to write to")
    folder = Path(tempfile.mkdtemp(dir=ELSEWHERE))
    yield folder
    shutil.rmtree(folder)


def test_a_removal_is_finished_though_the_files_cannot_be_moved_away_at_once(
    make_map: MakeMap, htmap_dir: Path, other_file_system: Path
) -> None:
    made = make_map("tide")
    (htmap_dir / "removed").rmdir()
    (htmap_dir / "removed").symlink_to(other_file_system)  # a directory cannot be moved there
    (htmap_dir / "removed" / made.id).write_text('{"tag": "tide"}')
    recovery.settle()
    assert not (htmap_dir / "removed" / made.id).exists()
    assert not made.path.exists()
    assert htmap.get_tags() == ()


@pytest.mark.parametrize(
    ("other", "is_settled"),
    [
        ({}, True),  # this host, whose locks can be believed: the process has let go of it
        ({"container": "pid:[1]"}, True),  # a container of this host: the locks are the same
        ({"boot": "another"}, False),  # a container elsewhere with the same host name
        ({"host": "elsewhere.example.org", "boot": "another"}, False),
    ],
)
def test_what_a_process_elsewhere_may_be_doing_is_left_alone(
    make_map: MakeMap, other: dict[str, str], is_settled: bool
) -> None:
    made = make_map("tide")
    marker = made.root / names.RETAGGING / made.id
    with locked(marker) as file:
        holder = {**attrs.asdict(this_process()), **other}
        file.write(seal({"tag": "tide", "at": time.time(), "holder": holder}))
    recovery.settle()
    assert marker.exists() is not is_settled
