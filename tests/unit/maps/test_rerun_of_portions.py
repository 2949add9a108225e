"""Components that came into a map at different times run again together, or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from htmap_core import names
from htmap_core.components import ComponentStatus
from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import CondorError, CondorRefused
from htmap_core.maps import recovery
from htmap_core.storage import operations
from htmap_core.storage.creation import Creation
from htmap_core.storage.jobs import Job
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.portions.growth import Growth
from htmap_core.storage.portions.growth_record import Added
from htmap_core.storage.record import MapRecord
from htmap_core.submission.rerun import rerun
from htmap_core.submission.submit import submit_growth, submit_map


class Queue:
    """Takes submissions up to a number, and gives them back if it answers."""

    def __init__(self, most: int = 2, *, answers: bool = True) -> None:
        self.clusters = iter(range(21, 21 + most))
        self.answers = answers
        self.removed: list[str] = []

    def submit(self, _: str) -> SimpleNamespace:
        for cluster in self.clusters:
            return SimpleNamespace(cluster=cluster)
        raise CondorRefused("no more jobs")

    def remove(self, constraint: str, _: str) -> None:
        if not self.answers:
            raise CondorError
        self.removed.append(constraint)


class Ended:
    """The states of a map of which all has ended."""

    def statuses(self) -> Sequence[ComponentStatus]:
        return [ComponentStatus.COMPLETED] * 3

    def open_jobs(self, _: Iterable[Job]) -> Sequence[Job]:
        return []


@pytest.fixture
def grown(htmap_dir: Path) -> MapDir:
    """Have a map of two components, to which one was added."""
    with Creation("tide") as creation:
        fill(creation, [b"a", b"b"])
        record = MapRecord(2, 1, "assume", PoolAddress("personal"), {}, {}, created=1.5)
        submit_map(creation, record, {"universe": "vanilla"}, Queue())
    with Growth(MapDir(creation.map_dir.path), "tide", 2) as growth:
        fill(growth, [b"c"])
        submit_growth(growth, Added(2, growth.runs, {}), {"universe": "vanilla"}, Queue())
    return MapDir(creation.map_dir.path)


def fill(writing: Any, payloads: list[bytes]) -> None:
    writing.add_runtime(b"archive")
    writing.add_function(b"function", {})
    for payload in payloads:
        writing.add_input(payload)
    writing.finish()


def state(map_dir: MapDir) -> tuple[list[int | None], list[int], list[str]]:
    """Return the clusters of a map, the submissions of its components, and the names of its item files."""
    map_dir.refresh()
    jobs = [map_dir.placement.job_of(component).submission for component in range(3)]
    items = sorted(path.name for path in map_dir.path.glob(names.ITEMS.format(submission="*")))
    return [each.cluster for each in map_dir.submissions.all()], jobs, items


BEFORE = ([21, 21], [0, 0, 1], ["items-0", "items-1"])


def test_components_of_several_portions_run_again(grown: MapDir) -> None:
    grown.refresh()
    rerun(grown, "tide", [1, 2], Ended(), Queue())
    assert state(grown) == ([21, 21, 21, 22], [0, 2, 3], ["items-0", "items-1", "items-2", "items-3"])


def test_where_one_is_refused_none_runs(grown: MapDir, htmap_dir: Path) -> None:
    grown.refresh()
    queue = Queue(most=1)
    with pytest.raises(CondorRefused):
        rerun(grown, "tide", [1, 2], Ended(), queue)
    assert (len(queue.removed), list((htmap_dir / names.RERUNNING).iterdir())) == (2, [])
    assert state(grown) == BEFORE


def test_where_the_queue_does_not_answer_then_the_next_command_undoes_it(grown: MapDir, htmap_dir: Path) -> None:
    grown.refresh()
    with pytest.raises(CondorRefused):
        rerun(grown, "tide", [1, 2], Ended(), Queue(most=1, answers=False))
    assert state(grown)[1] == [0, 2, 1]
    (left,) = operations.unfinished(htmap_dir, names.RERUNNING)
    assert left.together == (2, 3)
    assert not recovery._finish_rerun(left, lambda _: None)  # no pool is to be asked now
    queue: Any = Queue()
    assert recovery._finish_rerun(left, lambda _: queue)
    assert (len(queue.removed), list((htmap_dir / names.RERUNNING).iterdir())) == (1, [])
    assert state(grown) == BEFORE
