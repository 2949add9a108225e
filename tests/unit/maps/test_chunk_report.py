"""What a map tells of its chunks: their sizes, who has chosen them and why, and what they cost."""

from __future__ import annotations

import pickle
from pathlib import Path

import attrs
import pytest

import htmap
from htmap_core.components import ComponentStatus
from htmap_core.storage.jobs import Job
from htmap_core.submission.chunking.reason import Reason
from htmap_core.testing import run_htmap
from htmap_core.tracking import source
from htmap_run import frames
from tests.golden_files import Golden
from tests.returned import write_results
from tests.unit.conftest import MakeMap
from tests.unit.fixed_states import FixedStates
from tests.unit.maps.conftest import Load


class LongStates(FixedStates):
    def runtime(self, component: int) -> float:
        return 6.0 if component < 4 else 2.0


IDLE, COMPLETED = ComponentStatus.IDLE, ComponentStatus.COMPLETED


def test_the_report_on_a_chunksize_of_the_user(load: Load, golden: Golden) -> None:
    tide = load([COMPLETED, COMPLETED, IDLE])
    golden("reports/chunks-of-the-user", tide.chunk_report())
    assert run_htmap("components", "--chunks", "tide").stdout == tide.chunk_report() + "\n"


def test_the_report_on_a_chunksize_that_htmap_has_chosen(
    make_map: MakeMap, monkeypatch: pytest.MonkeyPatch, golden: Golden
) -> None:
    made = make_map("tide", 7)
    reason = {**attrs.asdict(Reason(2, 0.5, "earlier runs")), "function": "f" * 32, "colour": "blue"}
    made.write_record(attrs.evolve(made.record, sizes=[(1, 3), (2, 2)], chunksize=3, chunking=reason))
    write_results(made.path / "outputs/0/0/0.result", {0: 0, 1: 1, 2: 2})  # 1.5 s each, in a job that took 6 s
    monkeypatch.setattr(source, "of", lambda _: LongStates([[COMPLETED] * 3 + [IDLE] * 4]))
    golden("reports/chunks-of-htmap", htmap.load("tide").chunk_report())


def test_what_a_job_has_cost_is_not_known_before_its_end_nor_if_it_ran_several_times(
    make_map: MakeMap, monkeypatch: pytest.MonkeyPatch, golden: Golden
) -> None:
    made = make_map("tide", 6)
    made.write_record(attrs.evolve(made.record, chunksize=2))
    write_results(made.path / "outputs/0/0/0.result", {0: 0, 1: 1})
    write_results(Path(made.outputs.early(Job(0, 1))), {2: 2})  # it goes on
    with frames.Writer(made.path / "outputs/0/0/2.result") as writer:
        for component, start in ((4, 1.0), (5, 100.0)):  # it was evicted in between, and its last run took 2 s
            record = {"start": start, "end": start + 1.5, "memory_mb": 7, "by_value": False}
            writer.add(frames.RESULT, component, record, pickle.dumps(component))
    monkeypatch.setattr(source, "of", lambda _: LongStates([[COMPLETED] * 3 + [IDLE] + [COMPLETED] * 2]))
    golden("reports/chunks-that-end-and-go-on", htmap.load("tide").chunk_report())


@pytest.mark.parametrize(
    "reason",
    [Reason(8), Reason(0), Reason(8, 0.012, "expected_runtime", most=20), Reason(alone="request_memory")],
    ids=["unknown", "no-slots", "limit", "alone"],
)
def test_each_reason_has_words(reason: Reason, golden: Golden, request: pytest.FixtureRequest) -> None:
    golden(f"reports/chunksize-{request.node.callspec.id}", str(reason))
