"""Components that HTMap chose to let share a job: one that dies, or has no memory left, runs again alone before that counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from htmap_run import codes
from htmap_run.job.supervisor import End
from htmap_run.reports import host

if TYPE_CHECKING:
    from tests.unit.run.conftest import Interpreter, Jobs, Ran

FRAIL = """
import os
before = []
def function(x):
    import htmap
    with open(".runs", "a") as file:
        file.write(x + " ")
    print([*before, x], flush=True)
    before.append(x)
    if x == "bad" or (x == "frail" and len(before) > 1):
        open("handed", "w").close()
        htmap.transfer_output_files("handed")
        {}
    return len(before)
"""
DEATHS = ["os._exit(1)", "os.kill(os.getpid(), 9)", "raise MemoryError"]


def run(jobs: Jobs, source: str, inputs: list[str], python: Interpreter | None = None, *, chosen: bool = True) -> Ran:
    scratch = jobs.scratch(source, inputs, python, {"runs_again_alone": True} if chosen else {})
    return jobs.run_in(scratch, f"0-{len(inputs) - 1}", python)


def runs(ran: Ran) -> list[str]:
    return (ran.scratch / ".runs").read_text().split()


@pytest.mark.parametrize("death", DEATHS)
def test_what_only_happens_among_others_does_not_count(jobs: Jobs, death: str) -> None:
    ran = run(jobs, FRAIL.format(death), ["a", "frail", "b"])
    assert (ran.exit_code, ran.statuses) == (codes.OK, ["OK", "OK", "OK"])
    assert runs(ran) == ["a", "frail", "frail", "b"]
    assert [ran.value(component) for component in range(3)] == [1, 1, 2]
    assert ran.output("stdout", 1) == "['frail']\n"
    assert not (ran.returned / "files/1").exists()


def test_every_python_runs_it_again(jobs: Jobs, each_python: Interpreter) -> None:
    assert run(jobs, FRAIL.format("os._exit(1)"), ["a", "frail"], each_python).statuses == ["OK", "OK"]


@pytest.mark.parametrize("death", DEATHS)
def test_what_happens_alone_counts(jobs: Jobs, death: str) -> None:
    ran = run(jobs, FRAIL.format(death), ["a", "bad", "bad", "b"])
    assert (ran.exit_code, ran.statuses) == (codes.COMPONENT_FAILED, ["OK", "ERR", "ERR", "OK"])
    # An exception ends no process, so that the second one is not alone at first.
    again = 2 if death == "raise MemoryError" else 1
    assert runs(ran) == ["a", "bad", "bad", *["bad"] * again, "b"]
    assert sorted(path.name for path in (ran.returned / "files").iterdir()) == ["1", "2"]


def test_the_first_one_of_a_job_was_alone(jobs: Jobs) -> None:
    ran = run(jobs, FRAIL.format("os._exit(1)"), ["bad", "a"])
    assert (ran.statuses, runs(ran)) == (["ERR", "OK"], ["bad", "a"])


@pytest.mark.parametrize("death", DEATHS)
def test_in_a_job_that_the_user_has_filled_it_counts_at_once(jobs: Jobs, death: str) -> None:
    ran = run(jobs, FRAIL.format(death), ["a", "frail", "b"], chosen=False)
    assert (ran.statuses, runs(ran)) == (["OK", "ERR", "OK"], ["a", "frail", "b"])


def test_any_other_exception_is_a_result(jobs: Jobs) -> None:
    ran = run(jobs, FRAIL.format("raise ValueError"), ["a", "frail"])
    assert (ran.statuses, runs(ran)) == (["OK", "ERR"], ["a", "frail"])


@pytest.mark.parametrize(
    ("status", "of_memory", "has_filled"),
    [(9, 0.9, True), (9, 0.1, False), (6, 0.9, False), (1 << 8, 0.9, False)],
    ids=["killed, large", "killed, small", "aborted", "exited"],
)
def test_what_has_filled_the_machine_is_not_to_fill_it_again(status: int, of_memory: float, has_filled: bool) -> None:
    peak = int(of_memory * host.machine_memory() / 1024)
    assert End(status, peak, out_of_memory=False, ended_at=0).has_filled_machine == has_filled
