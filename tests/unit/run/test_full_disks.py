"""A disk that one component fills: what others have finished comes back, and what they have yet to do gets another disk."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from htmap_run import codes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.run.conftest import Jobs, Ran

MEGABYTES = 4
FILLS = """
import os
def function(task):
    if task == "fill":
        with open("filled", "wb", 0) as file:
            while True:
                try:
                    file.write(bytes(1 << 16))
                except OSError:
                    break
    if task in ("brim", "large on brim"):
        try:
            with open("filled", "ab", 0) as file:
                while True:
                    file.write(b"x" * 512)  # up to the last byte
        except OSError:
            if task == "brim":
                raise
    return bytes(300_000) if task.startswith("large") else bytes(8_000_000) if task == "huge" else task
"""
AD = """ProcId = 0
HTMapSubmission = "token"
SuccessCheckpointExitCode = 85
NumJobCompletions = 0
"""


@pytest.fixture
def own_disk(tmp_path: Path) -> list[str]:
    """Return how to run a job in a file system of a few MB, whose content stays in the scratch directory."""
    disk = tmp_path.parent / f"{tmp_path.name} disk"
    disk.mkdir()
    script = f"""
mount -t tmpfs -o size={MEGABYTES}m tmpfs "{disk}" && cp -a . "{disk}" && cd "{disk}" || exit 3
"$@"; code=$?
cp -a _htmap_return _htmap_saving "$OLDPWD" 2>/dev/null
exit $code
"""
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh"]
    if shutil.which("unshare") is None or subprocess.run([*command, "true"], cwd=disk, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    return command


def run(jobs: Jobs, own_disk: list[str], inputs: list[str], *, ad: str = AD) -> Ran:
    scratch = jobs.scratch(FILLS, inputs)
    (scratch / ".job.ad").write_text(ad)
    return jobs.run_in(scratch, f"0-{len(inputs) - 1}", command=[*own_disk, str(jobs.python.path), "runtime.pyz"])


def test_what_was_finished_comes_back_and_the_rest_goes_elsewhere(jobs: Jobs, own_disk: list[str]) -> None:
    ran = run(jobs, own_disk, ["a", "large", "fill", "large", "b"])
    assert ran.exit_code == codes.SAVED
    assert sorted(ran.results.components) == [0, 1, 2]
    assert ran.value(2) == "fill"


def test_a_job_that_may_leaves_its_slot_for_it(jobs: Jobs, own_disk: list[str]) -> None:
    ran = run(jobs, own_disk, ["a", "fill", "large"], ad=f"{AD}HTMapLeavesInTime = 0\n")
    assert (ran.exit_code, sorted(ran.results.components)) == (codes.SAVED, [0, 1])
    assert '"leaves": true' in (ran.scratch / "_htmap_saving").read_text()


def test_a_component_that_cannot_be_written_down_has_that_error_alone(jobs: Jobs, own_disk: list[str]) -> None:
    ran = run(jobs, own_disk, ["huge", "a", "large", "b"])
    assert (ran.exit_code, ran.statuses) == (codes.COMPONENT_FAILED, ["ERR", "OK", "OK", "OK"])
    assert "No space left" in ran.error(0)["message"]
    assert "request_disk" in ran.error(0)["advice"]


def test_where_not_a_byte_is_left_the_others_get_another_disk(jobs: Jobs, own_disk: list[str]) -> None:
    ran = run(jobs, own_disk, ["brim", "a", *7 * ["large"], "b"])
    assert (ran.exit_code, ran.statuses[0], {*ran.statuses[1:]}) == (codes.SAVED, "ERR", {"OK"})
    assert "No space left" in ran.error(0)["message"]


def test_the_exit_code_says_so_although_the_words_have_no_room(jobs: Jobs, own_disk: list[str]) -> None:
    scratch = jobs.scratch(FILLS, ["large on brim"])
    (scratch / ".job.ad").write_text(AD)
    launched = [
        "sh",
        "-c",
        'mkdir -p _htmap_return; exec "$@" 2>>_htmap_return/stderr',
        "sh",
    ]  # as the launcher does it
    ran = jobs.run_in(scratch, "0", command=[*own_disk, *launched, str(jobs.python.path), "runtime.pyz"])
    assert ran.exit_code == codes.NO_ROOM


def test_a_job_of_one_component_is_tried_elsewhere(jobs: Jobs, own_disk: list[str]) -> None:
    ran = run(jobs, own_disk, ["huge"])
    assert ran.exit_code == codes.NO_ROOM
    assert "No space left" in ran.job_stderr


def test_where_nothing_can_be_saved_what_was_finished_comes_back_all_the_same(jobs: Jobs, own_disk: list[str]) -> None:
    ran = run(jobs, own_disk, ["a", "fill", "large", "large", "large", "b"], ad='HTMapSubmission = "token"\n')
    assert ran.exit_code == codes.COMPONENT_FAILED
    assert [ran.value(component) for component in (0, 1)] == ["a", "fill"]
    assert "No space left" in ran.error(ran.statuses.index("ERR"))["message"]
