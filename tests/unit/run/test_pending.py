"""What quick components leave: it is written together, and nothing that has ended is lost."""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from htmap_run import frames
from htmap_run.files.inputs import Inputs
from htmap_run.journal import pending, trouble
from htmap_run.journal.results import Ended, Results
from htmap_run.reports.capture import Capture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.unit.run.conftest import Jobs


class Job:
    """The results of a job of ten components, whose output nobody captures."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "result"
        self.results = Results(str(self.path), range(10))
        self.results.run({})
        self._capture = Capture(str(folder / "stdout"), str(folder / "stderr"))

    def end(self, component: int, at: float, payload: bytes = b"payload", kind: bytes = frames.RESULT) -> None:
        more: dict[str, Any] = {"by_value": False} if kind == frames.RESULT else {"error": {}}
        self.results.end(component, kind, {"start": at, "end": at, "memory_mb": 7, **more}, payload, self._capture)

    @property
    def written(self) -> list[int]:
        """The components whose ends are in the file."""
        return [frame.component for frame in frames.Reader(self.path).frames if frame.kind in frames.ENDS]

    def close(self) -> None:
        self.results.close()
        self._capture.close()


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Job]:
    made = Job(tmp_path)
    yield made
    made.close()


def test_quick_components_are_written_together_and_others_at_once(job: Job) -> None:
    seen = []
    for component, at in enumerate([100.0, 100.01, 100.02, 100.06, 100.07, 101.0, 102.0]):
        job.end(component, at)
        seen.append(len(job.written))

    assert seen == [1, 1, 1, 4, 4, 6, 7]


def test_a_clock_that_is_set_back_keeps_nothing_from_being_written(job: Job) -> None:
    job.end(0, 100.0)
    job.end(1, 10.0)
    assert job.written == [0, 1]


@pytest.mark.parametrize("size", [60_000, pending.SIZE // 4 + 1, pending.SIZE * 2])
def test_more_than_there_is_room_for_is_written_in_its_order(job: Job, size: int) -> None:
    for component in range(10):
        job.end(component, 100.0, bytes([component]) * (size if component % 2 else 1))
    job.results.read()

    reader = frames.Reader(job.path)
    assert [reader.payload(frame) for frame in reader.frames if frame.kind in frames.ENDS] == [
        bytes([component]) * (size if component % 2 else 1) for component in range(10)
    ]


def test_the_record_of_a_result_is_json_like_any_other(job: Job) -> None:
    job.end(0, 1e9 + 0.1)
    reader = frames.Reader(job.path)
    assert reader.record(reader.frames[-1]) == {
        "start": 1e9 + 0.1,
        "end": 1e9 + 0.1,
        "memory_mb": 7,
        "by_value": False,
    }


def in_a_worker(work: Callable[[], None]) -> None:
    """Do *work* in a process that is killed then."""
    worker = os.fork()
    if worker == 0:
        work()
        os.kill(os.getpid(), signal.SIGKILL)
    assert os.WTERMSIG(os.waitpid(worker, 0)[1]) == signal.SIGKILL


def test_what_a_killed_worker_had_not_written_is_kept_and_who_ran_is_known(job: Job) -> None:
    def work() -> None:
        for component in range(3):
            job.results.begin(component, 100.0, 0, 0)
            job.end(component, 100.0, kind=frames.ERROR if component == 1 else frames.RESULT)
        job.results.begin(3, 100.5, 11, 12)

    in_a_worker(work)
    job.results.read()

    assert job.written == [0, 1, 2]
    assert (list(job.results.ended), job.results.ended.kinds()) == ([0, 1, 2], {frames.RESULT, frames.ERROR})
    assert job.results.begun == {"component": 3, "start": 100.5, "stdout": 11, "stderr": 12}


def test_nobody_is_blamed_for_a_worker_that_is_killed_between_two_components(job: Job) -> None:
    def work() -> None:
        job.results.begin(0, 100.0, 0, 0)
        job.end(0, 100.0)

    in_a_worker(work)
    job.results.read()

    assert job.results.begun is None


def test_who_is_blamed_is_not_a_component_of_the_worker_before(job: Job) -> None:
    in_a_worker(lambda: job.results.begin(0, 100.0, 0, 0))
    job.results.read()
    job.end(0, 100.0, kind=frames.ERROR)
    in_a_worker(lambda: None)
    job.results.read()

    assert job.results.begun is None


def test_a_write_that_a_kill_cut_short_costs_no_component(job: Job) -> None:
    def work() -> None:
        for component in range(5):
            job.results.begin(component, 100.0, 0, 0)
            job.end(component, 100.0, b"x" * 3000)
        rest = job.results.pending.whole()
        os.write(frames.Writer(job.path).descriptor, rest[:4096])  # the kernel ends a write between two pages

    in_a_worker(work)
    job.results.read()

    reader = frames.Reader(job.path)
    ends = [frame for frame in reader.frames if frame.kind in frames.ENDS]
    assert {reader.payload(frame) for frame in ends} == {b"x" * 3000}
    assert (list(job.results.ended), job.results.begun) == ([0, 1, 2, 3, 4], None)


def test_no_moment_of_a_begin_names_another_component() -> None:
    shared = pending.Pending()
    shared.begin(7, 1.0, 2, 3)
    worker = os.fork()
    while worker == 0:
        shared.begin(7, 1.0, 2, 3)
    try:
        begun = [shared.begun for _ in range(100_000)]
    finally:
        os.kill(worker, signal.SIGKILL)
        os.waitpid(worker, 0)

    assert {each["component"] for each in begun if each} == {7}


def test_a_worker_tells_what_keeps_it_from_going_on(job: Job) -> None:
    def work() -> None:
        job.end(0, 100.0)
        job.end(1, 100.0)
        job.results.pending.tell(trouble.of(OSError(errno.ENOSPC, "no room")))

    in_a_worker(work)
    job.results.read()

    assert list(job.results.ended) == [0, 1]
    told = job.results.pending.take_trouble()
    assert told is not None
    assert (told.is_full_disk, "no room" in told.text) == (True, True)
    assert job.results.pending.take_trouble() is None


def test_the_index_tells_of_all_frames(job: Job) -> None:
    for component in range(10):
        job.end(component, 100.0)
    job.results.drop([4])
    job.end(4, 101.0)
    job.results.read()
    before = frames.Reader(job.path).frames
    job.results.complete()
    content = bytearray(job.path.read_bytes())
    content[before[3].offset + 5] ^= 1  # without the index, nothing could be found from here on
    job.path.write_bytes(content)

    after = frames.Reader(job.path)
    assert (after.frames, after.end) == (before, before[-1].end)


def test_each_component_keeps_its_output_and_the_dead_one_is_blamed_among_many_quick_ones(jobs: Jobs) -> None:
    source = """
import os
def function(x):
    print("out", x)
    if x == 77:
        os.kill(os.getpid(), 9)
    return x
"""
    ran = jobs.run(source, range(200))

    assert [n for n, status in enumerate(ran.statuses) if status != "OK"] == [77]
    assert ran.error(77)["type"] == "htmap.ComponentDied"
    assert [ran.value(component) for component in range(200) if component != 77] == [
        component for component in range(200) if component != 77
    ]
    assert [ran.output("stdout", component) for component in range(77)] == [f"out {n}\n" for n in range(77)]


def test_child_processes_know_the_component_also_after_thousands(jobs: Jobs) -> None:
    source = """
import os, subprocess
def function(x):
    if x < 5003:
        return
    if x == 5004:
        os.environ["HTMAP_COMPONENT"] = "7"
    return os.environ["HTMAP_COMPONENT"], subprocess.check_output(["printenv", "HTMAP_COMPONENT"]).decode().strip()
"""
    ran = jobs.run(source, range(5010))

    told = [ran.value(component) for component in range(5003, 5010)]
    assert told == [(n, n) for n in ("5003", "7", "5005", "5006", "5007", "5008", "5009")]


class TestEnded:
    def test_knows_the_components_of_the_job_and_others_apart(self) -> None:
        ended = Ended([7, 5, 9])
        ended.note(7, frames.RESULT[0])
        ended.note(5, frames.ERROR[0])
        ended.note(5, 0)
        ended.note(70, frames.RESULT[0])

        assert (list(ended), len(ended), ended.kinds(), ended.others) == ([7], 1, {frames.RESULT}, {70})
        assert [component in ended for component in (4, 5, 7, 9, 70)] == [False, False, True, False, False]


class TestInputs:
    @pytest.fixture
    def inputs(self, tmp_path: Path) -> Inputs:
        paths = [str(tmp_path / name) for name in ("one", "two")]
        for number, path in enumerate(paths):
            with frames.Writer(path) as writer:
                for component in range(5 * number, 5 * number + 5):
                    writer.add(frames.INPUT, component, {"by_value": True} if component == 3 else {}, b"%d" % component)
        return Inputs(paths)

    def test_are_found_in_any_order(self, inputs: Inputs) -> None:
        order = [0, 1, 7, 3, 3, 9, 0, 8, 2]
        assert [inputs.find(component)[1] for component in order] == [b"%d" % component for component in order]
        assert inputs.find(3)[0] == {"by_value": True}

    def test_that_are_missing_are_no_end_of_the_others(self, inputs: Inputs) -> None:
        with pytest.raises(frames.CorruptFile):
            inputs.find(10)
        assert inputs.find(4)[1] == b"4"


def test_a_component_that_runs_again_has_not_begun() -> None:
    noted = pending.Pending()
    noted.begin(3, 1.5, 10, 20)
    assert noted.begun == {"component": 3, "start": 1.5, "stdout": 10, "stderr": 20}
    noted.forget()
    assert noted.begun is None
