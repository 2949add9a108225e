"""The path of a job through the real archive: components, their output, their records, the exit code."""

from __future__ import annotations

import os
import pickle
import sys
import time
from typing import TYPE_CHECKING

from htmap_run import codes

if TYPE_CHECKING:
    from tests.unit.run.conftest import Interpreter, Jobs

DOUBLE = "def function(x): return 2 * x"


def test_every_python_runs_components_without_htmap_or_cloudpickle(jobs: Jobs, each_python: Interpreter) -> None:
    ran = jobs.run(DOUBLE, [1, "a", [3]], each_python)

    assert ran.exit_code == codes.OK
    assert [ran.value(component) for component in range(3)] == [2, "aa", [3, 3]]
    assert ran.run["runtime"]["python"] == ".".join(map(str, each_python.version))


def test_only_the_components_that_are_asked_for_are_run_in_their_order(jobs: Jobs) -> None:
    scratch = jobs.scratch(DOUBLE, range(10))

    ran = jobs.run_in(scratch, "7,2-3")

    assert [(component, ran.value(component)) for component in ran.results.components] == [
        (7, 14),
        (2, 4),
        (3, 6),
    ]


def test_a_job_may_read_several_blocks(jobs: Jobs) -> None:
    scratch = jobs.scratch(DOUBLE, range(2))
    jobs.block(scratch, 1, 2, [20, 30])

    ran = jobs.run_in(scratch, "1-3", blocks="_htmap_inputs_0,_htmap_inputs_1")

    assert [ran.value(component) for component in (1, 2, 3)] == [2, 40, 60]


def test_positional_and_keyword_arguments_arrive(jobs: Jobs) -> None:
    inputs = pickle.dumps(((1, 2), {"c": 3}))

    ran = jobs.run("def function(a, b, c): return [a, b, c]", [inputs])

    assert ran.value() == [1, 2, 3]


def test_the_function_is_unpickled_once(jobs: Jobs) -> None:
    source = "calls = []\ndef function(x):\n    calls.append(x)\n    return list(calls)"

    ran = jobs.run(source, [1, 2])

    assert ran.value(1) == [1, 2]


def test_a_function_sees_where_it_runs(jobs: Jobs) -> None:
    source = """
import os, sys
def function(x): return [os.environ["HTMAP_ON_EXECUTE"], os.environ["HTMAP_COMPONENT"], os.getcwd(), sys.argv[1:]]
"""

    ran = jobs.run(source, [0, 0])

    assert ran.value(1) == ["1", "1", str(ran.scratch), []]


def test_a_module_among_the_input_files_can_be_imported(jobs: Jobs) -> None:
    scratch = jobs.scratch("def function(x):\n    import sent_along\n    return sent_along.VALUE")
    (scratch / "sent_along.py").write_text("VALUE = 5")

    assert jobs.run_in(scratch).value() == 5


def test_what_a_component_does_to_its_process_is_undone_for_the_next(jobs: Jobs) -> None:
    source = """
import os, sys, io
def function(x):
    here = os.getcwd()
    os.chdir("/")
    print("out", x); print("err", x, file=sys.stderr)
    sys.stdout.close(); sys.stderr = io.StringIO(); os.close(1)
    del os.environ["HTMAP_COMPONENT"]
    return here
"""
    ran = jobs.run(source, [0, 1, 2])

    assert [ran.value(component) for component in range(3)] == [str(ran.scratch)] * 3
    assert [ran.output("stdout", component) for component in range(3)] == ["out 0\n", "out 1\n", "out 2\n"]
    assert [ran.output("stderr", component) for component in range(3)] == ["err 0\n", "err 1\n", "err 2\n"]


def test_modules_can_be_imported_from_the_archive_after_a_change_of_directory(jobs: Jobs) -> None:
    ran = jobs.run(
        "def function(x):\n    import os\n    os.chdir('/')\n    import htmap\n    raise ValueError(htmap.__name__)"
    )

    assert ran.error()["message"] == "htmap"


def test_a_record_tells_times_and_memory_of_its_own_component(jobs: Jobs) -> None:
    source = "import time\ndef function(x):\n    time.sleep(x / 100)\n    return len(b'x' * (x << 20))"

    began = time.monotonic()
    ran = jobs.run(source, [0, 50, 0])
    whole = time.monotonic() - began

    before, large, after = (ran.record(component) for component in range(3))
    assert 0.5 <= large["end"] - large["start"] < whole
    assert large["end"] <= after["start"]
    assert before["memory_mb"] + 45 <= large["memory_mb"] < before["memory_mb"] + 60
    assert after["memory_mb"] < large["memory_mb"] - 40


def test_the_memory_of_a_child_counts(jobs: Jobs) -> None:
    source = "import subprocess, sys\ndef function(x): subprocess.run([sys.executable, '-c', 'b\"x\" * (100 << 20)'])"

    assert jobs.run(source).record()["memory_mb"] >= 100


def test_the_result_file_tells_where_it_ran(jobs: Jobs) -> None:
    scratch = jobs.scratch(DOUBLE)
    (scratch / ".machine.ad").write_text(
        'Name = "slot1_3@wn042.example.org"\nMyAddress = "<10.0.0.42:9618?noUDP>"\nMemory = 128\nSTARTD = "x"\nbroken\n'
    )

    host = jobs.run_in(scratch, environment={"_CONDOR_MACHINE_AD": str(scratch / ".machine.ad")}).run["host"]

    assert host["slot"] == "slot1_3@wn042.example.org"
    assert host["address"] == "<10.0.0.42:9618?noUDP>"
    assert (host["name"], host["scratch"]) == (os.uname().nodename, str(scratch))
    assert host["user"]


def test_a_missing_machine_ad_does_no_harm(jobs: Jobs) -> None:
    ran = jobs.run(DOUBLE, environment={"_CONDOR_MACHINE_AD": "/no/such/file"})

    assert (ran.exit_code, ran.run["host"]["slot"]) == (codes.OK, None)


def test_plain_functions_inputs_and_results_load_no_cloudpickle(jobs: Jobs) -> None:
    names = "[name for name in __import__('sys').modules if name.startswith('cloudpickle')]"
    scratch = jobs.scratch(pickle.dumps(eval, 5), ["{'a': [1.5, 'b']}", names])

    ran = jobs.run_in(scratch, "0-1")

    assert ran.value(1) == []


def test_the_submit_sides_python_uses_the_compiled_modules_and_others_do_not(
    jobs: Jobs, each_python: Interpreter
) -> None:
    source = "import sys\ndef function(x): return sys.modules['htmap_run.job.work'].Work.end_of.__code__.co_filename"

    code_file = jobs.run(source, [0], each_python).value()

    assert code_file.startswith("<htmap>/") == (each_python.version[:2] == sys.version_info[:2])
