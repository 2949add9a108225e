"""Many input files: nothing is copied, and the client's memory does not grow with them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import htmap

pytestmark = [pytest.mark.pool, pytest.mark.usefixtures("personal_pool")]

CREATE = """
import resource, sys
import htmap

def size(path):
    return path.stat().st_size

count = int(sys.argv[1])
folder = htmap.TransferPath(sys.argv[2])
options = htmap.MapOptions(input_files=(folder / "other,names" / f"{n}.bin" for n in range(count)), request_disk="10MB")
mapped = htmap.map(size, (folder / f"{n}.bin" for n in range(count)), map_options=options, tag=f"files-{count}", chunksize=20)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
MEGABYTE = 1_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with files of a megabyte each, which take no space, and others of the same names."""
    (tmp_path / "other,names").mkdir()
    for number in range(1000):
        for path in (tmp_path / f"{number}.bin", tmp_path / "other,names" / f"{number}.bin"):
            with path.open("wb") as file:
                file.truncate(MEGABYTE)
    return tmp_path


def peak_kilobytes(count: int, folder: Path) -> int:
    ran = subprocess.run(
        [sys.executable, "-c", CREATE, str(count), str(folder)], capture_output=True, text=True, check=True
    )
    return int(ran.stdout)


def test_memory_does_not_grow_with_the_files_and_none_is_copied(folder: Path) -> None:
    few, many = (peak_kilobytes(count, folder) for count in (100, 1000))
    assert many < few + 5_000
    mapped = htmap.load("files-1000")
    assert mapped.local_data < 2 * MEGABYTE  # of 2,000
    assert set(mapped) == {MEGABYTE}
