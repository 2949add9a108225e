"""A schedd that takes only so many jobs: maps whose jobs it makes later, and what is said where it refuses some."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap.exceptions import LaterJobsUnchanged, MapComponentRemoved, RefusedByRule, SilentPool, TooManyJobs
from htmap_core.condor.connection import Connection
from htmap_core.maps import recovery
from htmap_core.results import news
from htmap_core.testing import eventually, pool_of_its_own, using_htmap_dir
from tests.golden_files import Golden

pytestmark = pytest.mark.pool

TIMEOUT = 120
LIMITS = """
MAX_JOBS_PER_OWNER = 6
MAX_JOBS_PER_SUBMISSION = 3
SUBMIT_REQUIREMENT_NAMES = Quota Small
SUBMIT_REQUIREMENT_Quota = JobPrio < 5
SUBMIT_REQUIREMENT_Quota_REASON = "You have used up your quota on what is located here"
SUBMIT_REQUIREMENT_Small = RequestMemory <= 1000
"""
NEVER = htmap.MapOptions(requirements="false")


@pytest.fixture(scope="module")
def running_pool(installed_htcondor: Path) -> Iterator[Path]:
    """Run a pool whose schedd takes few jobs."""
    with pool_of_its_own(installed_htcondor, LIMITS) as folder:
        yield folder


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the schedd asked after half a second of silence; a minute would be long for a test."""
    monkeypatch.setattr(news, "QUIET", 0.5)


def jobs(count: int) -> htmap.Map:
    """Submit a map of jobs that never run; the schedd counts those of the test before for a moment."""
    return eventually(lambda: htmap.map(str, range(count), map_options=NEVER), says="there is room")


def fill_the_queue() -> list[htmap.Map]:
    """Have as many jobs in the queue as the schedd allows one user."""
    return [jobs(3), jobs(3)]


def unmade_map() -> htmap.Map:
    """Submit a map whose jobs the schedd makes later, and for which it has no room now."""
    return htmap.map(lambda x: 2 * x, range(3), tag="unmade", map_options=htmap.MapOptions(max_idle=2))


@pytest.fixture(scope="class")
def full(class_pool: Path) -> list[htmap.Map]:
    with using_htmap_dir(class_pool):
        return fill_the_queue()


@pytest.fixture(scope="class")
def made(class_pool: Path, full: list[htmap.Map]) -> None:
    with using_htmap_dir(class_pool):
        unmade_map()


@pytest.fixture
def unmade(in_class_pool: Path, made: None) -> htmap.Map:
    return htmap.load("unmade")


class TestNoRoom:
    def test_components_for_whose_jobs_there_is_no_room_wait(self, unmade: htmap.Map) -> None:
        with pytest.raises(htmap.exceptions.TimeoutError):
            unmade.wait(timeout=2)
        assert set(map(str, unmade.component_statuses)) == {"UNMATERIALIZED"}

    def test_why_tells_the_limit(self, unmade: htmap.Map, golden: Golden) -> None:
        (explained,) = unmade.why()
        assert explained.components == (0, 1, 2)
        golden("on-pool/why-no-room", f"{explained.text}\n{explained.advice}")

    def test_on_hold_without_a_job_they_wait_for_the_release(self, unmade: htmap.Map, golden: Golden) -> None:
        unmade.hold()
        unmade.wait(timeout=TIMEOUT, holds_ok=True)
        with pytest.warns(SilentPool), pytest.raises(htmap.exceptions.TimeoutError):
            unmade.wait(timeout=2)
        (explained,) = unmade.why()
        golden("on-pool/why-unmade-on-hold", explained.text, hide={getpass.getuser(): "USER", "daemon": "USER"})
        unmade.release()
        assert explained.text not in {each.text for each in unmade.why()}

    def test_their_submission_is_found_after_a_crash_before_the_schedd_answered(self, unmade: htmap.Map) -> None:
        cluster = cluster_of(unmade)
        ledger, events = unmade._map_dir.path / "submissions.jsonl", unmade._map_dir.events
        written, logged = ledger.read_bytes(), events.read_bytes()
        ledger.write_bytes(written.splitlines(keepends=True)[0])
        events.unlink()
        recovery._settle_submissions(unmade._map_dir, Connection)
        assert [each.cluster for each in unmade._map_dir.submissions.all()] == [cluster]
        ledger.write_bytes(written)
        events.write_bytes(logged)

    def test_they_run_when_there_is_room(self, unmade: htmap.Map, full: list[htmap.Map]) -> None:
        for other in full:
            other.remove()
        assert list(unmade.iter(timeout=TIMEOUT)) == [0, 2, 4]


def cluster_of(mapped: htmap.Map) -> int:
    (submission,) = mapped._map_dir.submissions.all()
    assert submission.cluster is not None
    return submission.cluster


@pytest.mark.usefixtures("personal_pool")
def test_components_without_jobs_are_removed_with_their_cluster_whatever_the_log_says() -> None:
    fill_the_queue()
    unmade = unmade_map()
    events = unmade._map_dir.events
    logged = eventually(events.read_bytes, says="the cluster is logged")
    Connection(unmade._map_dir.record.pool).remove(f"ClusterId == {cluster_of(unmade)}", "a test")
    eventually(lambda: b"\n036 " in events.read_bytes(), says="the cluster is removed")
    events.write_bytes(logged)
    with pytest.raises(MapComponentRemoved):
        unmade.wait(timeout=TIMEOUT)
    assert set(map(str, unmade.component_statuses)) == {"REMOVED"}


@pytest.mark.usefixtures("personal_pool")
def test_why_tells_that_all_places_of_a_map_are_taken(golden: Golden) -> None:
    options = htmap.MapOptions.merge(htmap.MapOptions(max_materialize=1), NEVER)
    mapped = htmap.map(str, range(3), map_options=options)
    eventually(lambda: mapped.component_statuses[0] == "IDLE", says="the first job is made")
    (unmade,) = (each for each in mapped.why() if str(each.status) == "UNMATERIALIZED")
    golden("on-pool/why-all-places-taken", unmade.text)


@pytest.mark.usefixtures("personal_pool")
def test_a_request_that_was_not_changed_for_jobs_to_come_is_told_with_what_changes_it() -> None:
    options = htmap.MapOptions.merge(htmap.MapOptions(max_materialize=1), NEVER)
    mapped = htmap.map(str, range(3), map_options=options)
    eventually(lambda: mapped.component_statuses[0] == "IDLE", says="the first job is made")
    with pytest.warns(LaterJobsUnchanged) as warned:
        mapped.set_memory(7)
    (message,) = (each.message for each in warned if isinstance(each.message, LaterJobsUnchanged))
    assert (message.cluster, message.attribute, message.value) == (cluster_of(mapped), "RequestMemory", 7)


@pytest.mark.parametrize(
    ("queued", "count", "parameter", "limit", "room"),
    [(0, 4, "MAX_JOBS_PER_SUBMISSION", 3, 3), (4, 3, "MAX_JOBS_PER_OWNER", 6, 2)],
)
def test_a_refusal_names_the_limit_and_leaves_nothing(
    queued: int, count: int, parameter: str, limit: int, room: int, personal_pool: Path
) -> None:
    there = [jobs(2) for _ in range(queued // 2)]

    def refused() -> bool:
        with pytest.raises(TooManyJobs) as caught:
            htmap.map(str, range(count), tag="refused", map_options=NEVER)
        assert (caught.value.parameter, caught.value.limit, caught.value.room) == (parameter, limit, room)
        return True

    eventually(refused, says="the schedd does not count the jobs of the test before any more")
    assert {*htmap.get_tags()} == {each.tag for each in there}
    assert {*os.listdir(personal_pool / "maps")} == {each._map_dir.id for each in there}


@pytest.mark.usefixtures("personal_pool")
@pytest.mark.parametrize(
    ("options", "rule"), [({"priority": 7}, ""), ({"request_memory": "2GB"}, "SUBMIT_REQUIREMENT_Small")]
)
def test_a_rule_of_the_administrator_is_told(options: dict[str, Any], rule: str) -> None:
    with pytest.raises(RefusedByRule) as caught:
        htmap.map(str, [1], map_options=htmap.MapOptions.merge(htmap.MapOptions(**options), NEVER))
    assert caught.value.rule.partition(" ")[0] == rule
    assert not htmap.get_tags()


@pytest.mark.usefixtures("personal_pool")
@pytest.mark.filterwarnings("ignore::htmap.exceptions.ManyJobs")
def test_a_map_of_more_jobs_than_the_schedd_takes_has_them_made_later() -> None:
    mapped = htmap.map(str, range(200), map_options=NEVER, chunksize=1)
    assert mapped._map_dir.read_submit()[0]["max_idle"] == "3"
