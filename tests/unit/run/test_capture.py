"""What components print, through the real archive: each has its own, wherever it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.run.conftest import Jobs

DOUBLE = "def function(x): return 2 * x"


def test_each_component_has_its_own_output_that_of_subprocesses_included(jobs: Jobs) -> None:
    source = """
import subprocess, sys, os
def function(x):
    print("before", x)
    subprocess.run(["sh", "-c", f"echo child {x}; echo complaint {x} >&2"])
    os.write(1, b"descriptor\\n")
    print("after", x, end="")
"""
    ran = jobs.run(source, [0, 1])

    assert ran.output("stdout", 0) == "before 0\nchild 0\ndescriptor\nafter 0"
    assert ran.output("stdout", 1) == "before 1\nchild 1\ndescriptor\nafter 1"
    assert ran.output("stderr", 1) == "complaint 1\n"
    assert (ran.job_stdout, ran.job_stderr) == ("", "")


def test_output_through_the_c_library_is_in_its_component(jobs: Jobs) -> None:
    scratch = jobs.scratch("import ctypes\ndef function(x): ctypes.CDLL(None).printf(b'printed %d\\n', x)", [0, 1])
    # Stands for an extension module: it has a file, of the kind that may print through C.
    (scratch / "extension.py").write_text("__spec__.origin = 'extension.so'")
    jobs.block(scratch, 0, 0, [0, 1])
    (scratch / "sitecustomize.py").write_text("import extension")

    ran = jobs.run_in(scratch, "0-1", environment={"PYTHONPATH": str(scratch)})

    assert [ran.output("stdout", component) for component in (0, 1)] == ["printed 0\n", "printed 1\n"]


def test_output_comes_back_with_the_results_in_one_file(jobs: Jobs) -> None:
    silent = jobs.run(DOUBLE)
    noisy = jobs.run("def function(x): print(x)")

    assert silent.files == noisy.files == {"result"}


def test_much_output_comes_back_whole(jobs: Jobs) -> None:
    ran = jobs.run("def function(x): print('x' * 3_000_000)")

    assert ran.output("stdout") == "x" * 3_000_000 + "\n"


def test_a_function_that_cuts_its_own_output_loses_no_result(jobs: Jobs) -> None:
    ran = jobs.run(
        "def function(x):\n    print('line')\n    open('_htmap_return/stdout', 'w').close()\n    return x", [1, 2]
    )

    assert [ran.value(component) for component in (0, 1)] == [1, 2]


def test_output_is_in_the_file_while_the_component_runs(jobs: Jobs) -> None:
    source = "def function(path):\n    print('line')\n    return open(path).read()"
    scratch = jobs.scratch(source, ["_htmap_return/stdout"])

    assert jobs.run_in(scratch).value() == "line\n"


def test_any_text_can_be_printed_in_any_locale(jobs: Jobs) -> None:
    ran = jobs.run(
        "def function(x): print('é \\udcff \U0001f600')",
        environment={"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    )

    assert ran.output("stdout") == "é \\udcff \U0001f600\n"


def test_a_function_that_closes_the_descriptor_and_prints_loses_no_other_component(jobs: Jobs) -> None:
    source = """
import os
def function(x):
    if x == 1:
        os.close(1)
    print(x)
    return x
"""
    ran = jobs.run(source, [0, 1, 2])

    assert [ran.value(component) for component in (0, 2)] == [0, 2]
