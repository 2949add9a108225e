"""Components that share a job: one that hangs keeps others from running, and a runner that cannot finish has all held."""

from __future__ import annotations

import pickle
import time
from pathlib import Path

import attrs
import pytest

import htmap
from htmap_core.components import ComponentHold, ComponentStatus
from htmap_core.diagnosis.sharing import Quiet, on_hold_of_all, quiet
from htmap_core.maps.map import engine_of
from htmap_core.results.engine import Engine
from htmap_core.storage.jobs import Job
from htmap_core.storage.mapdir import MapDir
from htmap_core.tracking import hold_codes, source
from htmap_run import frames
from tests.unit.conftest import MakeMap
from tests.unit.fixed_states import FixedStates

RUNNING, COMPLETED = ComponentStatus.RUNNING, ComponentStatus.COMPLETED


@attrs.define
class LongStates(FixedStates):
    """Jobs that have run for some seconds."""

    seconds: float = 0.0

    def runtime(self, component: int) -> float:
        return self.seconds


def engine(made: MapDir, monkeypatch: pytest.MonkeyPatch, seconds: float, size: int = 3) -> Engine:
    made.write_record(attrs.evolve(made.record, chunksize=size))
    statuses = [COMPLETED, *[RUNNING] * (made.record.components - 1)]
    monkeypatch.setattr(source, "of", lambda _: LongStates([statuses], seconds=seconds))
    return engine_of(htmap.load("tide"))


def save(made: MapDir, component: int, ago: float) -> None:
    path = Path(made.outputs.early(Job(0, 0)))
    path.parent.mkdir(parents=True, exist_ok=True)
    with frames.Writer(path) as writer:
        record = {"start": 1.0, "end": time.time() - ago, "memory_mb": 7, "by_value": False}
        writer.add(frames.RESULT, component, record, pickle.dumps(1))


def test_of_a_job_that_is_quiet_for_long_it_is_said_who_may_keep_others_from_running(
    make_map: MakeMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_map = engine(make_map("tide", 7), monkeypatch, 7200.0)
    assert quiet(of_map, range(1, 7)) == Quiet((1, 2, 3, 4, 5), (1, 3), 7200.0)  # 6 has a job of its own


def test_a_job_that_has_given_a_result_lately_is_not_quiet(make_map: MakeMap, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_map("tide", 3)
    save(made, 0, ago=60)
    assert quiet(engine(made, monkeypatch, 7200.0), [1, 2]) is None
    save(made, 0, ago=3000)
    found = quiet(engine_of(htmap.load("tide")), [1, 2])
    assert found is not None
    assert found.seconds == pytest.approx(3000, abs=100)


@pytest.mark.parametrize(("seconds", "size"), [(500.0, 3), (7200.0, 1)])
def test_nothing_is_said_of_young_jobs_and_of_those_with_one_component(
    make_map: MakeMap, monkeypatch: pytest.MonkeyPatch, seconds: float, size: int
) -> None:
    assert quiet(engine(make_map("tide", 3), monkeypatch, seconds, size), [1, 2]) is None


@pytest.mark.parametrize(
    ("code", "subcode", "size", "is_said"),
    [
        (hold_codes.JOB_POLICY, hold_codes.COULD_NOT_FINISH, 3, True),
        (hold_codes.JOB_POLICY, hold_codes.COULD_NOT_FINISH, 1, False),
        (hold_codes.JOB_POLICY, hold_codes.TAKEN_AWAY, 3, False),
        (1, 0, 3, False),
    ],
)
def test_where_the_runner_could_not_finish_it_is_said_that_all_of_a_job_are_held(
    make_map: MakeMap, monkeypatch: pytest.MonkeyPatch, code: int, subcode: int, size: int, is_said: bool
) -> None:
    of_map = engine(make_map("tide", 3), monkeypatch, 1.0, size)
    assert bool(on_hold_of_all(of_map, ComponentHold(code, "exit code 70", subcode), [1, 2])) == is_said
