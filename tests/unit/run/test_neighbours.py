"""What one component does to its process, its parent, its files and limits costs its neighbours nothing; without a pool."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.drills import deaths

if TYPE_CHECKING:
    from tests.unit.run.conftest import Jobs

SOURCE = """
def function(task):
    import os, resource, signal, sys, time
    name, program = task
    known = {"os": os, "resource": resource, "signal": signal, "sys": sys, "time": time, "answer": name}
    exec(program, known)
    return known["answer"]
"""


@pytest.mark.parametrize("name", deaths.FIRST)
def test_the_others_have_their_results_and_it_is_told_what_it_did(jobs: Jobs, name: str) -> None:
    program, told = deaths.FIRST[name]

    ran = jobs.run(SOURCE, [("a", ""), ("b", ""), (name, program), ("c", ""), ("d", "")])

    assert [ran.value(component) for component in (0, 1, 3, 4)] == ["a", "b", "c", "d"]
    if told:
        assert told in ran.error(2)["traceback"]


def test_who_runs_while_the_supervising_process_dies_by_another_has_its_result(jobs: Jobs) -> None:
    later = "import subprocess; subprocess.Popen(['sh', '-c', f'sleep 0.5; kill -9 {os.getppid()}'])"

    ran = jobs.run(SOURCE, [("a", ""), ("b", later), ("c", "time.sleep(2)"), ("d", "")])

    assert [ran.value(component) for component in range(4)] == ["a", "b", "c", "d"]
