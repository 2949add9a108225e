"""A job that is evicted, and what its next run takes over from it."""

from __future__ import annotations

import shutil
import signal
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from htmap_run import codes, frames
from htmap_run.files import checkpoints
from tests.unit.run.chirp_proxy import proxy
from tests.unit.run.conftest import Interpreter, Jobs, Ran

FUNCTION = """
import os, signal, sys, time
def function(number):
    import htmap
    with open(os.environ["RUNS"], "a") as runs:
        runs.write(str(number))
    print("out", number)
    print("err", number, file=sys.stderr)
    if number == 1:
        raise ValueError("one")
    if number == 4 and "LIVE" in os.environ:
        return open("_htmap_return/stdout").read()
    with open("file", "w") as file:
        file.write(str(number))
    htmap.transfer_output_files("file")
    if number == int(os.environ["STOP"]):
        with open("stale", "w") as file:
            htmap.transfer_output_files("stale")
        os.kill(first_process(), signal.SIGTERM)
        time.sleep(60)
    return number * 10
"""


class Evicted:
    """A job of five components, of which the second raises, that was evicted while the fourth ran."""

    def __init__(self, jobs: Jobs, runs: Path, python: Interpreter | None = None) -> None:
        self._jobs = jobs
        self._runs = runs
        self.environment: dict[str, str] = {}
        self.python = python
        self.scratch = self.new_scratch()
        self.first = self.run(self.scratch, "0-4", stop=3)

    @property
    def returned(self) -> Path:
        """What HTCondor puts into the spool."""
        return self.scratch / "_htmap_return"

    def new_scratch(self, completions: int = 0, submission: str = "token", transfer: str = "ON_EXIT_OR_EVICT") -> Path:
        scratch = self._jobs.scratch(FUNCTION, [0, 1, 2, 3, 4], self.python)
        (scratch / ".job.ad").write_text(
            f'WhenToTransferOutput = "{transfer}"\nHTMapSubmission = "{submission}"\nNumJobCompletions = {completions}\n'
        )
        return scratch

    def run(self, scratch: Path, components: str, stop: int = -1) -> Ran:
        self._runs.write_text("")
        environment = {"RUNS": str(self._runs), "STOP": str(stop), **self.environment}
        return self._jobs.run_in(
            scratch, components, self.python, environment=environment, remapped="2-0/file,3-0/file"
        )

    def again(self, components: str = "0-4", stop: int = -1, **ad: int | str) -> Ran:
        """Run the job again, in another scratch directory, into which HTCondor has put what the spool has."""
        scratch = self.new_scratch(**ad)  # type: ignore[arg-type]  # the numbers and words of the ad
        shutil.copytree(self.returned, scratch / "_htmap_return")
        self.scratch = scratch
        return self.run(scratch, components, stop)

    @property
    def ran(self) -> str:
        """The components whose function was called in the last run."""
        return self._runs.read_text()


@pytest.fixture
def evicted(jobs: Jobs, tmp_path: Path) -> Evicted:
    return Evicted(jobs, tmp_path / "runs")


def test_what_was_finished_is_not_run_again(jobs: Jobs, tmp_path: Path, each_python: Interpreter) -> None:
    evicted = Evicted(jobs, tmp_path / "runs", each_python)
    assert (evicted.first.exit_code, evicted.ran) == (-signal.SIGTERM, "0123")

    ran = evicted.again()

    assert (ran.exit_code, evicted.ran) == (codes.COMPONENT_FAILED, "34")
    assert ran.results.components == [0, 1, 2, 3, 4]
    assert [ran.value(component) for component in (0, 2, 3, 4)] == [0, 20, 30, 40]
    assert isinstance(ran.exception(1), ValueError)


def test_each_component_has_its_own_output_once(evicted: Evicted) -> None:
    ran = evicted.again()

    assert [ran.output("stdout", component) for component in range(5)] == [f"out {n}\n" for n in range(5)]
    assert [ran.output("stderr", component).splitlines()[0] for component in range(5)] == [f"err {n}" for n in range(5)]


def test_what_condor_tail_shows_begins_with_what_was_finished_before(evicted: Evicted) -> None:
    evicted.environment["LIVE"] = "1"
    assert evicted.again().value(4) == "".join(f"out {n}\n" for n in range(5))


def test_files_that_were_handed_over_come_back_or_go_where_they_should(evicted: Evicted) -> None:
    ran = evicted.again()

    files = ran.returned / "files"
    assert {path.relative_to(files).as_posix() for path in files.rglob("*") if path.is_file()} == {"0/file", "4/file"}
    remapped = ran.scratch / "_htmap_return" / "remapped"
    assert {path.name: path.read_text() for path in remapped.iterdir()} == {"2-0": "2", "3-0": "3"}


def test_nothing_else_is_returned(evicted: Evicted) -> None:
    assert evicted.again().files == {"result", "files", "remapped"}


def test_what_is_returned_by_an_eviction_is_what_there_is(evicted: Evicted) -> None:
    assert evicted.first.files == {"result", "files", "remapped"}
    assert evicted.first.results.components == [0, 1, 2]


def test_a_second_eviction_keeps_what_the_first_did(evicted: Evicted) -> None:
    evicted.again(stop=4)
    assert evicted.ran == "34"

    ran = evicted.again()

    assert evicted.ran == "4"
    assert [ran.value(component) for component in (0, 2, 3, 4)] == [0, 20, 30, 40]
    assert isinstance(ran.exception(1), ValueError)


def test_a_component_tells_where_it_ran_also_when_the_job_ended_elsewhere(evicted: Evicted) -> None:
    ran = evicted.again()

    assert [run["host"]["scratch"] for run in ran.results.runs] == [str(evicted.first.scratch), str(ran.scratch)]


def test_an_eviction_before_anything_is_finished_keeps_nothing(jobs: Jobs, tmp_path: Path) -> None:
    class AtOnce(Evicted):
        def run(self, scratch: Path, components: str, stop: int = 0) -> Ran:
            del stop
            return super().run(scratch, components, stop=0)

    evicted = AtOnce(jobs, tmp_path / "runs")
    assert evicted.first.results.components == []
    Evicted.run(evicted, evicted.again().scratch, "0")
    assert evicted.ran == "0"


def test_an_eviction_before_there_is_a_worker_keeps_nothing(jobs: Jobs, evicted: Evicted) -> None:
    scratch = evicted.new_scratch()
    (scratch / "sitecustomize.py").write_text("""
import os, signal
def makedirs(path, *how, then=os.makedirs, **more):
    then(path, *how, **more)
    if "_htmap_return" in path:
        os.kill(os.getpid(), signal.SIGTERM)
os.makedirs = makedirs
""")

    ran = jobs.run_in(scratch, "0-4", environment={"PYTHONPATH": str(scratch)})

    assert ran.exit_code == -signal.SIGTERM
    assert ran.results.components == []


def test_what_all_components_finished_after_the_signal_is_returned_and_kept(jobs: Jobs, tmp_path: Path) -> None:
    evicted = Evicted(jobs, tmp_path / "runs")
    scratch = evicted.new_scratch()
    handles_it = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n        os.kill(first_process(), signal.SIGTERM)"
    source = FUNCTION.replace("os.kill(first_process(), signal.SIGTERM)", handles_it).replace(
        "time.sleep(60)", "time.sleep(1)"
    )
    (scratch / "_htmap_function").unlink()
    shutil.copy(jobs.scratch(source) / "_htmap_function", scratch)
    evicted.scratch = scratch

    ran = evicted.run(scratch, "0-4", stop=4)
    assert (ran.exit_code, ran.value(4)) == (codes.COMPONENT_FAILED, 40)

    ran = evicted.again()
    assert (evicted.ran, ran.value(4)) == ("", 40)


def test_components_that_failed_are_tried_again_where_the_job_is(evicted: Evicted) -> None:
    ran = evicted.again(completions=1)

    assert evicted.ran == "134"
    assert isinstance(ran.exception(1), ValueError)
    assert ran.output("stdout", 1) == "out 1\n"


def cut(path: Path, kept: int = -3) -> None:
    path.write_bytes(path.read_bytes()[:kept])


def flip(path: Path, what: bytes, times: int = 1) -> None:
    """Flip a bit of the first places where the file has *what*."""
    content = path.read_bytes()
    assert content.count(what) >= times
    path.write_bytes(content.replace(what, bytes([what[0] ^ 1]) + what[1:], times))


def replace(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def put_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


# What happened to the kept results, and which components run again because of it.
DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "the end is cut off": (cut, "234"),
    "most of it is cut off": (lambda kept: cut(kept, kept.read_bytes().index(b"out 2")), "234"),
    "all of it is cut off": (lambda kept: cut(kept, 0), "01234"),
    "a bit of a result": (lambda kept: flip(kept, b"K\x14."), "01234"),
    "a bit of the output": (lambda kept: flip(kept, b"out 2"), "01234"),
    "a bit of the second record": (lambda kept: flip(kept, b'"memory_mb"', 2), "01234"),
    "another file": (lambda kept: replace(kept, b"PNG and so on, long enough to be something"), "01234"),
    "no file": (Path.unlink, "01234"),
    "a folder": (put_folder, "01234"),
}


@pytest.mark.parametrize("which", DAMAGES)
def test_what_is_damaged_is_run_again(evicted: Evicted, which: str) -> None:
    damage, ran_again = DAMAGES[which]
    damage(evicted.returned / "result")

    ran = evicted.again()

    assert evicted.ran == ran_again
    assert [ran.value(component) for component in (0, 2, 3, 4)] == [0, 20, 30, 40]
    assert [ran.output("stdout", component) for component in range(5)] == [f"out {n}\n" for n in range(5)]


def test_what_another_submission_has_finished_is_passed_over(evicted: Evicted) -> None:
    assert evicted.again(submission="another").value(0) == 0
    assert evicted.ran == "01234"


def test_what_another_python_has_pickled_is_passed_over(evicted: Evicted, other_python: Interpreter) -> None:
    evicted.python = other_python
    evicted.again()
    assert evicted.ran == "01234"


def test_components_that_the_job_does_not_have_are_passed_over(evicted: Evicted) -> None:
    ran = evicted.again("2-4")
    assert ran.results.components == [2, 3, 4]
    assert evicted.ran == "34"


class TestCheckpointsThatCouldNotBeSent:
    """A job of two components that cannot reach the submit side, evicted while the second ran."""

    SOURCE = """
import os, pathlib, signal, time
def function(number):
    import htmap
    state = pathlib.Path("state")
    was = state.read_text() if state.exists() else ""
    if was:
        return was
    state.write_text(f"state of {number}")
    htmap.checkpoint(state)
    if number == 1:
        os.kill(first_process(), signal.SIGTERM)
        time.sleep(60)
"""
    AD = 'WhenToTransferOutput = "ON_EXIT_OR_EVICT"\nHTMapSubmission = "token"\nNumJobCompletions = 0\n'
    UNSENT = "_htmap_unsent_checkpoint_1"

    def new_scratch(self, jobs: Jobs, before: Path | None = None) -> Path:
        scratch = jobs.scratch(self.SOURCE, [0, 1], index={"checkpoints": True})
        (scratch / ".job.ad").write_text(self.AD)
        if before is not None:
            shutil.copytree(before / "_htmap_return", scratch / "_htmap_return")
        return scratch

    @pytest.fixture
    def evicted(self, jobs: Jobs) -> Path:
        scratch = self.new_scratch(jobs)
        assert jobs.run_in(scratch, "0-1").exit_code == -signal.SIGTERM
        return scratch

    def test_the_component_that_was_running_goes_on_from_its_own(self, jobs: Jobs, evicted: Path) -> None:
        ran = jobs.run_in(self.new_scratch(jobs, evicted), "0-1")
        assert [ran.value(0), ran.value(1)] == [None, "state of 1"]
        assert "no checkpoint" not in ran.output("stderr", 1)

    def test_those_of_finished_components_stay_behind(self, evicted: Path) -> None:
        kept = evicted / "_htmap_return"
        assert [path.name for path in kept.glob("*_checkpoint_*")] == ["_htmap_unsent_checkpoint_1"]

    def test_one_that_is_cut_short_is_passed_over(self, jobs: Jobs, evicted: Path) -> None:
        cut(evicted / "_htmap_return" / self.UNSENT)
        ran = jobs.run_in(self.new_scratch(jobs, evicted), "0-1")
        assert ran.exit_code == -signal.SIGTERM

    def test_one_with_a_flipped_bit_is_passed_over_with_a_word(self, jobs: Jobs, evicted: Path) -> None:
        flip(evicted / "_htmap_return" / self.UNSENT, b"state of 1")
        scratch = self.new_scratch(jobs, evicted)
        function = self.SOURCE.replace("os.kill(first_process(), signal.SIGTERM)", "return").replace(
            "time.sleep(60)", "pass"
        )
        (scratch / "_htmap_function").unlink()
        shutil.copy(jobs.scratch(function, index={"checkpoints": True}) / "_htmap_function", scratch)
        ran = jobs.run_in(scratch, "0-1")
        assert (ran.exit_code, ran.value(1)) == (codes.OK, None)
        assert "_htmap_unsent_checkpoint_1" in ran.output("stderr", 1)

    @pytest.mark.parametrize(("number", "expected"), [(7, "of the submit side"), (0, "state of 1")])
    def test_the_later_one_counts_where_the_submit_side_has_one_too(
        self, jobs: Jobs, evicted: Path, tmp_path: Path, number: int, expected: str
    ) -> None:
        submit_side = tmp_path.parent / f"{tmp_path.name} of the submit side"
        place = submit_side / checkpoints.place(1)
        place.parent.mkdir(parents=True)
        (tmp_path.parent / "state").write_text("of the submit side")
        with tarfile.open(tmp_path.parent / "archive", "w") as archive:
            archive.add(tmp_path.parent / "state", "state")
        with frames.Writer(place) as writer:
            writer.add(frames.CHECKPOINT, number, payload=(tmp_path.parent / "archive").read_bytes())
        scratch = self.new_scratch(jobs, evicted)
        with proxy(submit_side) as server:
            server.introduce_to(scratch)
            ran = jobs.run_in(scratch, "0-1")
        assert ran.value(1) == expected
