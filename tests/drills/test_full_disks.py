"""A full disk below HTMAP_DIR: each act fails with what to do, loses nothing, and works once there is room."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.drills import full_disks
from tests.drills.frame import Drill

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
