"""``htmap move``: HTMAP_DIR gets another place, and the jobs in the queue follow."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core.condor.connection import Connection
from htmap_core.exceptions import CannotMove
from htmap_core.maps import moving, recovery
from htmap_core.storage.tags import find_map
from htmap_core.testing import eventually, run_htmap

pytestmark = pytest.mark.pool

TIMEOUT = 180
IDLE: dict[str, Any] = {"requirements": "MY.Go", "custom_options": {"Go": "false"}}
COMPLETED, HELD, IDLE_NOW = (htmap.ComponentStatus[name] for name in ("COMPLETED", "HELD", "IDLE"))


@pytest.fixture
def other(personal_pool: Path, tmp_path: Path) -> Iterator[Path]:
    """Give the place to which HTMAP_DIR is moved; in the end it goes back, where the fixtures look for it."""
    yield tmp_path / "other place"
    if (tmp_path / "other place").exists():
        (tmp_path / "other place").rename(personal_pool)


def create_idle(folder: Path) -> htmap.Map:
    """Create a map whose jobs wait in the queue until :func:`go`, with an input file in HTMAP_DIR."""
    (folder / "words").write_text("sea")

    def read(x: int) -> tuple[int, str]:
        return x, Path("words").read_text()

    options = htmap.MapOptions(**IDLE, fixed_input_files=folder / "words")
    return htmap.map(read, range(2), tag="idle", map_options=options)


def go() -> htmap.Map:
    """Let the jobs run, and return the map when it has ended."""
    map_dir = find_map("idle")
    Connection(map_dir.record.pool).edit(map_dir.own_jobs, "Go", "true")
    made = htmap.load("idle")
    made.wait(TIMEOUT)
    return made


def test_jobs_in_the_queue_follow(personal_pool: Path, other: Path) -> None:
    create_idle(personal_pool)
    moved = run_htmap("move", str(other))
    assert (moved.exit_code, personal_pool.exists()) == (0, False), moved.output
    htmap.settings["HTMAP_DIR"] = other
    assert set(htmap.load("idle").component_statuses) <= {IDLE_NOW, HELD}
    assert list(go()) == [(0, "sea"), (1, "sea")]
    assert not personal_pool.exists()


@pytest.mark.parametrize("is_moved", [True, False])
def test_an_interrupted_move_is_finished_or_undone_by_the_next_command_that_acts(
    personal_pool: Path, other: Path, is_moved: bool
) -> None:
    create_idle(personal_pool)
    line = "_finish(to)" if is_moved else "relocate(real, to, work.look)"
    dies = f"exec(open({moving.__file__!r}).read().replace({line!r}, 'os.kill(os.getpid(), 9)'))"
    code = f"from pathlib import Path; {dies}; move(Path({str(personal_pool)!r}), Path({str(other)!r}))"
    died = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert (personal_pool.exists(), other.exists()) == (not is_moved, is_moved)
    if is_moved:
        htmap.settings["HTMAP_DIR"] = other
    assert htmap.get_tags() == ("idle",)
    recovery.settle()
    assert list(go()) == [(0, "sea"), (1, "sea")]


def test_nothing_is_moved_while_jobs_run(personal_pool: Path, other: Path) -> None:
    gate = personal_pool / "gate"

    def wait() -> None:
        while not gate.exists():
            pass

    made = htmap.starmap(wait, [()], tag="runs")
    eventually(lambda: made.component_statuses == [htmap.ComponentStatus.RUNNING], says="the job runs")
    before = sorted(os.listdir(personal_pool))
    moved = run_htmap("move", str(other))
    assert isinstance(moved.exception, CannotMove)
    assert (sorted(os.listdir(personal_pool)), other.exists()) == (before, False)
    gate.touch()
    made.wait(TIMEOUT)


def test_the_jobs_of_a_map_can_be_held_while_it_is_moved(personal_pool: Path, other: Path) -> None:
    made = create_idle(personal_pool)
    made.hold()
    moving.move(personal_pool, other)
    htmap.settings["HTMAP_DIR"] = other
    assert htmap.load("idle").component_statuses == [HELD, HELD]
    htmap.load("idle").release()
    assert list(go()) == [(0, "sea"), (1, "sea")]


def test_nothing_is_moved_while_the_schedd_has_to_make_jobs_of_a_map(personal_pool: Path, other: Path) -> None:
    htmap.map(abs, range(4), tag="late", map_options=htmap.MapOptions(**IDLE, max_idle="1"))
    with pytest.raises(CannotMove):
        moving.move(personal_pool, other)
    assert not other.exists()
