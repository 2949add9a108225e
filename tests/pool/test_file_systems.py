"""Maps on a file system that refuses `flock` and hard links, as some network file systems do, and on one that has them."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

import htmap
from htmap_core import names
from htmap_core.storage.tags import find_map
from tests.refused_calls import without

CREATE_AND_STOP = """
import sys, htmap
def inputs():
    yield 1
    print("creating", flush=True)
    sys.stdin.read()
htmap.map(lambda x: x, inputs(), tag="cut-off")
"""


@pytest.mark.usefixtures("personal_pool")
def test_maps_are_made_changed_and_removed() -> None:
    def use() -> None:
        m = htmap.map(lambda x: 2 * x, range(3), tag="tide")
        assert list(m) == [0, 2, 4]
        m.retag("ebb")
        m.rerun([1])
        assert m.get(1) == 2
        assert htmap.get_tags() == ("ebb",)
        m.remove()
        assert htmap.get_tags() == ()

    without(("flock", "link"), use)


@pytest.mark.usefixtures("personal_pool")
def test_a_rerun_mends_the_archive_that_maps_share() -> None:
    tide, wave = (htmap.map(lambda x: 2 * x, [1], tag=tag) for tag in ("tide", "wave"))
    assert (tide.get(0), wave.get(0)) == (2, 2)
    archives = [find_map(tag).runtime for tag in ("tide", "wave")]
    content = archives[0].read_bytes()
    assert archives[0].samefile(archives[1])
    archives[0].write_bytes(content[:-1000])
    tide.rerun()
    assert tide.get(0) == 2
    assert archives[1].read_bytes() == content


@pytest.mark.pool
def test_a_creation_that_was_killed_is_undone(personal_pool: Path) -> None:
    def kill_then_look() -> tuple[str, ...]:
        with subprocess.Popen(
            [sys.executable, "-c", CREATE_AND_STOP], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as creating:
            assert creating.stdout
            creating.stdout.readline()
            assert htmap.get_tags() == ("cut-off",)
            assert [path.name for path in (personal_pool / names.MAPS).iterdir()] != []
            creating.send_signal(signal.SIGKILL)
        return htmap.get_tags()

    assert without(("flock", "link"), kill_then_look) == ()
    for folder in (names.MAPS, names.CREATING, names.TAGS):
        assert list((personal_pool / folder).iterdir()) == []
