"""A job that HTMap has filled, which leaves its slot before its time is over, and goes on later with the whole time."""

from __future__ import annotations

import math
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from htmap_run import codes, names
from htmap_run.job.eviction import Past
from htmap_run.limits import time_limit
from tests.unit.run.conftest import Interpreter, Jobs, Ran

FUNCTION = """
import os, time
def function(seconds):
    with open(os.environ["RUNS"], "a") as runs:
        runs.write(os.environ["HTMAP_COMPONENT"] + " ")
    print("slept for", seconds)
    if seconds < 0:
        raise ValueError(seconds)
    time.sleep(seconds)
    return seconds
"""
LIMIT = 100  # 5 seconds before its end a component is cut off, 1.25 seconds before it one that has had all the time
HANGS = 600


class Limited:
    """A job whose components sleep for some seconds, or raise an exception, and what HTCondor does with it."""

    def __init__(self, jobs: Jobs, folder: Path, calls: list[float], python: Interpreter | None = None) -> None:
        self._jobs = jobs
        self._calls = calls
        self._runs = folder / "runs"
        self.python = python
        self.ends = 0
        self.scratch = self._new_scratch()

    def _new_scratch(self) -> Path:
        return self._jobs.scratch(FUNCTION, self._calls, self.python)

    def run(self, elapsed: float = 0.0) -> list[Ran]:
        """Run the job until it has left its slot or ended.

        :param elapsed: how long it has been running already.
        """
        ad = job_ad(NumJobCompletions=self.ends, AllowedExecuteDuration=LIMIT)
        (self.scratch / ".job.ad").write_text(ad)
        stdout = self.scratch / names.LIVE_STDOUT
        stdout.touch()
        os.utime(stdout, (time.time() - elapsed, time.time() - elapsed))
        runs = [self._run()]
        while runs[-1].exit_code == codes.SAVED:
            self._spool = shutil.copytree(
                self.scratch / names.RETURN, self.scratch.with_name(f"spool {self.scratch.name}")
            )
            runs.append(self._run())
        return runs

    def run_again(self, elapsed: float = 0.0) -> list[Ran]:
        """Run it as HTCondor does after it has ended: elsewhere, with what was saved."""
        self.ends += 1
        self.scratch = self._new_scratch()
        shutil.copytree(self._spool, self.scratch / names.RETURN)
        return self.run(elapsed)

    def _run(self) -> Ran:
        components = f"0-{len(self._calls) - 1}"
        return self._jobs.run_in(self.scratch, components, self.python, environment={"RUNS": str(self._runs)})

    @property
    def ran(self) -> list[int]:
        """The components whose function was called, in order."""
        return list(map(int, self._runs.read_text().split()))


def job_ad(**facts: object) -> str:
    known = {
        "HTMapSubmission": '"token"',
        "SuccessCheckpointExitCode": codes.SAVED,
        names.LEAVES: 1,  # one more attempt of what has failed
        "NumJobCompletions": 0,
        **facts,
    }
    return "".join(f"{name} = {value}\n" for name, value in known.items() if value != "")


def exit_codes(runs: list[Ran]) -> list[int]:
    return [run.exit_code for run in runs]


LEAVES = [codes.SAVED, codes.LEFT]


def test_a_component_that_is_cut_off_has_the_whole_time_of_the_next_run_and_then_counts(
    jobs: Jobs, tmp_path: Path
) -> None:
    limited = Limited(jobs, tmp_path, [0, HANGS, 0])
    first = limited.run(elapsed=LIMIT - 5 - 1)
    assert (exit_codes(first), limited.ran) == (LEAVES, [0, 1])
    assert (first[-1].files, (limited.scratch / names.LIVE_STDOUT).read_bytes()) == (set(), b"")

    second = limited.run_again(elapsed=LIMIT - 2)
    assert (exit_codes(second), limited.ran) == (LEAVES, [0, 1, 1])

    last = limited.run_again()[-1]
    assert (last.exit_code, last.statuses) == (codes.AGAIN, ["OK", "ERR", "OK"])
    assert limited.ran == [0, 1, 1, 2]
    assert last.error(1)["type"] == "htmap.ComponentDied"
    assert "in function" in last.output("stderr", 1)
    assert [last.output("stdout", component) for component in (0, 2)] == ["slept for 0\n"] * 2


def test_the_next_component_does_not_begin_where_it_can_hardly_end(
    jobs: Jobs, tmp_path: Path, need_python: Callable[[str], Interpreter]
) -> None:
    limited = Limited(jobs, tmp_path, [0, 0], need_python("3.8"))
    assert (exit_codes(limited.run(elapsed=LIMIT - 3)), limited.ran) == (LEAVES, [0])
    last = limited.run_again()
    assert (exit_codes(last), last[-1].statuses, limited.ran) == ([codes.OK], ["OK", "OK"], [0, 1])


def test_what_has_failed_does_not_run_again_when_the_job_has_left_its_slot_but_when_it_is_retried(
    jobs: Jobs, tmp_path: Path
) -> None:
    limited = Limited(jobs, tmp_path, [-1, 0, -1])
    assert exit_codes(limited.run(elapsed=LIMIT - 3)) == LEAVES
    assert exit_codes(limited.run_again(elapsed=LIMIT - 3)) == LEAVES
    assert exit_codes(limited.run_again()) == [codes.AGAIN]
    assert limited.ran == [0, 1, 2]
    assert exit_codes(limited.run_again()) == [codes.COMPONENT_FAILED]
    assert limited.ran == [0, 1, 2, 0, 2]


# --- whether a job has such a limit


def limit(scratch: Path, ad: dict[str, object], *, components: int = 3, failures: int = 0) -> float:
    """Return for how many seconds a job may run."""
    (scratch / ".job.ad").write_text(job_ad(**ad))
    return round(time_limit.of_job(str(scratch), components, failures).seconds, 3)


LIMITED: dict[str, object] = {"AllowedExecuteDuration": LIMIT}


@pytest.mark.parametrize(
    ("ad", "seconds"),
    [
        ({"AllowedExecuteDuration": 3600}, 3600),
        ({"AllowedExecuteDuration": 3600, "AllowedJobDuration": 1800}, 1800),
        ({"AllowedExecuteDuration": 3600, names.TIME_LIMIT: 1200}, 1200),
        ({names.TIME_LIMIT: "MaxRuntime", "MaxRuntime": "3000 + 600"}, 3600),
        ({names.TIME_LIMIT: "MaxRuntime"}, math.inf),
        ({"AllowedExecuteDuration": "60 * RequestCpus"}, math.inf),
        ({"AllowedExecuteDuration": "undefined"}, math.inf),
        ({names.TIME_LIMIT: names.TIME_LIMIT}, math.inf),
        ({}, math.inf),
    ],
)
def test_the_least_limit_counts_that_is_known(tmp_path: Path, ad: dict[str, object], seconds: float) -> None:
    assert limit(tmp_path, ad) == seconds


@pytest.mark.parametrize(
    "ad",
    [
        {names.LEAVES: ""},
        {"SuccessCheckpointExitCode": 77},
        {"HTMapSubmission": ""},
        {"WantDocker": "true"},
        {"LastHoldReasonCode": 36},
    ],
)
def test_no_other_job_leaves_its_slot(tmp_path: Path, ad: dict[str, object]) -> None:
    assert limit(tmp_path, LIMITED) == LIMIT
    assert limit(tmp_path, {**LIMITED, **ad}) == math.inf


def test_the_transfer_of_inputs_counts_where_htcondor_counts_it(tmp_path: Path) -> None:
    started = int(time.time()) - 60
    assert limit(tmp_path, {**LIMITED, "JobCurrentStartDate": started}) == LIMIT
    assert limit(tmp_path, {"AllowedJobDuration": LIMIT, "JobCurrentStartDate": started}) < LIMIT - 50


def test_a_time_that_was_over_when_the_job_began_is_not_believed(tmp_path: Path) -> None:
    assert limit(tmp_path, {"AllowedJobDuration": LIMIT, "JobCurrentStartDate": 1_000_000}) == math.inf


def test_a_job_of_one_component_is_left_to_htcondor(tmp_path: Path) -> None:
    assert limit(tmp_path, LIMITED, components=1) == math.inf


def test_a_job_that_is_to_run_out_of_memory_is_left_to_htcondor(tmp_path: Path) -> None:
    (tmp_path / names.UNWATCHED).touch()
    assert limit(tmp_path, LIMITED) == math.inf


@pytest.mark.parametrize(
    ("failures", "ad", "leaves"),
    [(1, {}, False), (1, {"CheckpointNumber": 0}, True), (11, {"CheckpointNumber": 0}, False)],
)
def test_a_job_that_has_failed_leaves_its_slot_where_saving_is_known_to_be_of_use(
    tmp_path: Path, failures: int, ad: dict[str, object], leaves: bool
) -> None:
    assert math.isfinite(limit(tmp_path, {**LIMITED, **ad}, failures=failures)) is leaves


def test_ends_by_which_a_job_has_left_its_slot_are_no_failures() -> None:
    past = Past("3")
    assert past.failures == 3
    for number in (0, 1, 2, 3):  # before the fourth, it was evicted
        past.add({"left": [number]})
    assert past.failures == 0
    assert Past(None).failures == 0


def test_htcondor_is_told_to_run_a_failed_job_again_only_where_it_counts_wrongly() -> None:
    past = Past("1")
    assert not past.is_retried("2")  # it has not left its slot
    past.add({"left": [0]})
    assert (past.is_retried("1"), past.is_retried("0"), past.is_retried("")) == (True, False, False)
