"""Where memory is enforced, a component that needs more ends by itself, before the system or HTCondor ends the whole job."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from htmap_run import codes
from htmap_run.limits import memory
from htmap_run.reports.control_group import ControlGroup
from tests.golden_files import Golden
from tests.unit.run.conftest import Interpreter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.unit.run.conftest import Jobs, Ran

ENFORCED = "Memory = 128\nHTMapEnforcesMemory = true\n"
USED = {re.compile(r"used \d+ MB"): "USED"}

# Each takes 400 MB and keeps them for as long as it may take to notice.
WAYS = {
    "at once": "_ = b'x' * (400 << 20)",
    "in what was reserved before": "m = mmap.mmap(-1, 400 << 20, flags=34); m.write(b'x' * (400 << 20))",
    "in child processes": "_ = [os.fork() or [b'x' * (50 << 20), time.sleep(30), os._exit(0)] for _ in range(8)]",
}
EATS = """
import mmap, os, time
def function(x):
    if x == "eats":
        {}
        time.sleep(30)
    return x
"""
# It takes its time between the limit that Python sees and the one at which it is ended, however busy the machine is.
NIBBLES = """
import time
def function(x):
    kept = [b"x" * (50 << 20)] if x == "eats" else []
    while kept and len(kept) < 400:
        kept.append(b"x" * (1 << 20))
        time.sleep(0.1)
    return x
"""


def machine(scratch: Path, text: str) -> Mapping[str, str]:
    (scratch / ".machine.ad").write_text(text)
    return {"_CONDOR_MACHINE_AD": str(scratch / ".machine.ad")}


def run(jobs: Jobs, source: str, python: Interpreter | None = None) -> Ran:
    """Run three components, of which the second needs more memory than the slot has, and HTCondor enforces it."""
    scratch = jobs.scratch(source, ["a", "eats", "b"], python)
    return jobs.run_in(scratch, "0-2", python, environment=machine(scratch, ENFORCED))


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_where_memory_is_enforced_only_the_component_that_needs_more_fails(jobs: Jobs, way: str) -> None:
    ran = run(jobs, EATS.format(way))

    assert ran.exit_code == codes.COMPONENT_FAILED
    assert (ran.statuses, ran.value(0), ran.value(2)) == (["OK", "ERR", "OK"], "a", "b")
    assert ran.record(1)["memory_mb"] >= 100


def test_the_report_says_what_was_needed_and_shows_the_line_of_python(jobs: Jobs, golden: Golden) -> None:
    error = run(jobs, EATS.format(WAYS["at once"])).error(1)

    golden("run/a-component-that-needs-more-memory", f"{error['text']}\n{error['advice']}\n", hide=USED)
    assert re.search(r'File ".*", line 5 in function$', error["tails"]["standard error"], re.MULTILINE)


@pytest.mark.parametrize("python", ["3.8", "3.13"])
def test_python_sees_the_limit_first_and_there_is_memory_for_the_report(
    jobs: Jobs, need_python: Callable[[str], Interpreter], python: str, golden: Golden
) -> None:
    ran = run(jobs, NIBBLES, need_python(python))

    assert (ran.statuses, ran.error(1)["type"]) == (["OK", "ERR", "OK"], "builtins.MemoryError")
    assert "kept" in ran.error(1)["frames"][-1]["locals"]
    golden("run/python-sees-the-limit-first", ran.error(1)["advice"], hide=USED)


def test_the_report_needs_little_memory_where_many_packages_are_installed(jobs: Jobs) -> None:
    full = Interpreter(Path(sys.executable), sys.version_info[:3])  # the environment has all that the tests need
    scratch = jobs.scratch(NIBBLES.replace("0.1", "0.02"), ["eats"], full)
    ran = jobs.run_in(scratch, "0", full, environment=machine(scratch, ENFORCED))

    assert ran.error(0)["type"] == "builtins.MemoryError"
    assert any(name.startswith("pytest==") for name in ran.error(0)["packages"])


def test_what_is_reserved_and_not_used_needs_no_memory(jobs: Jobs) -> None:
    source = "import mmap, time\ndef function(x):\n    m = mmap.mmap(-1, 1 << 30)\n    time.sleep(2)\n    return len(m)"
    scratch = jobs.scratch(source)

    assert jobs.run_in(scratch, environment=machine(scratch, ENFORCED)).value() == 1 << 30


def test_where_memory_is_not_enforced_components_may_use_more(jobs: Jobs) -> None:
    scratch = jobs.scratch("import time\ndef function(x): return [len(b'x' * (300 << 20)), time.sleep(1)]")

    assert jobs.run_in(scratch, environment=machine(scratch, "Memory = 128\n")).value() == [300 << 20, None]


def test_a_component_ends_before_the_system_kills_a_process_of_its_control_group(
    jobs: Jobs, memory_group: Path
) -> None:
    scratch = jobs.scratch(NIBBLES.replace("50", "20"), ["a", "eats", "b"])

    def enter() -> None:
        (memory_group / "cgroup.procs").write_text(str(os.getpid()))

    ran = jobs.run_in(scratch, "0-2", environment=machine(scratch, "Memory = 80\n"), before=enter)

    assert ran.statuses == ["OK", "ERR", "OK"]
    assert ControlGroup(str(memory_group)).kills() == 0


def test_files_that_the_system_has_read_are_no_memory_that_is_needed(jobs: Jobs, memory_group: Path) -> None:
    source = """
import os, time
def function(x):
    with open("large", "wb") as file:
        for _ in range(200):
            file.write(b"x" * (1 << 20))
            os.fsync(file.fileno())
    return sum(len(piece) for piece in iter(open("large", "rb", 0).read, b"")) if x else x
"""
    scratch = jobs.scratch(source)

    def enter() -> None:
        (memory_group / "cgroup.procs").write_text(str(os.getpid()))

    assert jobs.run_in(scratch, environment=machine(scratch, "Memory = 80\n"), before=enter).value() == 0


def test_a_limit_for_several_slots_together_is_nobodys_own(
    tmp_path: Path, memory_group: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = ControlGroup(str(memory_group))
    assert group.limit() == 80 << 20
    for megabytes, is_watched in ((80, True), (40, True), (39, False)):
        for name, value in machine(tmp_path, f"Memory = {megabytes}\n").items():
            monkeypatch.setenv(name, value)

        assert (memory.watch(group) is not None) == is_watched


RETRIED = 'HTMapSubmission = 0\nProcId = 0\nNumJobCompletions = 0\nTransformOnEvict = "RequestMemory"\n'


@pytest.mark.parametrize("python", ["3.8", "3.12"])
def test_a_job_that_is_to_get_more_memory_saves_what_it_has_finished_and_then_uses_too_much(
    jobs: Jobs, need_python: Callable[[str], Interpreter], python: str
) -> None:
    with_python = need_python(python)
    scratch = jobs.scratch(
        "import time\ndef function(x): return [len(b'x' * (x << 20)), time.sleep(x // 100)]", [1, 200], with_python
    )
    (scratch / ".job.ad").write_text(f"{RETRIED}SuccessCheckpointExitCode = 85\n")
    environment = {**machine(scratch, ENFORCED), "_CONDOR_JOB_AD": str(scratch / ".job.ad")}

    saved = jobs.run_in(scratch, "0-1", with_python, environment=environment)
    assert (saved.exit_code, saved.files, saved.results.components) == (codes.SAVED, {"result"}, [0])
    first = saved.record(0)

    again = jobs.run_in(scratch, "0-1", with_python, environment=environment)
    assert (again.exit_code, again.value(1)) == (codes.OK, [200 << 20, None])
    assert again.record(0) == first


def test_a_job_that_can_save_nothing_is_left_to_htcondor_where_it_is_to_get_more_memory(jobs: Jobs) -> None:
    scratch = jobs.scratch("import time\ndef function(x): return [len(b'x' * (200 << 20)), time.sleep(1)]")
    (scratch / ".job.ad").write_text(RETRIED)
    environment = {**machine(scratch, ENFORCED), "_CONDOR_JOB_AD": str(scratch / ".job.ad")}

    assert jobs.run_in(scratch, environment=environment).value() == [200 << 20, None]


def test_what_a_failed_component_had_in_memory_is_free_for_the_next_one(jobs: Jobs) -> None:
    source = """
def function(x):
    with open("/proc/self/statm") as file:
        resident = int(file.read().split()[1]) * 4096
    if x == "fails":
        kept = b"x" * (200 << 20)
        raise ValueError
    return resident >> 20
"""
    ran = jobs.run_in(jobs.scratch(source, ["fails", "next"]), "0-1")

    assert ran.statuses == ["ERR", "OK"]
    assert ran.value(1) < 150
