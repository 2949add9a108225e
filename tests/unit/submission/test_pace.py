"""How fast a map's jobs come into the queue, and how long it keeps slots."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest

import htmap
from htmap.exceptions import CondorRefused
from htmap_core import MapOptions, MapPlan
from htmap_core.contract.submit import SubmitDescription
from htmap_core.maps.drafts.options import merged_options
from htmap_core.submission.submit import set_pace
from htmap_core.testing.empty_pool import EmptyPool

UNLIMITED = {"MAX_JOBS_PER_OWNER": "100000", "MAX_JOBS_PER_SUBMISSION": "20000", "MAX_JOBS_RUNNING": "MIN({1, 2})"}
OWNER, SUBMISSION, RUNNING = UNLIMITED


@attrs.define
class Slots(EmptyPool):
    """A pool with slots of so many processors."""

    cpus: list[int]

    def slots(self, projection: Any = ()) -> list[Any]:
        return [{"TotalSlotCpus": cpus, "Cpus": 0} for cpus in self.cpus]


def pace(jobs: int, cpus: list[int], limits: dict[str, str], **commands: object) -> SubmitDescription:
    submit = SubmitDescription()
    for name, value in commands.items():
        submit.set(name, str(value))
    path = Path("/maps/1")
    set_pace(submit, MapPlan("tide", path, path, jobs, jobs, MapOptions(), htmap.settings, Slots(cpus)), limits.get)
    return submit


@pytest.mark.usefixtures("htmap_dir")
@pytest.mark.parametrize(
    ("jobs", "cpus", "limits", "expected"),
    [
        pytest.param(500, [], {}, None, id="all at once"),
        pytest.param(501, [], {}, "500", id="a few hundred"),
        pytest.param(100_000, [128] * 20, {}, "7680", id="three for each that can run"),
        pytest.param(100_000, [128] * 2000, {}, "10000", id="as many as the schedd can run"),
        pytest.param(100_000, [128] * 20, {RUNNING: "1000"}, "1000", id="as many as the schedd runs"),
        pytest.param(100_000, [128] * 20, {OWNER: "3000"}, "1500", id="half of what a user may have"),
        pytest.param(100_000, [128] * 20, {SUBMISSION: "2000"}, "2000", id="as many as a submission may have"),
        pytest.param(200, [], {OWNER: "300"}, "150", id="a small limit"),
    ],
)
def test_as_many_jobs_are_idle_as_keep_the_slots_busy_within_the_limits(
    jobs: int, cpus: list[int], limits: dict[str, str], expected: str | None
) -> None:
    assert pace(jobs, cpus, {**UNLIMITED, **limits}).get("max_idle") == expected


@pytest.mark.usefixtures("htmap_dir")
def test_jobs_of_several_processors_need_fewer_idle_ones() -> None:
    assert pace(100_000, [128] * 20, UNLIMITED, request_cpus=8).get("max_idle") == "960"


@pytest.mark.usefixtures("htmap_dir")
@pytest.mark.parametrize("name", ["max_idle", "max_materialize", "materialize_max_idle"])
def test_what_the_user_says_stands(name: str) -> None:
    submit = pace(100_000, [], UNLIMITED, **{name: 7})
    assert [submit.get(each) for each in ("max_idle", "max_materialize", "materialize_max_idle")].count("7") == 1
    assert submit.get(name) == "7"


@pytest.mark.usefixtures("htmap_dir")
@pytest.mark.parametrize(("hold", "expected"), [("True", None), ("$(htmap_hold)", None), ("false", "500")])
def test_jobs_that_are_submitted_on_hold_are_made_at_once_because_others_would_run(
    hold: str, expected: str | None
) -> None:
    assert pace(600, [], UNLIMITED, hold=hold).get("max_idle") == expected


@pytest.mark.usefixtures("htmap_dir")
def test_a_schedd_that_tells_no_limits_is_taken_for_one_with_the_usual_ones() -> None:
    def refuses(name: str) -> str:
        raise CondorRefused(f"{name} is nobody's business")

    submit, path = SubmitDescription(), Path("/maps/1")
    set_pace(submit, MapPlan("tide", path, path, 900, 900, MapOptions(), htmap.settings, EmptyPool()), refuses)
    assert submit.get("max_idle") == "500"


@pytest.mark.usefixtures("htmap_dir")
@pytest.mark.parametrize(("jobs", "expected"), [(500, None), (501, "30")])
def test_slots_are_kept_for_jobs_that_are_still_to_be_made(jobs: int, expected: str | None) -> None:
    assert pace(jobs, [], UNLIMITED).get("keep_claim_idle") == expected


@pytest.mark.usefixtures("htmap_dir")
def test_slots_are_not_kept_after_the_last_job_unless_somebody_says_so() -> None:
    assert "keep_claim_idle" not in merged_options(None)
    assert merged_options(MapOptions(keep_claim_idle=30))["keep_claim_idle"] == 30
    htmap.settings["MAP_OPTIONS.keep_claim_idle"] = 60
    assert merged_options(None)["keep_claim_idle"] == 60
