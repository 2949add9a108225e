"""A full disk below HTMAP_DIR: each act fails with what to do, loses nothing, and works once there is room."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import htmap
from htmap_core.testing import using_htmap_dir
from tests.drills import full_disks, soundness
from tests.drills.frame import Drill
from tests.drills.interrupted import INTERRUPTED, Interrupted, rerun_one, squares

pytestmark = [
    pytest.mark.timeout(3600),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small file system"),
]


def test_acts_on_a_full_disk(drill: Drill, htmap_dir: Path) -> None:
    htmap_dir.mkdir()
    tried = drill.chosen(full_disks.cases, full=300, short=8)
    found = full_disks.seen(htmap_dir, tried)
    for case in tried:
        with drill.trying(case):
            assert case not in found, found[case]


@pytest.fixture
def small_root(personal_pool: Path, tmp_path: Path) -> Iterator[Path]:
    """Give an HTMAP_DIR of the pool that is a file system of its own."""
    root = tmp_path / "small"
    root.mkdir()
    options = f"size={full_disks.SIZE}m,nr_inodes=2000,mode=700"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(root)], check=True)
    try:
        (root / "pool").symlink_to(personal_pool / "pool")
        with using_htmap_dir(root):
            yield root
    finally:
        subprocess.run(["umount", "--lazy", str(root)], check=True)


def finished(tag: str) -> None:
    htmap.map(squares(), range(2), tag=tag, quiet=True, chunksize=1).wait(timeout=300)


def has_run(tag: str) -> None:
    """The map has its results; a component whose rerun was not taken keeps its own, or can be run again."""
    mapped = htmap.load(tag)
    if gone := [each for each, status in enumerate(mapped.component_statuses) if status in {"REMOVED", "UNKNOWN"}]:
        mapped.rerun(gone)
    if mapped.holds:
        mapped.release()
    assert [mapped.get(each, timeout=300) for each in range(2)] == [0, 1]


ACTS = {**INTERRUPTED, "rerun": Interrupted(finished, lambda tag: rerun_one(tag, 1), has_run)}


@pytest.mark.pool
def test_acts_on_maps_of_a_pool_on_a_full_disk(drill: Drill, small_root: Path) -> None:
    def cases(chance: random.Random) -> Iterator[str]:
        return full_disks.cases(chance, chance.sample(full_disks.ACTS_IN_A_POOL, len(full_disks.ACTS_IN_A_POOL)))

    for number, case in enumerate(drill.chosen(cases, full=70, short=3)):
        act, _, left, of, _ = case.split()
        tag = f"map-{number}"
        with drill.trying(case):
            ACTS[act].prepare(tag)
            filling = full_disks.fill(small_root / "filling", int(left), of)
            try:
                with contextlib.suppress(htmap.exceptions.HTMapException):
                    ACTS[act].deed(tag)
            finally:
                shutil.rmtree(filling)
            soundness.finish_what_was_interrupted()
            soundness.check(small_root)
            ACTS[act].check(tag)
        soundness.clear(small_root)
