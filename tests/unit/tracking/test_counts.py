"""How many components have each status, which is told without looking at each."""

from __future__ import annotations

from collections import Counter

import attrs
import pytest

from htmap_core import names
from htmap_core.components import ComponentStatus
from htmap_core.storage.jobs import Job
from htmap_core.storage.mapdir import MapDir
from htmap_core.tracking.states import LoggedStates
from htmap_core.tracking.transitions import NUMBERS, JobStates
from tests.returned import Error, write_results
from tests.unit.conftest import MakeMap


def states_of(map_dir: MapDir, jobs: list[str]) -> LoggedStates:
    """Return the states of a map whose jobs have these statuses."""
    states = LoggedStates(map_dir)
    known = JobStates.fresh(len(jobs), 0)
    known.status[:] = bytes(NUMBERS[ComponentStatus(status)] for status in jobs)
    states._tracker._jobs[0] = known
    return states


@pytest.mark.parametrize(
    ("chunksize", "jobs"),
    [
        (1, ["COMPLETED", "ERRORED", "HELD", "RUNNING", "IDLE", "IDLE", "REMOVED"]),
        (3, ["COMPLETED", "RUNNING", "IDLE"]),
        (3, ["COMPLETED", "ERRORED", "ERRORED"]),
        (7, ["HELD"]),
    ],
)
def test_the_numbers_are_those_of_the_statuses(make_map: MakeMap, chunksize: int, jobs: list[str]) -> None:
    map_dir = make_map("tide", 7)
    map_dir.write_record(attrs.evolve(map_dir.record, chunksize=chunksize))
    path = map_dir.path / names.OUTPUTS / f"{Job(0, 1).output}.result"
    write_results(path, {3: 1, 4: Error("ValueError"), 5: 2})

    states = states_of(MapDir(map_dir.path), jobs)

    assert states.counts() == Counter(states.statuses())


def test_before_anything_is_known_all_are_unknown(make_map: MakeMap) -> None:
    states = LoggedStates(make_map("tide", 7))
    assert states.counts() == {ComponentStatus.UNKNOWN: 7}


def test_components_that_ended_before_their_job_count(make_map: MakeMap) -> None:
    map_dir = make_map("tide", 7)
    map_dir.write_record(attrs.evolve(map_dir.record, chunksize=3))
    states = states_of(MapDir(map_dir.path), ["COMPLETED", "RUNNING", "IDLE"])

    states._early.ends = {Job(0, 1): {3: ComponentStatus.COMPLETED, 4: ComponentStatus.ERRORED}}

    assert states.counts() == Counter(states.statuses())
    assert states.counts()[ComponentStatus.ERRORED] == 1
