"""Functions that use several processes, or pickle by themselves, through the real archive.

What hangs ends by an alarm: the supervisor then kills the worker's children, too, and the component has an error.
"""

from __future__ import annotations

import pickle
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from htmap_core.testing import eventually
from tests.unit.run.conftest import EXECUTE_SIDE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.run.conftest import Interpreter, Jobs, Ran

METHODS = ["fork", "spawn", "forkserver"]
SECONDS = 100

SCRIPT = f"""
import concurrent.futures, enum, functools, multiprocessing, os, pickle, signal
from multiprocessing.managers import BaseManager

class Level(enum.Enum):
    HIGH = 1

class Point:
    class Inner:
        pass

    def __init__(self, x): self.x = x
    def moved(self): return Point(self.x + OFFSET)
    @staticmethod
    def twice(x): return 2 * x
    @staticmethod
    def made(x): return Point(x)

class Own(Exception): pass
class Counter:
    def more(self): return Point(8)

class Counters(BaseManager): pass
Counters.register("Counter", Counter)

OFFSET = 1
BEGUN = []

def start(x): return x * x  # the runner has a function of this name, too
def fail(point): raise Own(point.x)
def begin(x): BEGUN.append(x)
def begun(_): return list(BEGUN)
def put(queue, point): queue.put([point.moved(), start, Level.HIGH, Point.Inner])
def pid(_): return os.getpid()
def start_another(queue, method):
    child = multiprocessing.get_context(method).Process(target=put, args=(queue, Point(4)))
    child.start()
    child.join()

def with_alarm(function):
    @functools.wraps(function)
    def wrapped(*args):
        signal.alarm({SECONDS})
        try:
            return function(*args)
        finally:
            signal.alarm(0)
    return wrapped
"""


def with_function(body: str) -> str:
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return f"{SCRIPT}\n@with_alarm\ndef function(method):\n    context = multiprocessing.get_context(method)\n{lines}\n"


def run(jobs: Jobs, python: Interpreter, body: str, methods: list[str] = METHODS) -> Ran:
    return jobs.run(with_function(body), methods, python)


@pytest.fixture(params=[*EXECUTE_SIDE, "3.14"])
def python(request: pytest.FixtureRequest, need_python: Callable[[str], Interpreter]) -> Interpreter:
    return need_python(request.param)


class TestNamesOfTheScriptInOtherProcesses:
    def test_a_pool_calls_them(self, jobs: Jobs, python: Interpreter) -> None:
        body = """
with context.Pool(2, initializer=begin, initargs=(7,)) as pool:
    squares = pool.map(start, range(3))
    points = pool.map(Point.made, [5])
    moved = pool.map(Point.moved, points)
    assert type(moved[0]) is Point, type(moved[0])
    try:
        pool.apply(fail, moved)
    except Own as error:
        return squares, moved[0].x, error.args[0], pool.map(begun, [0])
"""
        ran = run(jobs, python, body)

        assert [ran.value(component) for component in range(3)] == [([0, 1, 4], 6, 6, [[7]])] * 3

    def test_a_process_and_a_queue_know_them(self, jobs: Jobs, python: Interpreter) -> None:
        body = """
queue = context.Queue()
process = context.Process(target=put, args=(queue, Point(3)))
process.start()
point, square, level, inner = queue.get()
process.join()
assert (type(point), square, level, inner) == (Point, start, Level.HIGH, Point.Inner)
return point.x, process.exitcode
"""
        ran = run(jobs, python, body)

        assert [ran.value(component) for component in range(3)] == [(4, 0)] * 3

    def test_a_process_of_a_process_knows_them(self, jobs: Jobs, python: Interpreter) -> None:
        body = """
queue = context.Queue()
process = context.Process(target=start_another, args=(queue, method))
process.start()
point = queue.get()[0]
process.join()
return point.x
"""
        ran = run(jobs, python, body)

        assert [ran.value(component) for component in range(3)] == [5] * 3

    def test_a_manager_serves_them(self, jobs: Jobs, python: Interpreter) -> None:
        body = """
with Counters(ctx=context) as counters, context.Manager() as manager:
    shared = manager.list([Point(1)])
    shared.append(start)
    point = counters.Counter().more()
    assert type(point) is type(shared[0]) is Point and shared[1] is start
    return point.x
"""
        ran = run(jobs, python, body)

        assert [ran.value(component) for component in range(3)] == [8] * 3

    def test_an_executor_calls_them(self, jobs: Jobs, python: Interpreter) -> None:
        body = """
with concurrent.futures.ProcessPoolExecutor(2, context, initializer=begin, initargs=(7,)) as executor:
    moved = executor.submit(Point.moved, Point(2)).result()
    assert type(moved) is Point
    return list(executor.map(start, range(3))), moved.x, executor.submit(begun, 0).result()
"""
        ran = run(jobs, python, body)

        assert [ran.value(component) for component in range(3)] == [([0, 1, 4], 3, [7])] * 3


class TestPickle:
    def test_writes_names_of_the_script(self, jobs: Jobs, python: Interpreter) -> None:
        body = """
import __main__, shelve
with shelve.open("shelf") as shelf:
    shelf["point"] = Point(3)
    assert type(shelf["point"]) is Point
assert __main__.start is start and not hasattr(__main__, "nothing")
return [pickle.loads(pickle.dumps(each)) is each for each in (start, Point, Point.Inner, Point.made, Level.HIGH, function)]
"""
        ran = run(jobs, python, body, ["fork"])

        assert ran.value() == [True] * 6

    def test_finds_a_static_method_whose_class_did_not_come_along(self, jobs: Jobs) -> None:
        source = f"{SCRIPT}\ntwice = Point.twice\ndef function(x): return pickle.loads(pickle.dumps(twice)) is twice"

        assert jobs.run(source).value()

    def test_finds_the_decorated_function_by_its_name(self, jobs: Jobs) -> None:
        source = f"""
{SCRIPT}
import functools
def traced(function): return functools.wraps(function)(lambda *args: function(*args) + 1)
@traced
def one(): return 1
def function(x, one=one): return pickle.loads(pickle.dumps(one))()
"""
        assert jobs.run(source).value() == 2

    def test_results_still_bring_their_classes_along(self, jobs: Jobs) -> None:
        ran = run(jobs, jobs.python, "return Point(5)", ["fork"])

        assert ran.record()["by_value"]
        assert ran.value().moved().x == 6


class TestInputs:
    SOURCE = f"""
import cloudpickle
{SCRIPT}
class Other(Point):
    def moved(self): return Other(self.x + 10 * int(os.environ["HTMAP_COMPONENT"]))
def move(point): return point.moved()
@with_alarm
def work(method, given, call):
    with multiprocessing.get_context(method).Pool(1) as pool:
        (moved,) = pool.map(call, [given])
        return type(moved) is type(given), moved.x
def pickled(call):
    methods = enumerate(["spawn", "fork", "forkserver", "forkserver"])
    inputs = [cloudpickle.dumps(((method, Other(number), call), {{}}), 5) for number, method in methods]
    return cloudpickle.dumps(work, 5), inputs
"""

    @pytest.mark.parametrize("call", ["Other.moved", "move"])
    def test_what_they_bring_along_is_known_in_other_processes(
        self, jobs: Jobs, python: Interpreter, call: str
    ) -> None:
        pickled = jobs.pickled(f"{self.SOURCE}\npair = pickled({call})", python, "pair")
        function, inputs = pickle.loads(pickled)
        scratch = jobs.scratch(function, python=python)
        jobs.block(scratch, 0, 0, inputs, by_value=range(4))

        ran = jobs.run_in(scratch, "0-3", python)

        assert [ran.value(component) for component in range(4)] == [(True, value) for value in (0, 11, 22, 33)]


class TestModulesOfTheUser:
    """Modules that go by value: a folder has them where the function is pickled, and nobody where it runs."""

    @pytest.fixture
    def run_with_own(self, jobs: Jobs, tmp_path: Path) -> Callable[[str], Ran]:
        (tmp_path / "tides").mkdir()
        (tmp_path / "tides" / "__init__.py").write_text("")
        (tmp_path / "tides" / "heights.py").write_text(
            "class Height:\n    def __init__(self, x): self.x = x\ndef raised(height): return Height(height.x + 1)\n"
        )

        def run_it(body: str) -> Ran:
            own = "import cloudpickle, tides.heights\ncloudpickle.register_pickle_by_value(tides)\n"
            names = "from tides.heights import Height, raised\n"
            payload = jobs.pickled(own + names + with_function(body), jobs.python)
            scratch = jobs.scratch(payload, METHODS)
            return jobs.run_in(scratch, "0-2")

        return run_it

    def test_are_known_in_other_processes(self, run_with_own: Callable[[str], Ran]) -> None:
        body = """
with context.Pool(1) as pool:
    (height,) = pool.map(raised, [Height(3)])
assert type(height) is type(pickle.loads(pickle.dumps(height))) is Height
return height.x, height
"""
        ran = run_with_own(body)

        assert [(ran.value(component)[0], ran.record(component)["by_value"]) for component in range(3)] == [
            (4, True)
        ] * 3

    def test_are_missing_where_more_is_wanted_than_came_along(self, run_with_own: Callable[[str], Ran]) -> None:
        body = """
from tides.heights import Height as found
assert found is Height and raised
from tides.heights import lowered
"""
        ran = run_with_own(body)

        assert (ran.error()["type"], ran.error()["missing_module"]) == ("builtins.ModuleNotFoundError", "tides.heights")

    @pytest.mark.parametrize(("missing", "told"), [("tides.winds", "tides.winds"), ("winds", "winds")])
    def test_others_are_missing_as_ever(self, run_with_own: Callable[[str], Ran], missing: str, told: str) -> None:
        ran = run_with_own(f"assert Height\nimport {missing}")

        assert ran.error()["missing_module"] == told


class TestProcessesThatAreLeft:
    @pytest.mark.parametrize("made", ["context.Pool(1)", "concurrent.futures.ProcessPoolExecutor(1, context)"])
    def test_a_pool_or_executor_serves_later_components_and_does_not_keep_the_job(
        self, jobs: Jobs, python: Interpreter, made: str
    ) -> None:
        body = f"""
global LEFT
if "LEFT" not in globals():
    import atexit
    atexit.register(open, "ended", "w")  # called last
    LEFT = {made}
    atexit.register(signal.alarm, {SECONDS})
return list(LEFT.map(start, range(3)))
"""
        for method in METHODS:
            ran = run(jobs, python, body, [method] * 2)

            assert [ran.value(component) for component in range(2)] == [[0, 1, 4]] * 2
            assert (ran.scratch / "ended").exists()

    @pytest.mark.parametrize("method", METHODS)
    def test_processes_end_where_the_job_is_asked_to_end(self, jobs: Jobs, method: str) -> None:
        body = """
import time
with context.Pool(2) as pool:
    with open("pids", "w") as file:
        print(*pool.map(pid, range(2), chunksize=1), file=file)
    os.kill(first_process(), signal.SIGTERM)
    pool.map(time.sleep, [1000, 1000])
"""
        ran = run(jobs, jobs.python, body, [method])

        assert ran.exit_code == -signal.SIGTERM
        pids = (ran.scratch / "pids").read_text().split()
        assert pids
        eventually(lambda: not any(is_running(pid) for pid in pids), says="the function's processes still run")


def is_running(pid: str) -> bool:
    """Return whether a process runs, as ps shows it; one that has ended may wait for its parent."""
    shown = subprocess.run(["ps", "-o", "stat=", "-p", pid], capture_output=True, text=True, check=False).stdout
    return shown.strip()[:1] not in ("", "Z")
