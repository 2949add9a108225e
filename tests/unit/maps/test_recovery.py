"""Interrupted operations that the next command cannot finish."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import htmap
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


def test_a_removal_that_the_file_system_refuses_does_not_stop_other_commands(
    make_map: MakeMap, htmap_dir: Path, other_file_system: Path
) -> None:
    made = make_map("tide")
    (htmap_dir / "removed").rmdir()
    (htmap_dir / "removed").symlink_to(other_file_system)  # a directory cannot be moved there
    (htmap_dir / "removed" / made.id).write_text('{"tag": "tide"}')
    recovery.settle()
    assert (htmap_dir / "removed" / made.id).exists()
    assert htmap.get_tags() == ()
