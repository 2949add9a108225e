"""How executors end, and what they keep no longer than they must."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pytest

from htmap_core.testing import eventually
from tests.executors.gate import TIMEOUT, Gate


class Thing:
    """What can be seen to be gone."""


class Ending:
    """Promises of `shutdown`, and of executors that nobody has any more; a subclass has the fixture `new_executor`."""

    workers = 1

    def test_an_executor_that_is_shut_down_takes_no_calls(self, new_executor: Callable[[], Executor]) -> None:
        executor = new_executor()
        executor.shutdown()
        executor.shutdown(wait=False)
        with pytest.raises(RuntimeError):
            executor.submit(abs, 1)
        with pytest.raises(RuntimeError):
            executor.map(abs, [1])

    def test_a_block_ends_when_all_is_done_also_by_an_exception(self, new_executor: Callable[[], Executor]) -> None:
        futures: list[Future[Any]] = []

        def use() -> None:
            with new_executor() as executor:
                futures.extend(executor.submit(divmod, 1, x) for x in range(3))
                raise BufferError

        with pytest.raises(BufferError):
            use()
        assert [future.done() for future in futures] == [True] * 3

    def test_the_block_gives_the_executor_itself(self, new_executor: Callable[[], Executor]) -> None:
        executor = new_executor()
        with executor as given:
            assert given is executor
        with pytest.raises(RuntimeError):
            executor.submit(abs, 1)

    def test_who_does_not_wait_has_the_results_all_the_same(
        self, new_executor: Callable[[], Executor], tmp_path: Path
    ) -> None:
        gate, executor = Gate(tmp_path / "gate"), new_executor()
        future = executor.submit(gate.passing(), 5)
        executor.shutdown(wait=False)
        assert not future.done()
        gate.open()
        assert future.result(TIMEOUT) == 5

    def test_what_has_not_begun_is_cancelled_and_what_runs_runs_on(
        self, new_executor: Callable[[], Executor], tmp_path: Path
    ) -> None:
        gate, executor = Gate(tmp_path / "gate"), new_executor()
        running = [executor.submit(gate.passing(), 5) for _ in range(self.workers)]
        eventually(running[-1].running, says="a call runs", within=TIMEOUT)
        queued = [executor.submit(gate.passing()) for _ in range(10)]
        executor.shutdown(wait=False, cancel_futures=True)
        assert {future.cancelled() for future in queued} == {True}
        assert {future.cancelled() for future in running} == {False}
        gate.open()
        executor.shutdown(wait=True)
        assert [future.result(0) for future in running] == [5] * self.workers

    def test_a_call_that_is_cancelled_at_once_does_not_hold_up_the_end(
        self, new_executor: Callable[[], Executor], tmp_path: Path
    ) -> None:
        gate, executor = Gate(tmp_path / "gate"), new_executor()
        keeps_busy = [executor.submit(gate.passing()) for _ in range(self.workers)]
        cancelled = executor.submit(abs, 1)
        assert cancelled.cancel()
        gate.open()
        executor.shutdown(wait=True)
        assert {future.done() for future in [*keeps_busy, cancelled]} == {True}

    def test_nothing_runs_on_in_this_process_when_all_is_done(self, new_executor: Callable[[], Executor]) -> None:
        before = set(threading.enumerate())
        with new_executor() as executor:
            executor.submit(abs, 1).result(TIMEOUT)
        says = "no thread is left"
        eventually(lambda: set(threading.enumerate()) <= before, says=says, within=TIMEOUT)

    def test_an_executor_that_nobody_has_any_more_does_what_it_was_given(
        self, new_executor: Callable[[], Executor]
    ) -> None:
        executor = new_executor()
        future, mapped = executor.submit(abs, -4), executor.map(abs, [-1, -2])
        there = weakref.ref(executor)
        del executor
        assert future.result(TIMEOUT) == 4
        assert list(mapped) == [1, 2]
        del mapped
        eventually(lambda: is_gone(there), says="the executor is collected", within=TIMEOUT)

    def test_arguments_and_results_are_not_kept(self, new_executor: Callable[[], Executor]) -> None:
        def make(_: object) -> dict[str, int]:
            class Result(dict):  # type: ignore[type-arg] # a dict that can be seen to be gone
                pass

            return Result(a=1)

        with new_executor() as executor:
            thing = Thing()
            given, made = weakref.ref(thing), []
            future: Future[Any] = executor.submit(make, NoThing(thing))
            coming = executor.map(make, range(3))
            del thing
            for result in coming:
                made.append(weakref.ref(result))
                del result
                assert is_gone(made[-1])
            made.append(weakref.ref(future.result(TIMEOUT)))
            assert made[-1]() is future.result()
            del future
            eventually(lambda: is_gone(made[-1]), says="the result is collected", within=TIMEOUT)
            eventually(lambda: is_gone(given), says="the argument is collected", within=TIMEOUT)

    def test_a_future_that_is_dropped_is_called_for_and_not_kept(
        self, new_executor: Callable[[], Executor], tmp_path: Path
    ) -> None:
        there = tmp_path / "there"
        with new_executor() as executor:
            dropped = weakref.ref(executor.submit(there.touch))
            eventually(lambda: is_gone(dropped), says="the future is collected", within=TIMEOUT)
        assert there.exists()


class NoThing:
    """Holds a thing here, and travels without it."""

    def __init__(self, thing: Thing) -> None:
        self.thing = thing

    def __reduce__(self) -> tuple[type, tuple[()]]:
        return object, ()


def is_gone(reference: weakref.ref[Any]) -> bool:
    gc.collect()
    return reference() is None
