"""What a map does to its jobs in the queue, in one process, in two, and in one that is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap.exceptions import NoJobsYet, OthersConcerned
from htmap_core.condor.connection import Connection
from htmap_core.plugins.pools import find_pool
from htmap_core.storage.jobs import Job
from htmap_core.testing import eventually, run_htmap, using_htmap_dir
from tests.returned import write_results

pytestmark = pytest.mark.pool

TIMEOUT = 180
SUSPENDED = 7  # the JobStatus of HTCondor
UNMATCHED = htmap.MapOptions(requirements="false")


@pytest.fixture(autouse=True)
def in_pool(request: pytest.FixtureRequest) -> None:
    is_shared = {"waiting", "pairs"}.intersection(request.fixturenames)
    request.getfixturevalue("in_class_pool" if is_shared else "personal_pool")


def wait_for(mapped: htmap.Map, *statuses: str) -> None:
    eventually(lambda: set(map(str, mapped.component_statuses)) == set(statuses), says=f"all are {statuses}")


def ads(mapped: htmap.Map, *attributes: str) -> list[tuple[Any, ...]]:
    found = find_pool()[1].query_jobs(mapped._map_dir.own_jobs, ["ClusterId", *attributes])
    return [tuple(ad.get(name) for name in attributes) for ad in found]


@pytest.mark.parametrize("size", [1, 2])
class TestARunningMap:
    @pytest.fixture
    def running(self, size: int) -> Iterator[htmap.Map]:
        mapped = htmap.map(time.sleep, [300, 300], chunksize=size)
        wait_for(mapped, "RUNNING")
        yield mapped
        mapped.remove(force=True)

    def test_it_obeys_all_acts_in_turn(self, running: htmap.Map) -> None:
        assert (running.is_active, running.is_done) == (True, False)
        running.pause()
        eventually(  # it learns that later than the log; before, it would not resume them
            lambda: {status for (status,) in ads(running, "JobStatus")} == {SUSPENDED}, says="the schedd knows it"
        )
        wait_for(running, "SUSPENDED")
        running.resume()
        wait_for(running, "RUNNING")
        before = ads(running, "NumShadowStarts")
        running.vacate()
        eventually(
            lambda: all(now > then for now, then in zip(ads(running, "NumShadowStarts"), before)),
            says="each job was started again",
        )
        wait_for(running, "RUNNING")
        running.hold()
        wait_for(running, "HELD")
        assert list(running.holds) == [0, 1]
        assert [line.split()[:2] for line in running.hold_report().splitlines()[1:3]] == [["0", "1"], ["1", "1"]]
        outcomes = list(running.outcomes(timeout=1))
        assert [(str(each.status), type(each.error)) for each in outcomes] == [("HELD", htmap.ComponentHold)] * 2
        for look in (running.wait, lambda: running.get(1), lambda: running[1], lambda: running.get_err(1)):
            with pytest.raises(htmap.exceptions.MapComponentHeld):
                look()
        assert running.errors == {}
        running.wait(0, holds_ok=True)
        running.release()
        assert running.holds == {}  # at once: whoever asks for a result now waits for it


@pytest.fixture(scope="class")
def waiting(class_pool: Path) -> htmap.Map:
    with using_htmap_dir(class_pool):
        return htmap.map(time.sleep, [300, 300], map_options=UNMATCHED)


class TestAWaitingMap:
    def test_edits_are_seen_in_the_queue(self, waiting: htmap.Map) -> None:
        waiting.set_memory(200)
        waiting.set_disk(5000)
        assert ads(waiting, "RequestMemory", "RequestDisk") == [(200, 5000)] * 2
        waiting.set_memory("0.5 gb")
        waiting.set_disk("10MB")
        assert ads(waiting, "RequestMemory", "RequestDisk") == [(512, 10240)] * 2

    def test_it_cannot_be_run_again(self, waiting: htmap.Map) -> None:
        with pytest.raises(htmap.exceptions.CannotRerunComponents) as caught:
            waiting.rerun([1])
        assert caught.value.components == (1,)

    def test_a_new_tag_reaches_its_jobs_and_makes_it_persistent(self, waiting: htmap.Map) -> None:
        old = waiting.tag
        assert waiting.is_transient
        waiting.retag("añew")
        assert ads(waiting, "JobBatchName") == [("añew",)] * 2
        assert (waiting.tag, waiting.is_transient) == ("añew", False)
        assert old not in htmap.get_tags()
        assert htmap.load("añew") is waiting

    def test_a_tag_in_use_changes_nothing(self, waiting: htmap.Map) -> None:
        before = waiting.tag, htmap.map(str, [1], tag="taken", map_options=UNMATCHED).tag
        with pytest.raises(htmap.exceptions.CannotRetagMap) as caught:
            waiting.retag("taken")
        assert isinstance(caught.value, htmap.exceptions.TagAlreadyExists)
        assert (caught.value.tag, caught.value.old) == ("taken", waiting.tag)
        assert (waiting.tag, htmap.load("taken").tag) == before
        assert ads(waiting, "JobBatchName") == [(waiting.tag,)] * 2


def of_jobs(mapped: htmap.Map, attribute: str) -> list[Any]:
    """Return an attribute of all jobs in their order, which that of the queue may not be."""
    return [value for _, value in sorted(ads(mapped, "ProcId", attribute))]


def spelt(mapped: htmap.Map) -> str:
    """Return the first letters of the statuses of all components."""
    return "".join(str(status)[0] for status in mapped.component_statuses)


@pytest.fixture(scope="class")
def pairs(class_pool: Path) -> htmap.Map:
    with using_htmap_dir(class_pool):
        return htmap.map(time.sleep, [300] * 4, chunksize=2, map_options=UNMATCHED)


class TestSomeComponents:
    """Acts on components 0 and 1 of a job, and 2 and 3 of another; the tests run in order."""

    def test_a_hold_is_of_the_jobs_of_these_alone(self, pairs: htmap.Map) -> None:
        with pytest.warns(OthersConcerned) as warned:
            pairs.hold([1])
        assert [each.message.others for each in warned if isinstance(each.message, OthersConcerned)] == [(0,)]
        assert spelt(pairs) == "HHII"

    def test_a_release_of_all_that_share_a_job_needs_no_warning(self, pairs: htmap.Map) -> None:
        pairs.hold([2, 3])
        pairs.release([0, 1])
        assert spelt(pairs) == "IIHH"
        pairs.release()

    def test_so_do_edits(self, pairs: htmap.Map) -> None:
        pairs.set_memory(200, [0, 1])
        pairs.set_disk("10MB", [-1, -2])
        assert [memory == 200 for memory in of_jobs(pairs, "RequestMemory")] == [True, False]
        assert [disk == 10240 for disk in of_jobs(pairs, "RequestDisk")] == [False, True]

    def test_a_time_limit_is_that_of_as_many_components_as_the_job_has(self, pairs: htmap.Map) -> None:
        pairs.set_walltime("1h", [2, 3])
        assert of_jobs(pairs, "AllowedExecuteDuration") == [None, 2 * 3600 + 300]

    def test_the_command_line_counts_those_that_are_concerned_too(self, pairs: htmap.Map) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("always", OthersConcerned)
            ran = run_htmap("hold", pairs.tag, "--components", "3")
        assert (ran.exit_code, ran.stdout.split()[:3]) == (0, ["held", "2", "components"])
        assert str(OthersConcerned(pairs.tag, "hold", (3,), (2,))) in ran.stderr
        assert spelt(pairs) == "IIHH"
        pairs.release()


def test_a_map_that_no_slot_fits_does_not_keep_others_from_running() -> None:
    never = htmap.map(str, range(30), map_options=UNMATCHED, chunksize=1)
    assert htmap.map(str, [1]).get(0, timeout=60) == "1"
    never.remove()


def test_running_components_are_vacated_paused_and_resumed_one_by_one() -> None:
    mapped = htmap.map(time.sleep, [300, 300])
    wait_for(mapped, "RUNNING")
    mapped.pause([1])
    assert spelt(mapped) == "RS"
    mapped.resume([1])
    assert spelt(mapped) == "RR"
    mapped.vacate([0])
    eventually(lambda: of_jobs(mapped, "NumShadowStarts") == [2, 1], says="one started again")
    mapped.remove(force=True)


def test_a_hold_of_one_component_does_not_keep_the_schedd_from_making_jobs_of_others() -> None:
    options = htmap.MapOptions.merge(htmap.MapOptions(max_idle=1), UNMATCHED)
    mapped = htmap.map(str, range(3), options)
    eventually(lambda: spelt(mapped) == "IUU", says="the first job is made")

    def are_paused() -> bool:
        of_all = find_pool()[1].query_jobs(mapped._map_dir.own_jobs, ["JobMaterializePaused"], clusters=True)
        return any("JobMaterializePaused" in ad for ad in of_all)

    with pytest.warns(NoJobsYet) as warned:
        mapped.hold([0, 2])
    assert [each.message.components for each in warned if isinstance(each.message, NoJobsYet)] == [(2,)]
    assert (spelt(mapped), are_paused()) == ("HUU", False)
    mapped.hold()
    assert are_paused()


def test_jobs_of_different_sizes_have_time_limits_of_their_own_also_after_an_edit() -> None:
    mapped = htmap.map(str, range(100), htmap.MapOptions(walltime="10 s", hold=True), chunksize="auto")
    sizes = [size for jobs, size in mapped._map_dir.record.sizes for _ in range(jobs)]
    assert len(set(sizes)) > 1
    assert of_jobs(mapped, "AllowedExecuteDuration") == [10 * size + 300 for size in sizes]
    mapped.set_walltime("20 s")
    assert of_jobs(mapped, "AllowedExecuteDuration") == [20 * size + 300 for size in sizes]


def test_a_job_of_which_all_components_run_again_is_removed() -> None:
    mapped = htmap.map(str, range(4), chunksize=2, map_options=UNMATCHED)
    for row in range(2):  # as if an eviction had brought all results but not the end of the jobs
        early = Path(mapped._map_dir.outputs.early(Job(0, row)))
        write_results(early, {component: str(component) for component in (2 * row, 2 * row + 1)})
    mapped = htmap.load(mapped.tag)
    eventually(lambda: spelt(mapped) == "CCCC", says="all results are seen")
    clusters = {cluster for (cluster,) in ads(mapped, "ClusterId")}
    mapped.rerun([0, 1, 2])
    assert spelt(mapped) == "IIIC"
    eventually(
        lambda: sorted(proc for cluster, proc in ads(mapped, "ClusterId", "ProcId") if cluster in clusters) == [1],
        says="the job of the first two has left the queue, and that of the fourth has not",
    )


@pytest.mark.parametrize("value", [True, 1])
def test_a_map_that_is_submitted_on_hold_is_held_until_it_is_released(value: Any) -> None:
    mapped = htmap.map(str, [1, 2], htmap.MapOptions(hold=value))
    with pytest.raises(htmap.exceptions.MapComponentHeld):
        mapped.wait(TIMEOUT)
    assert mapped.holds[1].code == 15
    assert mapped.holds[1].reason == ads(mapped, "HoldReason")[1][0]
    mapped.release()
    assert list(mapped.iter(TIMEOUT)) == ["1", "2"]
    mapped.rerun([0])
    eventually(lambda: mapped.component_statuses == ["HELD", "COMPLETED"], says="the job is held again")


def test_cleaning_removes_transient_maps_and_says_which() -> None:
    named = htmap.map(str, [1], tag="named", map_options=UNMATCHED)
    unnamed = htmap.map(str, [1], map_options=UNMATCHED)
    assert unnamed.tag in htmap.clean()
    assert (unnamed.exists, named.exists) == (False, True)
    assert "named" in htmap.clean(all=True)
    assert htmap.get_tags() == ()


class TestTwoProcesses:
    WATCH = """
import htmap, sys, time
mapped = htmap.load("watched")
print("watching", flush=True)
seen = set()
while not mapped.tag.startswith("over"):
    seen.update(str(status) for status in mapped.component_statuses)
    mapped.hold_report(), mapped.status(), mapped.runtime, mapped.is_done
mapped.wait(60)
print(sorted(seen), mapped.tag, list(mapped))
"""

    def test_one_watches_while_the_other_holds_releases_reruns_and_retags(self) -> None:
        mapped = htmap.map(str, range(6), tag="watched", chunksize=2)
        watcher = subprocess.Popen([sys.executable, "-c", self.WATCH], stdout=subprocess.PIPE, text=True)
        assert watcher.stdout is not None
        assert watcher.stdout.readline() == "watching\n"
        for again in ([0, 5], [1, 2]):
            mapped.hold()
            mapped.release()
            mapped.wait(TIMEOUT)
            mapped.rerun(again)
        mapped.hold()
        eventually(lambda: mapped.holds or mapped.is_done, says="what had not ended is held")
        mapped.release()
        mapped.retag("over")
        out, _ = watcher.communicate(timeout=TIMEOUT)
        assert (watcher.returncode, out.splitlines()[-1].partition("] ")[2]) == (
            0,
            "over ['0', '1', '2', '3', '4', '5']",
        )
        assert list(mapped) == list("012345")


class TestCtrlC:
    @pytest.fixture
    def as_the_schedd_answers(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """Let Ctrl-C come when the schedd has just taken the jobs."""
        submit = Connection.submit

        def interrupted(*arguments: Any) -> Any:
            answer = submit(*arguments)
            os.kill(os.getpid(), signal.SIGINT)
            return answer

        before = signal.signal(
            signal.SIGINT, signal.default_int_handler
        )  # a shell may have started the tests deaf to it
        monkeypatch.setattr(Connection, "submit", interrupted)
        yield
        signal.signal(signal.SIGINT, before)

    @pytest.mark.usefixtures("as_the_schedd_answers")
    def test_a_map_whose_jobs_the_schedd_has_is_there(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(KeyboardInterrupt):
            htmap.map(str, [1, 2], tag="interrupted")
        assert "`htmap wait interrupted`" in capsys.readouterr().err
        mapped = htmap.load("interrupted")
        assert list(mapped.iter(TIMEOUT)) == ["1", "2"]
        mapped.remove()

    def test_before_that_there_is_no_map_and_nothing_is_left(self, capsys: pytest.CaptureFixture[str]) -> None:
        def inputs() -> Iterator[int]:
            yield 1
            os.kill(os.getpid(), signal.SIGINT)
            yield 2

        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        with pytest.raises(KeyboardInterrupt):
            htmap.map(str, inputs(), tag="interrupted-early")
        signal.signal(signal.SIGINT, before)
        assert "interrupted-early" not in htmap.get_tags()
        assert len(capsys.readouterr().err.splitlines()) == 1
        htmap.map(str, [1], tag="interrupted-early").remove()

    def test_components_that_the_schedd_has_again_have_results_again(self, request: pytest.FixtureRequest) -> None:
        mapped = htmap.map(str, [1, 2])
        mapped.wait(TIMEOUT)
        request.getfixturevalue("as_the_schedd_answers")
        with pytest.raises(KeyboardInterrupt):
            mapped.rerun([1])
        assert mapped.component_statuses[0] == "COMPLETED"
        assert list(mapped.iter(TIMEOUT)) == ["1", "2"]


class TestAClientThatIsKilled:
    PROGRAM = """
import os, htmap
from htmap_core.condor.connection import Connection
from htmap_core.maps import retagging
from htmap_core.storage.submissions import Submissions
mapped = htmap.load("crash")
{sabotage}
{command}
"""
    BEFORE_SUBMISSION = "Connection.submit = lambda *_: os._exit(9)"
    AFTER_SUBMISSION = "Submissions.taken = lambda *_: os._exit(9)"
    BEFORE_CLAIM = "retagging.claim_tag = lambda *_: os._exit(9)"
    BEFORE_EDIT = "Connection.edit = lambda *_: os._exit(9)"
    AFTER_EDIT = "retagging.move_tag = lambda *_: os._exit(9)"

    def crash(self, sabotage: str, command: str) -> None:
        program = self.PROGRAM.format(sabotage=sabotage, command=command)
        died = subprocess.run([sys.executable, "-c", program], timeout=TIMEOUT, check=False, env=os.environ.copy())
        assert died.returncode == 9

    @pytest.mark.parametrize("sabotage", [BEFORE_SUBMISSION, AFTER_SUBMISSION])
    def test_running_again_is_undone_or_finished_by_the_next_command(self, sabotage: str) -> None:
        mapped = htmap.map(lambda x: 2 * x, range(3), tag="crash")
        mapped.wait(TIMEOUT)
        self.crash(sabotage, "mapped.rerun([0, 2])")
        assert htmap.get_tags() == ("crash",)
        mapped.wait(TIMEOUT)
        assert list(mapped) == [0, 2, 4]
        mapped.rerun([1])
        mapped.wait(TIMEOUT)
        assert list(mapped) == [0, 2, 4]
        mapped.remove()
        assert not list(mapped._map_dir.path.parents[1].glob(f"*/{mapped._map_dir.id}*"))

    def test_a_rerun_that_the_schedd_never_got_does_not_count(self) -> None:
        mapped = htmap.map(lambda x: 2 * x, range(3), tag="crash")
        mapped.wait(TIMEOUT)
        self.crash(self.BEFORE_SUBMISSION, "mapped.rerun([0, 2])")
        assert mapped.is_done
        assert list(mapped) == [0, 2, 4]

    @pytest.mark.parametrize(("sabotage", "tag"), [(BEFORE_CLAIM, "crash"), (BEFORE_EDIT, "new"), (AFTER_EDIT, "new")])
    def test_retagging_is_undone_or_finished_by_the_next_command(self, sabotage: str, tag: str) -> None:
        mapped = htmap.map(str, range(2), tag="crash", map_options=UNMATCHED)
        self.crash(sabotage, "mapped.retag('new')")
        assert htmap.get_tags() == (tag,)
        assert mapped.tag == tag
        assert run_htmap("settle").exit_code == 0
        assert ads(mapped, "JobBatchName") == [(tag,)] * 2
        mapped.remove()
