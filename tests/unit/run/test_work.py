"""How components end, through the real archive: results, errors, and what they leave running."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from htmap_run import codes
from tests.golden_files import Golden

if TYPE_CHECKING:
    from tests.unit.run.conftest import Interpreter, Jobs


@pytest.mark.parametrize(
    "raised", ["SystemExit(0)", "SystemExit('bye')", "KeyboardInterrupt()", "GeneratorExit()", "MemoryError()"]
)
def test_whatever_is_raised_is_that_components_error_alone(jobs: Jobs, raised: str) -> None:
    ran = jobs.run(f"def function(x):\n    if x == 1: raise {raised}\n    return x", [0, 1, 2])

    assert ran.exit_code == codes.COMPONENT_FAILED
    assert ran.statuses == ["OK", "ERR", "OK"]
    assert ran.error(1)["type"] == f"builtins.{raised.partition('(')[0]}"
    assert ran.value(2) == 2


WRITES = """
import os, pathlib, tempfile
def function(what):
    if what == "hands over":
        import htmap
        pathlib.Path("sea").touch()
        htmap.transfer_output_files("sea")
    if what == "makes temporary ones":
        tempfile.mkstemp(dir=".")
    if what in ("writes", "writes more", "returns"):
        pathlib.Path(what + ".csv").touch()
        os.makedirs(what + "/of")
    return 1 if what == "returns" else None
"""


@pytest.mark.parametrize("quiet", ["hands over", "makes temporary ones", "nothing"])
def test_files_that_are_lost_with_their_component_are_noted_once(jobs: Jobs, quiet: str) -> None:
    ran = jobs.run(WRITES, [quiet, "writes", "writes more"])
    assert [ran.record(component).get("left") for component in range(3)] == [None, ["writes", "writes.csv"], None]


def test_files_beside_a_result_are_not_noted(jobs: Jobs) -> None:
    assert "left" not in jobs.run(WRITES, ["returns"]).record()


def test_the_original_exception_comes_back_where_it_can_be_pickled(jobs: Jobs) -> None:
    ran = jobs.run("def function(x): raise KeyError('a', x)", [7])

    assert isinstance(ran.exception(), KeyError)
    assert ran.exception().args == ("a", 7)


def test_an_exception_of_the_users_own_class_comes_back(jobs: Jobs) -> None:
    ran = jobs.run("class Own(Exception): pass\ndef function(x): raise Own(x)", [7])

    assert type(ran.exception()).__name__ == "Own"
    assert ran.exception().args == (7,)


@pytest.mark.parametrize(
    "own",
    [
        "    def __init__(self, a, b): super().__init__(a)",
        "    def __init__(self, *a): self.lock = __import__('threading').Lock()",
        "    def __reduce__(self): raise SystemExit",
        "    def __reduce__(self): return (str, ('something else',))",
    ],
)
def test_an_exception_that_cannot_make_the_way_back_is_told_in_words(jobs: Jobs, own: str) -> None:
    ran = jobs.run(f"class Own(Exception):\n{own}\ndef function(x): raise Own('told', 1)")

    assert ran.results.payload() == b""
    assert ran.error()["type"] == "__main__.Own"
    assert "Own" in ran.error()["text"]


def test_a_result_that_cannot_be_pickled_is_that_components_error_with_advice(jobs: Jobs, golden: Golden) -> None:
    ran = jobs.run("import threading\ndef function(x): return threading.Lock() if x else x", [0, 1, 0])

    assert ran.exit_code == codes.COMPONENT_FAILED
    assert ran.value(2) == 0
    assert "_thread.lock" in ran.error(1)["text"]
    golden("run/a-result-that-cannot-be-pickled", ran.error(1)["advice"])
    assert ran.error(1)["advice"] in ran.output("stderr", 1)


def test_results_of_classes_and_functions_of_the_script_come_back(jobs: Jobs) -> None:
    ran = jobs.run(
        "class Own:\n    def __init__(self, x): self.x = x\ndef function(x): return [Own(x), lambda: x]", [7]
    )

    own, function = ran.value()
    assert (own.x, function()) == (7, 7)


def test_a_forked_child_that_returns_does_not_run_on(jobs: Jobs, golden: Golden) -> None:
    source = """
import os
def function(x):
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
    return "parent" if pid else "child"
"""
    ran = jobs.run(source, [0, 0])

    assert ran.exit_code == codes.OK
    assert [ran.value(component) for component in (0, 1)] == ["parent", "parent"]
    golden("run/a-forked-child-that-returns-does-not-run", ran.output("stderr", 0))


def test_a_forked_child_exits_as_it_asked_to(jobs: Jobs) -> None:
    source = """
import os, sys
def function(x):
    pid = os.fork()
    if not pid:
        print("from the child", end="")
        sys.exit(x)
    return os.waitpid(pid, 0)[1] >> 8
"""
    ran = jobs.run(source, [5, None])

    assert [ran.value(0), ran.value(1)] == [5, 0]
    assert ran.output("stdout", 0) == "from the child"
    assert "3215.stderr" not in ran.files


def test_worker_processes_of_the_function_work(jobs: Jobs, each_python: Interpreter) -> None:
    source = """
import multiprocessing
def function(method):
    with multiprocessing.get_context(method).Pool(1) as pool:
        return pool.map(abs, [-1, -2])
"""
    ran = jobs.run(source, ["fork", "spawn"], each_python)

    assert [ran.value(component) for component in (0, 1)] == [[1, 2], [1, 2]]


def test_a_thread_that_never_ends_does_not_keep_the_job(jobs: Jobs) -> None:
    ran = jobs.run(
        "import threading, time\ndef function(x): threading.Thread(target=time.sleep, args=(10_000,)).start()"
    )

    assert ran.exit_code == codes.OK


def test_a_thread_of_an_executor_that_never_ends_does_not_keep_the_job(jobs: Jobs, each_python: Interpreter) -> None:
    source = """
import concurrent.futures, time
def function(x):
    concurrent.futures.ThreadPoolExecutor(1).submit(time.sleep, 10_000)
"""
    ran = jobs.run(source, [0], each_python)

    assert ran.exit_code == codes.OK


def test_what_is_registered_for_the_exit_is_run(jobs: Jobs, each_python: Interpreter) -> None:
    source = "import atexit\ndef function(x):\n    atexit.register(print, 'bye')\n    atexit.register(lambda: 1 / 0)"

    ran = jobs.run(source, [0], each_python)

    assert ran.exit_code == codes.OK
    assert ran.job_stdout == "bye\n"


def test_processes_of_an_executor_that_the_function_leaves_do_not_keep_the_job(
    jobs: Jobs, each_python: Interpreter
) -> None:
    source = """
import concurrent.futures, multiprocessing
def function(x):
    global left
    left = concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("fork"))
    return left.submit(abs, x).result()
"""
    ran = jobs.run(source, [-1], each_python)

    assert ran.exit_code == codes.OK
    assert ran.value(0) == 1


def test_what_ends_processes_of_other_executors_is_run(jobs: Jobs, each_python: Interpreter) -> None:
    source = """
import atexit, threading
def function(x):
    register = getattr(threading, "_register_atexit", atexit.register)  # as joblib does
    register(print, "bye")
    register(lambda: 1 / 0)
"""
    ran = jobs.run(source, [0], each_python)

    assert ran.exit_code == codes.OK
    assert ran.job_stdout == "bye\n"


def test_the_record_says_whether_a_result_has_code_by_value(jobs: Jobs) -> None:
    source = """
class Own(Exception): pass
def function(x):
    if x > 1:
        raise (Own if x > 2 else KeyError)(x)
    return function if x else 0
"""
    ran = jobs.run(source, [0, 1, 2, 3])

    assert [ran.record(component)["by_value"] for component in (0, 1)] == [False, True]
    assert [ran.error(component)["by_value"] for component in (2, 3)] == [False, True]
