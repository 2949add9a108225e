"""The executor over a pool: its map, what its futures tell, and what is left of it."""

from __future__ import annotations

import concurrent.futures
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core.exceptions import MapComponentHeld, MapComponentRemoved, UnknownOption
from htmap_core.plugins.pools import find_pool
from htmap_core.testing import eventually
from htmap_core.user_warnings import LargeFunction

pytestmark = pytest.mark.pool

TIMEOUT = 180


def submissions(tag: str | None) -> int:
    assert tag is not None
    return len(htmap.load(tag)._map_dir.submissions.all())


def adds(more: int) -> Callable[[int], int]:
    return lambda number: number + more


def lines_of(error: BaseException) -> list[str | None]:
    return [frame.line for frame in traceback.extract_tb(error.__traceback__)]


def waiting_for(path: Path) -> Callable[[int], int]:
    """Return a function that ends once a file is there. Jobs of the personal pool see it."""

    def wait(number: int) -> int:
        import os
        import time

        while not os.path.exists(path):
            time.sleep(0.05)
        return number

    return wait


@pytest.fixture
def executor(in_class_pool: Path) -> Iterator[htmap.Executor]:
    with htmap.Executor() as made:
        yield made


class TestCalls:
    """Calls of one executor."""

    def test_many_calls_are_few_submissions(self, executor: htmap.Executor) -> None:
        with executor._submitter._submitting:  # else a slow machine may take some of them apart
            sharing = executor.with_options(chunksize=100)
            futures = [sharing.submit(lambda number: 2 * number, number) for number in range(300)]
        assert concurrent.futures.wait(futures, TIMEOUT).not_done == set()
        assert [future.result() for future in futures] == [2 * number for number in range(300)]
        assert submissions(executor.tag) == 1
        assert {future.component for future in futures} == set(range(300))

    def test_functions_by_name_by_value_and_with_a_state_go_together(self, executor: htmap.Executor) -> None:
        class Tide:
            def __init__(self, height: int) -> None:
                self.height = height

            def at(self, hour: int) -> int:
                return self.height + hour

        tide = Tide(1)
        low = executor.submit(tide.at, 1)
        tide.height = 10
        high = executor.submit(tide.at, 1)
        adding = [executor.submit(adds(more), 1) for more in range(8)]
        assert [low.result(TIMEOUT), high.result(TIMEOUT)] == [2, 11]
        assert [future.result(TIMEOUT) for future in adding] == list(range(1, 9))

    def test_an_exception_has_the_lines_of_the_users_code(self, executor: htmap.Executor) -> None:
        def divide(by: int) -> float:
            return 1 / by

        error = executor.submit(divide, 0).exception(TIMEOUT)
        assert isinstance(error, ZeroDivisionError)
        assert lines_of(error) == ["return 1 / by"]

    def test_so_has_that_of_a_callable_with_a_state(self, executor: htmap.Executor) -> None:
        class Tide:
            def at(self, hour: int) -> float:
                return 1 / hour

        error = executor.submit(Tide().at, 0).exception(TIMEOUT)
        assert isinstance(error, ZeroDivisionError)
        assert lines_of(error) == ["return 1 / hour"]

    def test_calls_that_come_as_others_end_are_of_the_same_map(self, executor: htmap.Executor) -> None:
        total = 1
        for _ in range(3):
            total = executor.submit(lambda number: 2 * number, total).result(TIMEOUT)
        assert (total, submissions(executor.tag)) == (8, 3)

    def test_options_are_those_of_the_call(self, executor: htmap.Executor) -> None:
        small = executor.submit(abs, -1)
        large = executor.with_options(request_memory="300MB").submit(abs, -1)
        assert small.result(TIMEOUT) == large.result(TIMEOUT) == 1
        assert executor.tag is not None
        portions = htmap.load(executor.tag)._map_dir.placement.portions
        requested = {portion.first: portion.options["request_memory"] for portion in portions}
        assert (requested[large.component or 0], requested[small.component or 0]) == ("300MB", "128MB")

    def test_options_that_are_refused_are_the_error_of_their_calls_alone(self, executor: htmap.Executor) -> None:
        bad = executor.with_options(request_memoryy="1GB").submit(abs, -1)
        good = executor.submit(abs, -1)
        assert isinstance(bad.exception(TIMEOUT), UnknownOption)
        assert good.result(TIMEOUT) == 1

    def test_a_large_argument_of_many_calls_is_on_disk_once(self, executor: htmap.Executor) -> None:
        sea = b"sea" * 1024 * 1024
        with executor._submitter._submitting:
            futures = [executor.submit(lambda sea, number: (len(sea), number), sea, number) for number in range(4)]
        assert [future.result(TIMEOUT) for future in futures] == [(len(sea), number) for number in range(4)]
        assert executor.tag is not None
        assert htmap.load(executor.tag).local_data < 2 * len(sea)

    def test_a_warning_points_to_the_line_that_has_submitted(self, executor: htmap.Executor) -> None:
        large = b"sea" * 2_000_000
        with pytest.warns(LargeFunction) as caught:
            assert executor.submit(lambda: len(large)).result(TIMEOUT) == len(large)
        assert caught[0].filename == __file__

    def test_a_running_call_cannot_be_cancelled_and_one_that_waits_can(
        self, executor: htmap.Executor, tmp_path: Path
    ) -> None:
        end = tmp_path / "end"
        running = executor.submit(waiting_for(end), 1)
        waiting = executor.with_options(requirements="false").submit(abs, -1)
        eventually(running.running, says="the call runs")
        eventually(lambda: waiting.component is not None, says="the other one is submitted")
        assert (running.cancel(), waiting.cancel()) == (False, True)
        assert waiting.cancelled()
        end.touch()
        assert running.result(TIMEOUT) == 1
        removed = htmap.ComponentStatus.REMOVED
        mapped = htmap.load(executor.tag or "")
        eventually(
            lambda: mapped.component_statuses[waiting.component or 0] is removed, says="its job has left the queue"
        )

    def test_a_hold_is_an_exception_after_the_patience(self, in_class_pool: Path) -> None:
        executor = htmap.Executor(map_options=htmap.MapOptions(hold=True), patience=0)
        assert isinstance(executor.submit(abs, -1).exception(TIMEOUT), MapComponentHeld)
        executor.shutdown()

    def test_so_is_a_removal(self, in_class_pool: Path) -> None:
        executor = htmap.Executor(map_options=htmap.MapOptions(requirements="false"))
        future = executor.submit(abs, -1)
        eventually(lambda: executor.tag, says="there is a map")
        mapped = htmap.load(executor.tag or "")
        find_pool()[1].remove(mapped._map_dir.own_jobs, "by somebody")
        assert isinstance(future.exception(TIMEOUT), MapComponentRemoved)
        executor.shutdown()

    def test_after_somebody_has_removed_the_map_there_is_a_new_one(self, executor: htmap.Executor) -> None:
        assert executor.submit(abs, -1).result(TIMEOUT) == 1
        first = executor.tag
        htmap.remove(first or "")
        assert executor.submit(abs, -2).result(TIMEOUT) == 2
        assert executor.tag not in (None, first)


def test_a_map_without_a_tag_goes_with_its_executor_and_one_with_a_tag_stays(personal_pool: Path) -> None:
    with htmap.Executor() as executor:
        assert executor.submit(abs, -1).result(TIMEOUT) == 1
        assert htmap.get_tags() == (executor.tag,)
    assert htmap.get_tags() == ()
    with htmap.Executor("study") as executor:
        assert list(executor.map(abs, [-1, -2], timeout=TIMEOUT)) == [1, 2]
    assert htmap.get_tags() == ("study",)
    assert list(htmap.load("study")) == [1, 2]


LEFT = """
import sys, time, htmap
sys.path.insert(0, {tests!r})
executor = htmap.Executor()
running = executor.submit(exec, "import os, time\\nwhile not os.path.exists({end!r}): time.sleep(0.05)")
waiting = executor.with_options(requirements="false").submit(abs, -1)
while not (running.running() and waiting.component is not None):
    time.sleep(0.05)
executor.shutdown(wait=False, cancel_futures=True)
print(executor.tag, running.component, waiting.component, waiting.cancelled())
"""


def test_a_program_ends_at_once_while_a_call_runs_which_goes_on(personal_pool: Path, tmp_path: Path) -> None:
    end = tmp_path / "end"
    script = LEFT.format(tests=str(Path(__file__).parent), end=str(end))
    left = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=TIMEOUT, check=True)
    tag, running, waiting, was_cancelled = left.stdout.split()
    assert was_cancelled == "True"
    assert tag in left.stderr
    mapped: htmap.Map[Any] = htmap.load(tag)
    assert mapped.component_statuses[int(running)] is htmap.ComponentStatus.RUNNING
    removed = htmap.ComponentStatus.REMOVED
    eventually(lambda: mapped.component_statuses[int(waiting)] is removed, says="the other one has left the queue")
    future = mapped.futures([int(running)])[0]
    end.touch()
    assert future.result(TIMEOUT) is None
