"""adaptive chooses where to call a function next, from the results that are there: few calls at a time, for long."""

from __future__ import annotations

import asyncio

import pytest

import htmap

adaptive = pytest.importorskip("adaptive", reason="`make test-ecosystem` has it")

pytestmark = pytest.mark.pool


def test_a_runner_reaches_its_goal(executor: htmap.Executor) -> None:
    def peak(x: float) -> float:
        return x + 0.01 / (0.01 + x * x)

    learner = adaptive.Learner1D(peak, bounds=(-1, 1))
    adaptive.BlockingRunner(learner, npoints_goal=9, executor=executor, ntasks=4)
    assert learner.npoints >= 9
    assert {x: peak(x) for x in learner.data} == learner.data


def test_a_runner_in_an_event_loop_reaches_its_goal(executor: htmap.Executor) -> None:
    learner = adaptive.AverageLearner(lambda seed: seed % 2, atol=0.5)

    async def run() -> None:
        await adaptive.AsyncRunner(learner, npoints_goal=6, executor=executor, ntasks=3).task

    asyncio.run(run())
    assert learner.npoints >= 6


def test_what_the_function_raises_stops_the_runner(executor: htmap.Executor) -> None:
    def fail(x: float) -> float:
        raise ZeroDivisionError(x)

    learner = adaptive.Learner1D(fail, bounds=(0, 1))
    with pytest.raises(RuntimeError) as caught:
        adaptive.BlockingRunner(learner, npoints_goal=4, executor=executor, ntasks=2, retries=0)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
