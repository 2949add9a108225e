"""Daemons that are stopped, or hang: who asks them is told, can be interrupted, and lets other threads run meanwhile."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import htmap
from htmap.exceptions import PoolUnavailable
from htmap_core.condor.connection import Connection
from htmap_core.condor.daemons import knocking
from htmap_core.testing import pool_of_its_own, using_htmap_dir
from tests.drills import pool_processes

pytestmark = pytest.mark.pool

TIMEOUT = 180
SOON = 0.5  # seconds
PROGRAM = """
import sys
import htmap
from htmap_core.condor.daemons import knocking

knocking.PATIENCE = 2.0
executor = htmap.Executor()
print(executor.submit(abs, -1).result(180), flush=True)
sys.stdin.readline()
left = [executor.submit(abs, number) for number in range(3)]
"""


@pytest.fixture(scope="module")
def pool(installed_htcondor: Path) -> Iterator[Path]:
    with pool_of_its_own(installed_htcondor) as folder, using_htmap_dir(folder):
        yield folder


@pytest.fixture(scope="module")
def waiting(pool: Path) -> htmap.Map:
    del pool
    return htmap.map(abs, [-1], map_options=htmap.MapOptions(requirements="false"), quiet=True)


@contextlib.contextmanager
def frozen(pool: Path, daemon: str) -> Iterator[Callable[[], None]]:
    """Stop a daemon of the pool during the block, and yield what lets it go on before."""
    (pid,) = pool_processes.of_pool(pool, daemon)

    def thaw() -> None:
        os.kill(pid, signal.SIGCONT)

    os.kill(pid, signal.SIGSTOP)
    try:
        yield thaw
    finally:
        thaw()


def test_other_threads_run_meanwhile_of_which_one_may_have_it_go_on(pool: Path, waiting: htmap.Map) -> None:
    with frozen(pool, "condor_schedd") as thaw:
        threading.Timer(SOON, thaw).start()
        waiting.hold()
    assert [str(each) for each in waiting.component_statuses] == ["HELD"]
    with frozen(pool, "condor_collector") as thaw:
        threading.Timer(SOON, thaw).start()
        assert Connection(waiting._map_dir.pool).query_collector("Collector", "true")


def test_ctrl_c_comes_through(pool: Path, waiting: htmap.Map) -> None:
    with frozen(pool, "condor_schedd"):
        threading.Timer(SOON, os.kill, (os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            waiting.release()


def test_who_has_waited_long_enough_is_told(pool: Path, waiting: htmap.Map, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knocking, "PATIENCE", SOON)
    monkeypatch.setattr(knocking, "LONGER", SOON)
    with frozen(pool, "condor_schedd"), pytest.raises(PoolUnavailable):
        waiting.release()
    waiting.release()


def test_a_program_with_an_executor_ends_and_tells_which_calls_are_lost(pool: Path) -> None:
    command = [sys.executable, "-c", PROGRAM]
    environment = {**os.environ, "HTMAP_DIR": str(pool)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, text=True, stdin=pipe, stdout=pipe, stderr=pipe) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "1\n"
        with frozen(pool, "condor_schedd"):
            _, said = program.communicate("\n", timeout=TIMEOUT)
    assert program.returncode == 0
    assert "3 calls" in said
