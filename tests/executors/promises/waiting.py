"""What can be asked while a call runs: `wait`, `as_completed`, timeouts, states, cancelling. One scene, many looks at it."""

from __future__ import annotations

import concurrent.futures
import contextlib
import itertools
from collections.abc import Iterator
from concurrent.futures import CancelledError, Executor, Future, InvalidStateError
from pathlib import Path
from typing import Any

import attrs
import pytest

from htmap_core.testing import eventually
from tests.executors.gate import TIMEOUT, Gate
from tests.threads import at_once


@attrs.frozen
class Scene:
    """A call that runs until the gate opens, and others that are done.

    :param gate: what the running calls wait for.
    :param running: the future of a call that runs.
    :param good: the future of a call that is done.
    :param bad: the future of a call that has raised.
    """

    gate: Gate
    running: Future[Any]
    good: Future[Any]
    bad: Future[Any]


class Waiting:
    """Promises while a call runs; a subclass has the fixture `executor`, and in `workers` how many calls keep it busy."""

    workers = 1

    @classmethod
    @contextlib.contextmanager
    def arranged(cls, executor: Executor, folder: Path) -> Iterator[Scene]:
        """Make the calls, and wait until they are in the states that the tests look at."""
        gate = Gate(folder / "gate")
        good: Future[Any] = executor.submit(pow, 2, 5)
        bad: Future[Any] = executor.submit(divmod, 1, 0)
        running = [executor.submit(gate.passing(), 7) for _ in range(cls.workers)][-1]
        try:
            concurrent.futures.wait([good, bad], TIMEOUT)
            eventually(running.running, says="a call runs", within=TIMEOUT)
            yield Scene(gate, running, good, bad)
        finally:
            gate.open()

    def test_the_first_that_is_done_is_enough(self, scene: Scene) -> None:
        done, others = concurrent.futures.wait([scene.running, scene.good], TIMEOUT, "FIRST_COMPLETED")
        assert (done, others) == ({scene.good}, {scene.running})

    def test_the_first_that_has_raised_is_enough(self, scene: Scene) -> None:
        asked = [scene.running, scene.good, scene.bad]
        done, others = concurrent.futures.wait(asked, TIMEOUT, "FIRST_EXCEPTION")
        assert (done, others) == ({scene.good, scene.bad}, {scene.running})

    def test_a_wait_for_all_has_a_timeout(self, scene: Scene) -> None:
        done, others = concurrent.futures.wait([scene.bad, scene.running], timeout=0.05)
        assert (done, others) == ({scene.bad}, {scene.running})

    def test_a_future_that_is_named_twice_is_waited_for_once(self, scene: Scene) -> None:
        done, others = concurrent.futures.wait([scene.good, scene.good], TIMEOUT)
        assert (done, others) == ({scene.good}, set())
        assert list(concurrent.futures.as_completed(itertools.repeat(scene.bad, 3), TIMEOUT)) == [scene.bad]

    @pytest.mark.parametrize("timeout", [0, 0.05])
    def test_those_that_are_done_come_before_the_time_is_up(self, scene: Scene, timeout: float) -> None:
        coming = concurrent.futures.as_completed([scene.running, scene.good, scene.bad], timeout)
        assert before_the_time_is_up(coming) == {scene.good, scene.bad}

    @pytest.mark.parametrize("ask", [Future.result, Future.exception])
    def test_the_answer_of_a_call_that_runs_has_a_timeout(self, scene: Scene, ask: Any) -> None:
        for timeout in (0, 0.05):
            with pytest.raises(concurrent.futures.TimeoutError):
                ask(scene.running, timeout=timeout)

    def test_a_call_that_runs_cannot_be_cancelled_and_runs_on(self, scene: Scene) -> None:
        assert scene.running.cancel() is False
        assert (scene.running.running(), scene.running.done(), scene.running.cancelled()) == (True, False, False)

    def test_a_call_that_has_not_begun_can_be_cancelled_once_and_for_all(
        self, scene: Scene, executor: Executor
    ) -> None:
        seen: list[Future[Any]] = []
        future = executor.submit(scene.gate.passing())
        future.add_done_callback(seen.append)
        assert at_once(*[future.cancel] * 8) == [True] * 8
        assert (future.cancelled(), future.done(), future.running()) == (True, True, False)
        assert seen == [future]
        for ask in (future.result, future.exception):
            with pytest.raises(CancelledError):
                ask(timeout=0)

    def test_what_is_done_cannot_be_done_again(self, scene: Scene) -> None:
        for future in (scene.good, scene.bad):
            with pytest.raises(InvalidStateError):
                future.set_result(1)
            with pytest.raises(InvalidStateError):
                future.set_exception(LookupError())
        assert scene.good.result(0) == 32

    def test_a_callback_is_called_when_the_call_is_done_and_not_before(self, scene: Scene) -> None:
        seen: list[Any] = []
        scene.running.add_done_callback(lambda future: seen.append(future.result()))
        assert seen == []
        scene.gate.open()  # the last look
        assert scene.running.result(TIMEOUT) == 7
        eventually(lambda: seen == [7], says="the callback is called", within=TIMEOUT)


def before_the_time_is_up(coming: Iterator[Future[Any]]) -> set[Future[Any]]:
    """Return the futures that come before a timeout."""
    come = set()
    try:
        for future in coming:
            come.add(future)
    except concurrent.futures.TimeoutError:
        return come
    pytest.fail("the time is not up")
