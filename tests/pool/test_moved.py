"""An HTMAP_DIR that was moved with its personal pool goes on where it is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import htmap
from htmap_core.storage.tags import find_map
from htmap_core.testing import pool_of_its_own, using_htmap_dir
from htmap_core.testing.pools import htmap_pool, stop_at_the_end

pytestmark = pytest.mark.pool

TIMEOUT = 180


@pytest.fixture
def htmap_dir_of_old(installed_htcondor: Path) -> Iterator[Path]:
    """Give an HTMAP_DIR with a pool and a HTCondor of its own, which moves along."""
    with pool_of_its_own(installed_htcondor) as folder:
        (folder / "pool" / "htcondor").unlink()
        release = (installed_htcondor / "pool" / "htcondor").resolve()
        shutil.copytree(release, folder / "pool" / "releases" / release.name, symlinks=True)
        (folder / "pool" / "htcondor").symlink_to(f"releases/{release.name}")
        yield folder


def test_maps_and_the_pool_of_a_moved_htmap_dir_go_on(htmap_dir_of_old: Path, htmap_dir: Path, tmp_path: Path) -> None:
    def write(x: int) -> int:
        from pathlib import Path

        Path("said").write_text(f"sea {x}")
        htmap.transfer_output_files("said")
        return x

    def read(path: Path) -> str:
        return path.read_text()

    with using_htmap_dir(htmap_dir_of_old):
        first = htmap.map(write, range(2), tag="write")
        first.wait(TIMEOUT)
        files = [htmap.TransferPath(first.output_files[x] / "said") for x in range(2)]
        second = htmap.map(read, files, tag="read")
        assert list(second) == ["sea 0", "sea 1"]
    assert htmap_pool(htmap_dir_of_old, "stop").returncode == 0
    htmap_dir_of_old.rename(htmap_dir)
    stop_at_the_end(htmap_dir)
    try:
        for path in (htmap_dir, link(tmp_path / "link", htmap_dir)):
            check_that_it_goes_on(path)
    finally:
        htmap_pool(htmap_dir, "stop")


def link(path: Path, target: Path) -> Path:
    path.symlink_to(target)
    return path


def check_that_it_goes_on(path: Path) -> None:
    with using_htmap_dir(path):
        moved = htmap.load("read")
        assert set(moved.component_statuses) == {htmap.ComponentStatus.COMPLETED}
        assert moved[0] == "sea 0"
        said = find_map("write").path
        (file,) = (each for each in said.glob("outputs/*/*/*/*/said") if each.read_text() == "sea 1")
        file.write_text(f"moved to {path.name}")
        moved.rerun([1])
        moved.wait(TIMEOUT)
        assert moved[1] == f"moved to {path.name}"
        file.write_text("sea 1")
        assert os.fspath(path) in moved.submit_file(1)
