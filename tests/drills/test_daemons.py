"""HTCondor's daemons are killed, and the pool is stopped, while a map runs: all its results come, and what is said is true."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import re
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import htmap
from htmap_core.diagnosis.why import Explanation
from htmap_core.testing import eventually, pool_of_its_own, run_htmap, using_htmap_dir
from tests.drills import pool_processes
from tests.drills.frame import Drill

pytestmark = [pytest.mark.pool, pytest.mark.timeout(3600)]

DAEMONS = ("startd", "master", "schedd", "collector", "negotiator", "procd", "shared_port", "starter", "shadow")
_NUMBER = itertools.count()
_SHORTEST_LEASE = 20  # seconds; HTCondor takes no fewer


@pytest.fixture(scope="module")
def pool(installed_htcondor: Path) -> Iterator[Path]:
    """A pool whose jobs have a shorter lease, so that tests need not wait as long as users."""
    with pool_of_its_own(installed_htcondor, f"JOB_DEFAULT_LEASE_DURATION = {_SHORTEST_LEASE}\n") as folder:
        yield folder


@pytest.fixture
def own_pool(htmap_dir: Path, pool: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("HTMAP_DIR", str(pool))
    with using_htmap_dir(pool):
        yield pool
        for tag in htmap.get_tags():
            htmap.load(tag).remove(force=True)


class Waiting:
    """A map whose components run until they are told to end."""

    def __init__(self, folder: Path, components: int) -> None:
        self._folder = folder / f"map-{next(_NUMBER)}"
        self._folder.mkdir()
        self._components = components
        self.map = htmap.map(_waits(self._folder), range(components), quiet=True, chunksize=1)

    def await_start(self) -> None:
        eventually(
            lambda: len([*self._folder.glob("begun-*")]) == self._components, says="all components run", within=180
        )

    def end(self) -> None:
        (self._folder / "end").touch()

    def check(self) -> None:
        """Check that all results come, and that they are right."""
        assert [self.map.get(each, timeout=300) for each in range(self._components)] == [
            each * each for each in range(self._components)
        ]


def _waits(folder: Path) -> Callable[[int], int]:
    def waits(x: int) -> int:
        (folder / f"begun-{x}").touch()
        while not (folder / "end").exists():
            time.sleep(0.05)
        return x * x

    return waits


def test_what_ran_where_the_startd_was_killed_is_told_and_runs_again(own_pool: Path, tmp_path: Path) -> None:
    waiting = Waiting(tmp_path, 2)
    waiting.await_start()
    pool_processes.kill(own_pool, "condor_startd")
    eventually(
        lambda: sum(len(why.components) for why in said_to_be_out_of_reach(waiting.map)) == len(waiting.map),
        says="`why` says of both since when nothing is heard",
    )
    with pytest.warns(htmap.exceptions.OutOfReach) as warned:
        waiting.map.vacate()
    assert [each.message.components for each in warned if isinstance(each.message, htmap.exceptions.OutOfReach)] == [
        (0, 1)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", htmap.exceptions.OutOfReach)
        said = json.loads(run_htmap("vacate", "-y", waiting.map.tag, "--json").stdout)
    assert said["maps"] == [{"tag": waiting.map.tag, "components": []}]
    waiting.end()
    waiting.check()
    assert waiting.map.why() == []


def said_to_be_out_of_reach(mapped: htmap.Map) -> list[Explanation]:
    return [each for each in mapped.why() if re.search(r"out of reach since \d{4}-\d\d-\d\d", each.text)]


def test_the_results_come_whatever_is_killed_or_stopped(drill: Drill, own_pool: Path, tmp_path: Path) -> None:
    def cases(chance: random.Random) -> Iterator[str]:
        kinds = [*(f"kill {daemon}" for daemon in DAEMONS), "stop the pool", "kill master and schedd"]
        moments = ["before it runs", "while it runs", "while it ends"]
        together = [f"{kind}: {moment}" for kind in kinds for moment in moments]
        while True:
            yield from chance.sample(together, len(together))

    for case in drill.chosen(cases, full=33, short=2):
        with drill.trying(case):
            what, _, moment = case.rpartition(": ")
            waiting = Waiting(tmp_path, 3)
            if moment != "before it runs":
                waiting.await_start()
            if moment == "while it ends":
                waiting.end()
            disturb(own_pool, what)
            waiting.end()
            waiting.check()


def disturb(pool: Path, what: str) -> None:
    if what == "stop the pool":
        assert run_htmap("pool", "stop").exit_code == 0
    else:
        for daemon in re.findall("|".join(DAEMONS), what):
            running = pool_processes.of_pool(pool, f"condor_{daemon}")
            for pid in running:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
    if "master" in what or "stop" in what:
        started = run_htmap("pool", "start", "--cpus", "16")
        assert started.exit_code == 0, started.output
