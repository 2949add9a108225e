"""Which schedd an address stands for."""

from __future__ import annotations

from pathlib import Path

from htmap_core.condor.connection import Connection
from tests.unit.silent_pool import silent_pool


def test_whether_a_schedd_is_the_local_one_is_not_asked_of_the_collector(tmp_path: Path) -> None:
    with silent_pool(tmp_path) as pool:
        assert not Connection(pool.address).is_local_schedd
        assert pool.asked() == 0
