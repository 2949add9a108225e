"""Components whose process dies: each gets a report like any other, and the rest of the job goes on."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from htmap_run import codes
from tests.golden_files import Golden

if TYPE_CHECKING:
    from tests.unit.run.conftest import Interpreter, Jobs

USED = {re.compile(r"used \d+ MB"): "USED"}

DIES = """
import os
def function(x):
    if x == "die":
        print("last", "words", flush=True)
        {}
    return x
"""
WAYS = {
    "os._exit(0)": "ended with exit code 0",
    "os._exit(1)": "ended with exit code 1",
    "os.kill(os.getpid(), 9)": "was killed by signal 9 (SIGKILL)",
    "os.kill(os.getpid(), 15)": "was killed by signal 15 (SIGTERM)",
    "os.killpg(0, 9)": "was killed by signal 9 (SIGKILL)",
    "os.execv('/bin/false', ['false'])": "ended with exit code 1",
    "import ctypes; ctypes.string_at(0)": "was killed by signal 11 (SIGSEGV)",
    "import threading; threading.Thread(target=os._exit, args=(3,)).start(); threading.Event().wait()": "exit code 3",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_component_that_dies_is_reported_and_the_others_keep_their_results(jobs: Jobs, way: str) -> None:
    ran = jobs.run(DIES.format(way), ["a", "die", "b", "die", "c"])

    assert ran.exit_code == codes.COMPONENT_FAILED
    assert ran.statuses == ["OK", "ERR", "OK", "ERR", "OK"]
    assert [ran.value(component) for component in (0, 2, 4)] == ["a", "b", "c"]
    assert WAYS[way] in ran.error(1)["text"]


def test_every_python_reports_a_death(jobs: Jobs, each_python: Interpreter) -> None:
    ran = jobs.run(DIES.format("os._exit(1)"), ["die", "a"], each_python)

    assert ran.error(0)["type"] == "htmap.ComponentDied"
    assert ran.value(1) == "a"


def test_the_report_on_a_death_has_all_parts_of_any_other(jobs: Jobs) -> None:
    ran = jobs.run("def function(x):\n    if x: __import__('os')._exit(1)\n    1 / 0", [0, 1])

    raised, died = (ran.error(component) for component in (0, 1))
    assert died.keys() == raised.keys() | {"tails"}
    assert died["packages"] == raised["packages"]
    assert "_htmap_function" in died["scratch"]
    assert ran.record(1).keys() == ran.record(0).keys()
    assert ran.record(0)["end"] <= ran.record(1)["start"] <= ran.record(1)["end"]


def test_what_the_dead_wrote_is_its_own_and_ends_with_what_became_of_it(jobs: Jobs, golden: Golden) -> None:
    ran = jobs.run(DIES.format("os.write(2, b'complaint\\n'); os._exit(1)"), ["a", "die", "b"])

    assert ran.output("stdout", 1) == "last words\n"
    golden("run/what-the-dead-wrote-is-its-own-and-ends", ran.output("stderr", 1))
    assert ran.error(1)["tails"] == {"standard output": "last words\n", "standard error": "complaint\n"}
    assert [ran.output("stderr", component) for component in (0, 2)] == ["", ""]


def test_a_crash_shows_the_line_of_python(jobs: Jobs, golden: Golden) -> None:
    error = jobs.run("import ctypes\ndef function(x): ctypes.string_at(0)").error()

    assert re.search(r'File ".*", line 2 in function$', error["tails"]["standard error"], re.MULTILINE)
    golden("run/a-crash-shows-the-line-of-python", error["advice"])


def test_a_module_that_crashes_while_it_is_imported_is_reported(jobs: Jobs) -> None:
    scratch = jobs.scratch("def function(x): import crashing", [0, 1])
    (scratch / "crashing.py").write_text("import os; os.abort()")

    ran = jobs.run_in(scratch, "0-1")

    assert ["SIGABRT" in ran.error(component)["text"] for component in (0, 1)] == [True, True]


def test_memory_near_that_of_the_slot_is_suspected(jobs: Jobs, golden: Golden) -> None:
    source = "import os, signal\ndef function(x):\n    b'x' * (x << 20)\n    os.kill(os.getpid(), signal.SIGKILL)"
    scratch = jobs.scratch(source, [100, 0])
    (scratch / ".machine.ad").write_text("Memory = 110\n")

    ran = jobs.run_in(scratch, "0-1", environment={"_CONDOR_MACHINE_AD": str(scratch / ".machine.ad")})

    assert 100 <= ran.record(0)["memory_mb"] < 130
    golden("run/memory-near-that-of-the-slot-is-suspected-1", ran.error(0)["advice"], hide=USED)
    golden("run/memory-near-that-of-the-slot-is-suspected-2", ran.error(1)["advice"], hide=USED)


def test_the_system_kills_the_component_and_not_the_job_where_memory_runs_out(
    jobs: Jobs, memory_group: Path, golden: Golden
) -> None:
    scratch = jobs.scratch("def function(x): return len(b'x' * (x << 20))", [200, 1])

    def enter() -> None:
        (memory_group / "cgroup.procs").write_text(str(os.getpid()))

    ran = jobs.run_in(scratch, "0-1", before=enter)

    golden("run/the-system-kills-the-component-and-not-the-job", ran.error(0)["advice"], hide=USED)
    assert ran.value(1) == 1 << 20


def test_a_component_without_memory_raises_as_any_other(jobs: Jobs) -> None:
    source = """
import resource
def function(x):
    resource.setrlimit(resource.RLIMIT_AS, (1 << 28, 1 << 28))
    return len(b"x" * (1 << 30))
"""
    assert jobs.run(source).error()["type"] == "builtins.MemoryError"


def test_processes_that_the_dead_left_behind_end_with_it(jobs: Jobs) -> None:
    source = """
import os, subprocess, sys, time
def function(x):
    if x == "die":
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1); print('too late')"])
        os._exit(1)
    time.sleep(2)
"""
    ran = jobs.run(source, ["die", "b"])

    assert ran.output("stdout", 1) == ""


def test_a_daemon_of_the_function_does_not_run_on_as_a_second_job(jobs: Jobs, golden: Golden) -> None:
    source = "import os\ndef function(x):\n    if x and os.fork(): os._exit(0)\n    return x"

    ran = jobs.run(source, [1, 0])

    golden("run/a-daemon-of-the-function-does-not-run", ran.error(0)["text"])
    assert ran.value(1) == 0


def test_the_end_of_a_worker_after_its_last_component_harms_nobody(jobs: Jobs) -> None:
    source = "import atexit, os\ndef function(x):\n    atexit.register(os.abort)\n    return x"

    ran = jobs.run(source, [1, 2])

    assert (ran.exit_code, ran.value(0), ran.value(1)) == (codes.OK, 1, 2)


def test_nothing_but_the_result_is_left(jobs: Jobs) -> None:
    ran = jobs.run("def function(x): __import__('os')._exit(x)", [1])

    assert ran.files == {"result"}


def test_the_others_run_on_although_the_dead_one_had_removed_all_that_it_found(jobs: Jobs) -> None:
    source = """
import os, shutil
def function(x):
    if x == 1:
        for name in os.listdir():
            shutil.rmtree(name) if os.path.isdir(name) else os.unlink(name)
        os._exit(1)
    return x
"""
    ran = jobs.run(source, range(4))
    assert ran.statuses == ["OK", "ERR", "OK", "OK"]
