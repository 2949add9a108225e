"""Memory that HTCondor enforces: a component that needs more has an error, or is run again with more, and no other is lost."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core.testing import pool_of_its_own, using_htmap_dir
from htmap_core.testing.pools import htmap_pool

# Components use more than they ask for, which is told after each wait.
pytestmark = [pytest.mark.pool, pytest.mark.filterwarnings("ignore::htmap.exceptions.RequestsDiffer")]

TIMEOUT = 240
COMPONENTS = 20
EATER = 3
NEEDS = 500  # MB
OUT_OF_MEMORY = (21, 34)  # by HTCondor's own measure, or by a control group


@pytest.fixture(scope="module")
def running_pool(installed_htcondor: Path) -> Iterator[Path]:
    """Run a pool of their own, which enforces memory."""
    # By default HTCondor keeps the slot of a job that the startd holds for twenty seconds, also where the pool is to stop.
    brief = "MachineMaxVacateTime = 1\nKILLING_TIMEOUT = 1\nGRACEFUL_SHUTDOWN_TIMEOUT = 2\n"
    with pool_of_its_own(installed_htcondor, brief, ["--enforce-memory"]) as folder:
        yield folder


def eating(runs: Path) -> Callable[[int], int]:
    """Return a function of which component :data:`EATER` needs much memory, and waits for what comes of it if it has less."""

    def function(component: int) -> int:
        import os

        with runs.open("a") as file:
            file.write(f"{component} ")
        if component == EATER:
            ad = Path(os.environ["_CONDOR_MACHINE_AD"]).read_text()
            has = int(ad.partition("\nMemory = ")[2].partition("\n")[0])
            needed = b"x" * (NEEDS << 20)
            time.sleep(0 if has > len(needed) >> 20 else 600)
        return component * 10

    return function


def submitted(runs: Path, **options: Any) -> htmap.Map:
    given = htmap.MapOptions(**options, keep_claim_idle=0)  # no map gets the larger slot of another
    return htmap.map(eating(runs), range(COMPONENTS), given, chunksize=COMPONENTS)


@pytest.mark.usefixtures("personal_pool")
def test_a_job_that_is_to_get_more_memory_loses_nothing_that_it_has_finished(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    mapped = submitted(runs, retry_request_memory="256MB")
    mapped.wait(timeout=TIMEOUT, holds_ok=True)
    assert {hold.code for hold in mapped.holds.values()} <= set(OUT_OF_MEMORY)
    statuses = mapped.component_statuses
    assert set(statuses[EATER:]) == {htmap.ComponentStatus.HELD}  # with 256 MB, it still had too little
    assert set(statuses[:EATER]) == {htmap.ComponentStatus.COMPLETED}  # the schedd's spool has them

    mapped.set_memory(NEEDS + 200)
    mapped.release()

    assert list(mapped) == [component * 10 for component in range(COMPONENTS)]
    ran = runs.read_text().split()
    assert sorted(map(int, set(ran))) == list(range(COMPONENTS))
    assert [component for component in set(ran) if ran.count(component) > 1] == [str(EATER)]


@pytest.mark.usefixtures("personal_pool")
def test_memory_grows_in_the_steps_of_the_request_where_a_component_has_some(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    options = htmap.MapOptions(request_memory=["128MB, 256MB, 700MB", "128MB"], keep_claim_idle=0)
    mapped = htmap.map(eating(runs), [EATER, EATER], options)
    assert list(mapped.results(errors="return", timeout=TIMEOUT)) == [EATER * 10, mapped.holds[1]]

    assert mapped.holds[1].code in OUT_OF_MEMORY
    assert runs.read_text().split() == [str(EATER)] * (3 + 2)  # HTCondor tries the second one again with what it had
    (memory,) = [each for each in mapped.advise().quantities if each.option == "request_memory"]
    assert (memory.asked, memory.largest >= NEEDS) == (None, True)  # the one that is held had asked for less


@pytest.mark.usefixtures("in_class_pool")
class TestAComponentThatNeedsMoreMemory:
    @pytest.fixture(scope="class")
    @classmethod
    def runs(cls, tmp_path_factory: pytest.TempPathFactory) -> Path:
        return tmp_path_factory.mktemp("runs") / "runs"

    @pytest.fixture(scope="class")
    @classmethod
    def mapped(cls, class_pool: Path, runs: Path) -> htmap.Map:
        with using_htmap_dir(class_pool):
            mapped = submitted(runs)
            mapped.wait(timeout=TIMEOUT, errors_ok=True)
        return mapped

    def test_has_an_error_that_tells_how_much_it_used(self, mapped: htmap.Map) -> None:
        error = mapped.get_err(EATER)

        assert "ComponentDied" in error.exception_msg
        assert " MB" in error.report()

    def test_is_the_only_one_that_fails(self, mapped: htmap.Map) -> None:
        statuses = [status is htmap.ComponentStatus.COMPLETED for status in mapped.component_statuses]
        assert statuses == [component != EATER for component in range(COMPONENTS)]
        assert all(mapped[component] == component * 10 for component in range(COMPONENTS) if component != EATER)

    def test_runs_once_as_do_the_others(self, mapped: htmap.Map, runs: Path) -> None:
        del mapped
        assert runs.read_text().split() == [str(component) for component in range(COMPONENTS)]

    def test_completes_when_it_is_run_again_and_requests_more(self, mapped: htmap.Map) -> None:
        mapped.rerun([EATER])
        mapped.hold()
        mapped.set_memory(NEEDS + 200)
        mapped.release()
        assert mapped.get(EATER, timeout=TIMEOUT) == EATER * 10


@pytest.mark.usefixtures("personal_pool")
def test_a_pool_says_whether_it_enforces_memory(running_pool: Path) -> None:
    told = htmap_pool(running_pool, "status", "--json")

    assert json.loads(told.stdout)["enforces_memory"] is True
    assert htmap_pool(running_pool, "start", "--enforce-memory").stderr == ""
