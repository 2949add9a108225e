"""The promises of the standard library's executors hold for ours, on a real HTCondor, and some that it does not make."""

from __future__ import annotations

import asyncio
import concurrent.futures
import functools
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core.testing import using_htmap_dir
from tests.executors.gate import TIMEOUT, Gate
from tests.executors.promises.ends import Ending
from tests.executors.promises.loops import Loops
from tests.executors.promises.mapping import Mapping
from tests.executors.promises.programs import Programs
from tests.executors.promises.submitting import Submitting
from tests.executors.promises.waiting import Waiting

pytestmark = pytest.mark.pool


@pytest.fixture(scope="class")
def new_executor(class_pool: Path) -> Iterator[Callable[[], Executor]]:
    with using_htmap_dir(class_pool):
        yield functools.partial(htmap.Executor, patience=2)


@pytest.fixture(scope="class")
def executor(new_executor: Callable[[], Executor]) -> Iterator[Executor]:
    with new_executor() as executor:
        yield executor


@pytest.fixture(scope="class")
def environment(class_pool: Path) -> dict[str, str]:
    return {"HTMAP_DIR": str(class_pool), "HTMAP_CONFIG": ""}


class TestSubmitting(Submitting):
    pass


class TestMapping(Mapping):
    pass


class TestWaiting(Waiting):
    pass


class TestEnding(Ending):
    pass


class TestLoops(Loops):
    pass


class TestPrograms(Programs):
    begin = """
import htmap
new_executor = htmap.Executor
"""


class TestOurs:
    """What we promise beyond the standard library: one scene, many looks at it."""

    @classmethod
    def submitted(cls, executor: htmap.Executor) -> dict[str, htmap.Future[Any]]:
        """Return the futures of calls, submitted together."""

        def fail(x: int) -> None:
            raise ZeroDivisionError(x)

        return {
            "good": executor.submit(pow, 2, 5),
            "failing": executor.submit(fail, 7),
            "leaving": executor.submit(exit, 3),
            "unpicklable argument": executor.submit(repr, threading.Lock()),
            "unpicklable result": executor.submit(threading.Lock),
            "dead": executor.submit(os.abort),
        }

    def test_an_exception_shows_where_the_function_has_raised_it(self, calls: dict[str, htmap.Future[Any]]) -> None:
        error = calls["failing"].exception(TIMEOUT)
        assert error is not None
        assert "raise ZeroDivisionError(x)" in "".join(traceback.format_exception(None, error, error.__traceback__))

    def test_what_would_end_the_program_is_an_exception(self, calls: dict[str, htmap.Future[Any]]) -> None:
        with pytest.raises(htmap.exceptions.MapComponentError) as caught:
            calls["leaving"].result(TIMEOUT)
        assert isinstance(caught.value.__cause__, SystemExit)

    @pytest.mark.parametrize("name", ["unpicklable argument", "unpicklable result"])
    def test_what_cannot_travel_is_the_exception_of_its_call_alone(
        self, calls: dict[str, htmap.Future[Any]], name: str
    ) -> None:
        assert isinstance(calls[name].exception(TIMEOUT), Exception)
        assert calls["good"].result(TIMEOUT) == 32

    def test_a_call_that_kills_its_process_is_an_exception_after_the_patience(
        self, calls: dict[str, htmap.Future[Any]]
    ) -> None:
        assert isinstance(calls["dead"].exception(TIMEOUT), htmap.exceptions.MapComponentError)

    def test_futures_of_several_executors_are_waited_for_together(self, calls: dict[str, htmap.Future[Any]]) -> None:
        with ThreadPoolExecutor(1) as threads:
            asked = {calls["good"], calls["failing"], threads.submit(abs, -1)}
            assert set(concurrent.futures.as_completed(asked, TIMEOUT)) == asked

    def test_whoever_waits_for_a_cancelled_call_is_told(self, executor: htmap.Executor) -> None:
        future = executor.submit(abs, 1)
        future.cancel()
        assert concurrent.futures.wait([future], TIMEOUT).done == {future}
        assert list(concurrent.futures.as_completed([future], TIMEOUT)) == [future]

    def test_futures_are_awaited_and_a_cancelled_task_cancels_its_call(
        self, executor: htmap.Executor, calls: dict[str, htmap.Future[Any]], tmp_path: Path
    ) -> None:
        gate = Gate(tmp_path / "gate")

        async def use() -> None:
            assert await calls["good"] == 32
            with pytest.raises(ZeroDivisionError):
                await calls["failing"]
            queued = executor.submit(gate.passing())
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(queued, 0.01)
            assert queued.cancelled()

        try:
            asyncio.run(use())
        finally:
            gate.open()

    @pytest.mark.skipif(sys.version_info < (3, 11), reason="earlier versions warned of it")
    def test_it_is_no_default_executor_of_a_loop(self, executor: htmap.Executor) -> None:
        loop = asyncio.new_event_loop()
        try:
            with pytest.raises(TypeError):
                loop.set_default_executor(executor)
        finally:
            loop.close()

    def test_all_calls_are_components_of_one_map(
        self, executor: htmap.Executor, calls: dict[str, htmap.Future[Any]]
    ) -> None:
        calls["good"].result(TIMEOUT)
        assert {each.tag for each in calls.values() if each.component is not None} == {executor.tag}
