"""A job that ends between two components for its results to be fetched, and goes on where it was."""

from __future__ import annotations

import math
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from htmap_core.testing import eventually
from htmap_run import codes, frames, names
from htmap_run.files.own_archive import OwnArchive
from htmap_run.files.saves import Saves, is_marked
from tests.unit.run.conftest import Interpreter, Jobs, Ran

FUNCTION = """
import os, shutil, sys, time
def function(number):
    import htmap
    with open(os.environ["RUNS"], "a") as runs:
        runs.write(f"{number} ")
    if "WIPE" in os.environ:
        for name in os.listdir():
            shutil.rmtree(name) if os.path.isdir(name) else os.unlink(name)
    print("out", number)
    print("err", number, file=sys.stderr)
    if number == 1:
        raise ValueError("one")
    if "FILES" in os.environ:
        with open("file", "w") as file:
            file.write(str(number))
        htmap.transfer_output_files("file")
    if os.path.exists(os.environ["RUNS"] + ".stop") and number % 100 == 99:
        open(os.environ["RUNS"] + ".stopped", "w").close()
        time.sleep(600)
    time.sleep(float(os.environ.get("SECONDS", "0")))
    return open("_htmap_return/stdout").read() if "LIVE" in os.environ else number * 10
"""

EAGER = "0 0 100 1000000"  # after each component, whatever it costs
USUAL = "10 600 100 2"


class Saving:
    """A job of some components, and what HTCondor does with it."""

    def __init__(self, jobs: Jobs, folder: Path, count: int, rules: str = EAGER, **ad: str) -> None:
        self.jobs = jobs
        self.folder = folder
        self.count = count
        self.environment = {"RUNS": str(folder / "runs")}
        self.python: Interpreter | None = None
        self.lines = {
            "HTMapSubmission": '"token"',
            "NumJobCompletions": "0",
            "SuccessCheckpointExitCode": str(codes.SAVED),
            names.SAVES: f'"{rules}"',
            **ad,
        }
        self.scratch = self.new_scratch()

    def new_scratch(self) -> Path:
        scratch = self.jobs.scratch(FUNCTION, list(range(self.count)), self.python)
        self.write_ad(scratch)
        return scratch

    def write_ad(self, scratch: Path) -> None:
        lines = [f"{name} = {value}\n" for name, value in self.lines.items() if value]
        (scratch / ".job.ad").write_text("".join(lines))

    def rule(self, text: str) -> None:
        """Let the next runs of the job go by other rules."""
        self.lines[names.SAVES] = f'"{text}"'
        self.write_ad(self.scratch)

    def run(self) -> Ran:
        """Run the job once."""
        return self.jobs.run_in(self.scratch, f"0-{self.count - 1}", self.python, environment=self.environment)

    def to_the_end(self) -> list[Ran]:
        """Run the job, again in its place each time that it has saved; return all runs."""
        runs = [self.run()]
        while runs[-1].exit_code == codes.SAVED:
            runs.append(self.run())
        return runs

    @property
    def ran(self) -> list[int]:
        """The components whose function was called, in order."""
        return list(map(int, (self.folder / "runs").read_text().split()))


@pytest.fixture
def saving(jobs: Jobs, tmp_path: Path) -> Saving:
    return Saving(jobs, tmp_path, 4)


def test_a_job_ends_between_components_and_each_runs_once(jobs: Jobs, tmp_path: Path, each_python: Interpreter) -> None:
    saving = Saving(jobs, tmp_path, 4)
    saving.python = each_python
    saving.scratch = saving.new_scratch()

    runs = saving.to_the_end()

    assert [run.exit_code for run in runs] == [codes.SAVED] * 3 + [codes.COMPONENT_FAILED]
    assert saving.ran == [0, 1, 2, 3]
    assert [runs[-1].value(component) for component in (0, 2, 3)] == [0, 20, 30]
    assert isinstance(runs[-1].exception(1), ValueError)


def test_what_is_fetched_has_the_components_that_have_ended(saving: Saving) -> None:
    assert saving.run().results.components == [0]
    assert saving.run().results.components == [0, 1]


def test_output_and_files_of_components_survive_each_save(saving: Saving) -> None:
    saving.environment["FILES"] = "1"
    ran = saving.to_the_end()[-1]

    assert [ran.output("stdout", component) for component in range(4)] == [f"out {n}\n" for n in range(4)]
    assert [ran.output("stderr", component).splitlines()[0] for component in range(4)] == [f"err {n}" for n in range(4)]
    assert {path.parent.name: path.read_text() for path in ran.returned.glob("files/*/file")} == {
        n: n for n in ("0", "2", "3")
    }
    assert ran.files == {"result", "files"}


def test_what_condor_tail_shows_begins_as_it_did_before_the_save(saving: Saving) -> None:
    saving.environment["LIVE"] = "1"
    assert saving.to_the_end()[-1].value(3) == "".join(f"out {n}\n" for n in range(4))


def test_what_condor_tail_shows_is_never_less(saving: Saving) -> None:
    live = saving.scratch / "_condor_stdout"
    live.touch()
    for count in range(1, 4):
        saving.run()
        assert not live.is_symlink()
        assert live.read_text() == "".join(f"out {n}\n" for n in range(count))
    saving.run()
    assert live.read_bytes() == b""  # it comes back


def test_results_are_fetched_although_the_function_removes_all_that_it_finds(saving: Saving) -> None:
    saving.environment["WIPE"] = "1"
    ran = saving.run()
    assert (ran.exit_code, ran.results.components) == (codes.SAVED, [0])


def test_the_next_run_finds_what_it_needs_although_the_function_removes_all_that_it_finds(saving: Saving) -> None:
    saving.environment["WIPE"] = "1"
    assert [run.exit_code for run in saving.to_the_end()] == [codes.SAVED] * 3 + [codes.COMPONENT_FAILED]
    assert saving.ran == [0, 1, 2, 3]


def test_the_archive_that_a_function_has_removed_can_be_run_again(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    archive.write_bytes(b"archive")
    own = OwnArchive(str(archive), str(tmp_path))
    archive.unlink()
    own.restore()
    assert os.access(archive, os.X_OK)


NEVER: dict[str, dict[str, str]] = {
    "the user does not want it": {names.SAVES: ""},
    "the exit code means something else to HTCondor": {"SuccessCheckpointExitCode": "77"},
    "HTCondor saves nothing": {"SuccessCheckpointExitCode": ""},
    "the job has ended before": {"NumJobCompletions": "1"},
    "somebody runs it by hand": {"HTMapSubmission": ""},
    "it runs in Docker": {"WantDocker": "true"},
    "HTCondor could not take what it has saved": {"LastHoldReasonCode": "36"},
    "likewise, before another hold": {"NumHoldsByReason": "[ FailedToCheckpoint = 1; UserRequest = 1 ]"},
    "there is too much to transfer": {names.SAVES: '"0 0 0 1000000"'},
    "it is done soon": {names.SAVES: f'"{USUAL}"'},
}


@pytest.mark.parametrize("why", NEVER)
def test_a_job_runs_to_its_end(jobs: Jobs, tmp_path: Path, why: str) -> None:
    saving = Saving(jobs, tmp_path, 3, **NEVER[why])
    assert [run.exit_code for run in saving.to_the_end()] == [codes.COMPONENT_FAILED]
    assert saving.ran == [0, 1, 2]


def test_a_job_whose_saved_results_are_lost_runs_to_its_end(saving: Saving) -> None:
    assert saving.run().exit_code == codes.SAVED
    shutil.rmtree(saving.scratch / "_htmap_return")
    assert saving.run().exit_code == codes.COMPONENT_FAILED


def test_what_was_saved_does_not_run_again_after_all_is_killed_in_a_chunk_of_a_thousand(
    jobs: Jobs, tmp_path: Path
) -> None:
    saving = Saving(jobs, tmp_path, 1000, "1 1 100 1000000")
    saving.environment["SECONDS"] = "0.002"
    assert [saving.run().exit_code for _ in range(2)] == [codes.SAVED] * 2
    spool = shutil.copytree(saving.scratch / "_htmap_return", tmp_path / "spool")
    stop = tmp_path / "runs.stop"
    stop.touch()
    saving.rule("600 600 100 1000000")
    process = start(saving)
    eventually((tmp_path / "runs.stopped").exists, says="the job is in the middle of a component")
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    saved = {frame.component for frame in frames.Reader(spool / "result").frames if frame.kind in frames.ENDS}
    before = saving.ran
    assert len(before) > len(saved) > 20

    stop.unlink()
    saving.scratch = saving.new_scratch()  # another host has what the spool has
    shutil.copytree(spool, saving.scratch / "_htmap_return")
    ran = saving.run()

    assert saved.isdisjoint(saving.ran[len(before) :])
    assert [ran.value(component) for component in range(1000) if component != 1] == [
        component * 10 for component in range(1000) if component != 1
    ]


def start(saving: Saving) -> subprocess.Popen[bytes]:
    """Start the job in a session of its own, as one process group with all that it forks."""
    python = str(saving.jobs.python.path)
    return subprocess.Popen(
        [python, "runtime.pyz", "_htmap_inputs_0", f"0-{saving.count - 1}"],
        cwd=saving.scratch,
        env={**saving.jobs.environment, **saving.environment},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


# --- when


class Clock:
    """Asks when to save as the worker does, for components of given durations, in seconds."""

    def __init__(self, scratch: Path, rules: str = USUAL, restart: float = 0.2, more: str = "") -> None:
        (scratch / "_htmap_return").mkdir(parents=True, exist_ok=True)
        (scratch / ".job.ad").write_text(
            f'HTMapSubmission = "token"\nSuccessCheckpointExitCode = 85\n{names.SAVES} = "{rules}"\n{more}'
        )
        self.scratch = scratch
        self.restart = restart
        self.now = 1_000_000.0

    def saves(self, durations: Sequence[float], loading: float = 0.0) -> list[int]:
        """Return after how many seconds it saves.

        :param loading: what the first component of each process takes longer.
        """
        began, done, found = self.now, 0, []
        while done < len(durations):
            saves, count = Saves(str(self.scratch), len(durations), done), 0
            for duration in durations[done:]:
                start, done, count = self.now, done + 1, count + 1
                self.now += duration + (loading if count == 1 else 0)
                if self.now >= saves.due and saves.is_time(count, len(durations) - done, start, self.now):
                    found.append(round(self.now - began))
                    self.now += self.restart
                    break
        return found


def test_the_first_results_come_after_ten_seconds_and_others_after_twice_the_time(tmp_path: Path) -> None:
    assert Clock(tmp_path).saves([0.1] * 1000) == [10, 30, 71]


def test_the_distance_grows_to_ten_minutes(tmp_path: Path) -> None:
    found = Clock(tmp_path).saves([1.0] * 10_000)
    assert 595 < max(b - a for a, b in zip(found, found[1:])) < 605


def test_saves_take_a_fiftieth_of_the_time_at_most_where_they_take_long(tmp_path: Path) -> None:
    clock = Clock(tmp_path, restart=30)
    found = clock.saves([1.0] * 20_000)
    assert len(found) > 5
    assert found[0] == 10  # nothing is known of it before
    assert found[1] >= 10 + 50 * 30
    assert 30 * len(found[1:]) <= 20_000 / 50


def test_saves_take_a_fiftieth_of_the_time_at_most_where_a_process_loads_much(tmp_path: Path) -> None:
    found = Clock(tmp_path).saves([1.0] * 20_000, loading=60)
    assert 0 < len(found) <= 20_000 / 50 / 60


def claimed(folder: Path, monkeypatch: pytest.MonkeyPatch, before: int) -> None:
    """Let the slot be claimed since some seconds before the job began."""
    (folder / "machine").write_text(f'State = "Claimed"\nEnteredCurrentState = {1_000_000 - before}\n')
    monkeypatch.setenv("_CONDOR_MACHINE_AD", str(folder / "machine"))


def test_a_job_does_not_risk_its_slot_for_a_save_when_the_claim_is_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed(tmp_path, monkeypatch, before=100)
    found = Clock(tmp_path).saves([1.0] * 30_000)
    assert [number for number in found if number < 1100][-1] > 600
    later = [number for number in found if number >= 1100]
    assert later[0] - 631 >= 50 * 300
    assert 595 < later[2] - later[1] < 605  # the slot has stayed, so there is no danger


def test_a_job_that_has_lost_its_slot_by_a_save_saves_nothing_more_unless_the_user_says_how_often(
    tmp_path: Path,
) -> None:
    lost = "NumVacatesByReason = [ SuccessfulCheckpoint = 1 ]\n"
    assert Clock(tmp_path, more=lost).saves([1.0] * 40_000) == []
    assert Clock(tmp_path, "60 60 100 100", more=lost).saves([1.0] * 1000) == [301, 602, 903]


def test_it_is_not_known_after_one_component_what_it_has_loaded(tmp_path: Path) -> None:
    assert Clock(tmp_path).saves([300.0] * 5) == [600, 900, 1200]  # processes after it know it from the first


def test_the_distance_is_no_less_than_the_map_says(tmp_path: Path) -> None:
    assert Clock(tmp_path, "500 600 100 2").saves([1.0] * 1200) == [500, 1100]


def test_where_the_user_says_how_often_it_is_as_often(tmp_path: Path) -> None:
    assert Clock(tmp_path, "5 5 100 100", restart=0.0).saves([1.0] * 10, loading=3) == [5, 10, 15, 20]


def test_the_last_component_ends_the_job_itself(tmp_path: Path) -> None:
    assert Clock(tmp_path, EAGER).saves([100.0, 100.0]) == [100]
    assert not is_marked(str(tmp_path))


def test_a_job_of_one_component_asks_nothing(tmp_path: Path) -> None:
    Clock(tmp_path, "0 0 100 100")
    assert Saves(str(tmp_path), 1, 0).due == math.inf


class TestAJobThatASignalHasKilled:
    """It runs again, and is saved after each component, so that it is known which one kills it."""

    AD = f"""ProcId = 0
HTMapSubmission = "token"
SuccessCheckpointExitCode = {codes.SAVED}
ExitBySignal = true
ExitSignal = 9
"""
    SOURCE = """
import os
def function(x):
    if x == "kill":
        os.kill(first_process(), 9)
    return x
"""

    def run(self, jobs: Jobs, scratch: Path, completions: int) -> Ran:
        (scratch / ".job.ad").write_text(f"{self.AD}NumJobCompletions = {completions}\n")
        return jobs.run_in(scratch, "0-2")

    def test_is_saved_before_and_behind_each_component_and_the_killer_has_the_error(self, jobs: Jobs) -> None:
        scratch = jobs.scratch(self.SOURCE, ["a", "kill", "b"])
        ended = []
        for _ in range(2):
            ran = self.run(jobs, scratch, 1)
            assert ran.exit_code == codes.SAVED
            ended.append(list(ran.results.components))
        assert ended == [[], [0]]
        spool = scratch.parent / "spool"
        shutil.copytree(ran.returned, spool)
        assert self.run(jobs, scratch, 1).exit_code == -9

        shutil.rmtree(ran.returned)
        shutil.copytree(spool, ran.returned)
        ran = self.run(jobs, scratch, 2)

        assert (ran.exit_code, ran.statuses) == (codes.COMPONENT_FAILED, ["OK", "ERR", "OK"])
        assert "signal 9" in ran.error(1)["message"]
