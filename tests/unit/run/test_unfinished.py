"""Jobs that cannot finish: an exit code of their own, a word on standard error, and no result file."""

from __future__ import annotations

import re
import resource
import signal
from typing import TYPE_CHECKING

import pytest

from htmap_run import codes
from tests.golden_files import Golden

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.run.conftest import Interpreter, Jobs

DOUBLE = "def function(x): return 2 * x"


def test_a_damaged_function_is_no_error_of_a_component(jobs: Jobs, golden: Golden) -> None:
    scratch = jobs.scratch(DOUBLE)
    damage(scratch / "_htmap_function")

    ran = jobs.run_in(scratch)

    assert ran.exit_code == codes.CANNOT_FINISH
    golden(
        "run/a-damaged-function-is-no-components-error",
        ran.job_stderr.splitlines()[0],
        hide={re.compile(r"\d+ bytes"): "N bytes"},  # Pythons differ in how long the pickle is
    )
    assert ran.files == {"stdout", "stderr"}
    assert (ran.returned / "stderr").read_text() == ran.job_stderr


def damage(path: Path) -> None:
    """Flip the last bit of the payload of the last frame."""
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


def test_a_damaged_input_is_the_error_of_its_component_alone(jobs: Jobs, each_python: Interpreter) -> None:
    scratch = jobs.scratch(DOUBLE, [1, 2, 3], each_python)
    damage(scratch / "_htmap_inputs_0")

    ran = jobs.run_in(scratch, "0-2", each_python)

    assert ran.exit_code == codes.COMPONENT_FAILED
    assert [ran.value(component) for component in (0, 1)] == [2, 4]
    assert ran.error(2)["type"] == "htmap.CorruptFile"
    assert "_htmap_inputs_0" in ran.error(2)["message"]


@pytest.mark.parametrize("missing", ["_htmap_function", "_htmap_inputs_0"])
def test_a_missing_file_is_named(jobs: Jobs, missing: str) -> None:
    scratch = jobs.scratch(DOUBLE)
    (scratch / missing).unlink()

    ran = jobs.run_in(scratch)

    assert ran.exit_code == codes.CANNOT_FINISH
    assert missing in ran.job_stderr


def test_a_component_without_input_is_named(jobs: Jobs, golden: Golden) -> None:
    ran = jobs.run_in(jobs.scratch(DOUBLE, [1]), "0-1")

    assert (ran.exit_code, ran.value(0)) == (codes.COMPONENT_FAILED, 2)
    golden("run/a-component-without-input-is-named", ran.error(1)["message"])


def test_a_wrong_command_line_shows_the_right_one(jobs: Jobs) -> None:
    ran = jobs.run_in(jobs.scratch(DOUBLE), command=[str(jobs.python.path), "runtime.pyz", "two", "more", "words"])

    assert ran.exit_code == codes.CANNOT_FINISH
    assert "usage: BLOCKS COMPONENTS" in ran.job_stderr


def limit_file_size() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))


@pytest.mark.parametrize("size", [400_000, 299_990])
def test_a_disk_that_is_full_ends_the_job_with_a_word_and_no_result_file(jobs: Jobs, size: int, golden: Golden) -> None:
    scratch = jobs.scratch("import os\ndef function(size):\n    os.chdir('/')\n    return b'x' * size", [size])

    ran = jobs.run_in(scratch, before=limit_file_size)

    assert ran.exit_code == codes.NO_ROOM
    golden("run/a-disk-that-is-full-ends-the-job-with-a-word", ran.job_stderr.splitlines()[0])
    assert ran.files == {"stdout", "stderr"}


def test_a_worker_that_is_lost_before_it_begins_a_component_is_no_components_error(jobs: Jobs, golden: Golden) -> None:
    scratch = jobs.scratch(DOUBLE)
    (scratch / "sitecustomize.py").write_text("""
import os
first = os.getpid()
os.register_at_fork(after_in_child=lambda: os.getppid() == first or os._exit(5))
""")

    ran = jobs.run_in(scratch, environment={"PYTHONPATH": str(scratch)})

    assert ran.exit_code == codes.CANNOT_FINISH
    golden("run/a-worker-that-is-lost-before-it-begins", ran.job_stderr.splitlines()[0])
    assert ran.files == {"stdout", "stderr"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_a_job_that_is_asked_to_end_dies_by_the_signal_and_reports_nothing(jobs: Jobs, number: signal.Signals) -> None:
    source = f"""
import os, signal, time
def function(x):
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.kill(first_process(), {int(number)})
    time.sleep(60)
"""
    ran = jobs.run(source, [0, 1])

    assert ran.exit_code == -number
    assert (ran.files, ran.results.components) == ({"result"}, [])


def test_a_signal_at_the_moment_of_the_fork_is_not_lost(jobs: Jobs) -> None:
    scratch = jobs.scratch(DOUBLE)
    (scratch / "sitecustomize.py").write_text("""
import os, signal, time
os.register_at_fork(before=lambda: os.kill(os.getpid(), signal.SIGTERM), after_in_child=lambda: time.sleep(0.5))
""")

    ran = jobs.run_in(scratch, environment={"PYTHONPATH": str(scratch)})

    assert ran.exit_code == -signal.SIGTERM
    assert (ran.files, ran.results.components) == ({"result"}, [])


def test_a_function_may_handle_the_signal_that_asks_its_job_to_end(jobs: Jobs) -> None:
    source = """
import os, signal, time
def function(x):
    got = []
    signal.signal(signal.SIGTERM, lambda number, _: got.append(number))
    os.kill(first_process(), signal.SIGTERM)
    while not got: time.sleep(0.01)
    return got
"""
    ran = jobs.run(source)

    assert ran.exit_code == codes.OK
    assert ran.value() == [signal.SIGTERM]


CLEANING = """
def function(x):
    import glob, os, shutil
    print("working")
    for name in glob.glob("*"):
        shutil.rmtree(name) if os.path.isdir(name) else os.unlink(name)
    return complex(x)
"""


def test_a_function_that_removes_everything_in_its_directory_has_a_result_all_the_same(
    jobs: Jobs, each_python: Interpreter
) -> None:
    scratch = jobs.scratch(CLEANING, [1, 2], each_python)
    (scratch / "_condor_stdout").touch()

    ran = jobs.run_in(scratch, "0-1", each_python)

    assert (ran.exit_code, ran.value(0), ran.value(1)) == (codes.OK, 1 + 0j, 2 + 0j)
    assert (scratch / "_condor_stdout").read_text() == ""


def test_what_it_raises_then_is_reported_like_anything_else(jobs: Jobs, each_python: Interpreter) -> None:
    ran = jobs.run(CLEANING.replace("return complex(x)", "1 / 0"), [1], each_python)

    assert ran.exit_code == codes.COMPONENT_FAILED
    assert ran.error()["type"] == "builtins.ZeroDivisionError"
    assert ran.error()["frames"][-1]["name"] == "function"


@pytest.mark.parametrize("end", ["return x", "1 / 0"])
def test_a_function_may_remove_even_the_directory_itself(jobs: Jobs, end: str) -> None:
    scratch = jobs.scratch(f"def function(x):\n    import os, shutil\n    shutil.rmtree(os.getcwd())\n    {end}", [1])
    (scratch / "_condor_stdout").touch()

    ran = jobs.run_in(scratch)

    assert ran.record()["status"] == ("OK" if end == "return x" else "ERR")
    assert (scratch / "_condor_stdout").is_file()


GONE = """
def function(x):
    import os
    if x == 0:
        os.unlink("runtime.pyz")
        return 0
    {then}
"""


def test_the_archive_is_there_when_it_is_needed_after_it_was_deleted(jobs: Jobs) -> None:
    """Not each component that returns plain data looks whether it is still there."""
    ran = jobs.run(GONE.format(then="import htmap; return hasattr(htmap, 'checkpoint')"), [0, 1])
    assert ran.value(1) is True


def test_processes_can_be_started_anew_after_it_was_deleted(jobs: Jobs) -> None:
    source = """
def function(x):
    import multiprocessing, os
    got = multiprocessing.get_context("spawn").Pool(1).map_async(abs, [-x]).get(60)
    os.unlink("runtime.pyz")
    return got
"""
    ran = jobs.run(source, [1, 2])
    assert (ran.value(0), ran.value(1)) == ([1], [2])


def test_a_death_after_the_archive_was_deleted_is_reported(jobs: Jobs) -> None:
    ran = jobs.run(GONE.format(then="os.kill(os.getpid(), 9)"), [0, 1])
    assert ran.error(1)["type"] == "htmap.ComponentDied"
