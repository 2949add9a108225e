"""The statuses of components that have ended in a job that has not."""

from __future__ import annotations

from pathlib import Path

import pytest

from htmap_core import names
from htmap_core.components import ComponentStatus
from htmap_core.contract.pools import PoolAddress
from htmap_core.storage.content.early import Saved
from htmap_core.storage.jobs import Job
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.record import MapRecord
from htmap_core.testing import eventually
from htmap_core.tracking.early_results import EarlyResults
from htmap_core.tracking.jobs import Tracker
from htmap_core.tracking.states import LoggedStates
from tests.returned import Error, write_results
from tests.unit.storage.test_early import save
from tests.unit.tracking.test_jobs import END, Log

SUBMITTED, RUNS, ENDS, FAILS, IS_EVICTED, IS_HELD, IS_HELD_FOR_FAILING, IS_REMOVED = (
    f"{kind} (017.000.000) 2026-11-21 09:00:00 {text}".encode() + END
    for kind, text in [
        ("000", "Job submitted from host: <127.0.0.1:9618>"),
        ("001", "Job executing on host: <127.0.0.1:9618>"),
        ("005", "Job terminated.\n\t(1) Normal termination (return value 90)"),
        ("004", "Job was evicted.\n\t(0) Job terminated and was requeued\n\t\tUsr 0 00:00:00, Sys 0 00:00:00"),
        ("004", "Job was evicted. Code 1022 Subcode 0\n\t(0) CPU times\n\t\tUsr 0 00:00:00, Sys 0 00:00:00"),
        ("012", "Job was held.\n\tby the user\n\tCode 1 Subcode 0"),
        ("012", "Job was held.\n\tit could not finish\n\tCode 3 Subcode 7101"),
        ("009", "Job was aborted.\n\tby the user"),
    ]
)
JOB = Job(0, 0)
COMPLETED, ERRORED, RUNNING, HELD, REMOVED, IDLE = (
    ComponentStatus(name) for name in ("COMPLETED", "ERRORED", "RUNNING", "HELD", "REMOVED", "IDLE")
)


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """The log of a map of three components that share a job, which runs; the first has succeeded, the second failed."""
    return made(tmp_path)


def made(folder: Path, **options: str) -> Log:
    log = Log.recorded("shared", folder, SUBMITTED + RUNS)
    log.map_dir.write_record(MapRecord(3, 3, "assume", PoolAddress("personal"), {}, options, created=1.5))
    log.append(log.text)
    saved(log.map_dir, 0, 1)
    return log


def saved(map_dir: MapDir, *components: int) -> None:
    """Write what was copied of the job; the second component has failed."""
    path = Path(map_dir.outputs.early(JOB))
    write_results(path, {number: Error(ValueError()) if number == 1 else number for number in components})


def polled(map_dir: MapDir) -> LoggedStates:
    states = LoggedStates(map_dir)
    states.poll()
    return states


def test_components_that_have_ended_have_statuses_of_their_own(log: Log) -> None:
    states = polled(log.map_dir)
    assert states.statuses() == [COMPLETED, ERRORED, RUNNING]
    assert [states.status(component) for component in range(3)] == [COMPLETED, ERRORED, RUNNING]
    assert not states.has_ended


@pytest.mark.parametrize(("event", "status"), [(IS_HELD, HELD), (IS_REMOVED, REMOVED)])
def test_they_keep_it_when_the_job_is_held_or_removed(log: Log, event: bytes, status: ComponentStatus) -> None:
    log.append(event)
    states = polled(log.map_dir)
    assert states.statuses() == [COMPLETED, ERRORED, status]
    assert [states.hold(component) is not None for component in range(3)] == [False, False, status is HELD]


def test_what_comes_later_is_news_although_the_log_tells_nothing(log: Log) -> None:
    states = polled(log.map_dir)
    assert not states.poll()
    saved(log.map_dir, 0, 1, 2)
    eventually(states.poll, says="it looks again")
    assert states.statuses() == [COMPLETED, ERRORED, COMPLETED]


def test_what_the_job_returns_in_the_end_counts_and_the_copy_goes(log: Log) -> None:
    results = log.map_dir.path / names.OUTPUTS / f"{JOB.output}.result"
    write_results(results, {0: Error(ValueError()), 1: 1, 2: 2})  # it was run again, from the beginning
    log.append(ENDS)
    assert polled(log.map_dir).statuses() == [ERRORED, COMPLETED, COMPLETED]
    assert log.map_dir.outputs.jobs_with_early() == []


@pytest.mark.parametrize("retried", ["true", "OSError, study.TooBusy"])
def test_an_error_that_may_be_tried_again_is_none_yet(tmp_path: Path, retried: str) -> None:
    log = made(tmp_path, retry_exceptions=retried)
    assert polled(log.map_dir).statuses() == [COMPLETED, RUNNING, RUNNING]


@pytest.mark.parametrize(
    ("events", "status"), [([FAILS], IDLE), ([FAILS, RUNS], RUNNING), ([IS_HELD_FOR_FAILING], HELD)]
)
def test_an_error_is_none_yet_in_a_job_that_has_failed_and_runs_again(
    log: Log, events: list[bytes], status: ComponentStatus
) -> None:
    states = polled(log.map_dir)
    assert states.statuses() == [COMPLETED, ERRORED, RUNNING]
    log.append(b"".join(events))
    assert states.poll()
    assert states.statuses() == [COMPLETED, status, status]
    states.save()
    assert polled(log.map_dir).statuses() == [COMPLETED, status, status]


def test_an_error_counts_in_a_job_that_was_evicted(log: Log) -> None:
    log.append(IS_EVICTED + RUNS)
    assert polled(log.map_dir).statuses() == [COMPLETED, ERRORED, RUNNING]


def test_a_job_tells_nothing_of_the_components_of_others(tmp_path: Path) -> None:
    log = Log.recorded("shared", tmp_path, SUBMITTED + SUBMITTED.replace(b"017.000", b"017.001") + RUNS)
    log.append(log.text)
    log.map_dir.write_record(MapRecord(3, 2, "assume", PoolAddress("personal"), {}, {}, created=1.5))
    write_results(Path(log.map_dir.outputs.early(JOB)), {0: 0, 2: 2, 99: 99})
    states = polled(log.map_dir)
    assert states.statuses() == [COMPLETED, RUNNING, IDLE]
    assert [states.status(component) for component in range(3)] == [COMPLETED, RUNNING, IDLE]


def test_a_damaged_copy_is_as_good_as_none(log: Log) -> None:
    Path(log.map_dir.outputs.early(JOB)).write_bytes(b"no frame at all" * 100)
    assert polled(log.map_dir).statuses() == [RUNNING] * 3


def test_a_copy_that_is_gone_takes_its_statuses_along(log: Log) -> None:
    states = polled(log.map_dir)
    log.map_dir.outputs.delete_early(JOB)
    eventually(states.poll, says="it looks again")
    assert states.statuses() == [RUNNING] * 3


def test_what_could_not_be_copied_is_copied_when_it_can(log: Log, tmp_path: Path) -> None:
    folder, early = tmp_path / "spool" / "job" / names.RETURN, Path(log.map_dir.outputs.early(JOB))
    save(folder, 2, token="token", row="0")
    whole, found = (folder / "result").read_bytes(), EarlyResults(log.map_dir, Tracker(log.map_dir))
    early.unlink()

    (folder / "result").write_bytes(b"damaged" * 10)
    found._copy(JOB, Saved(str(folder), "token", 0))
    assert not early.exists()
    (folder / "result").write_bytes(whole)
    found._copy(JOB, Saved(str(folder), "token", 0))
    assert early.exists()
