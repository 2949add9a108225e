"""What an event loop of asyncio does with an executor and its futures."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import pytest

from tests.executors.gate import TIMEOUT, Gate


class Loops:
    """Promises in an event loop; a subclass has the fixture `executor`, and in `workers` how many calls keep it busy."""

    workers = 1

    @classmethod
    def looped(cls, executor: Executor, folder: Path) -> dict[str, Any]:
        """Do everything in one event loop, and return what came of it."""
        gate, closed = Gate(folder / "gate"), Gate(folder / "closed")
        try:
            return asyncio.run(asyncio.wait_for(cls.in_a_loop(executor, gate, closed), TIMEOUT))
        finally:
            closed.open()

    @classmethod
    async def in_a_loop(cls, executor: Executor, gate: Gate, closed: Gate) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        calls = [loop.run_in_executor(executor, divmod, 7, x) for x in (2, 0, 3)]
        wrapped = asyncio.wrap_future(executor.submit(pow, 2, 5))
        waiting = loop.run_in_executor(executor, gate.passing(), 9)
        loop.call_later(0.05, gate.open)
        answers = await asyncio.gather(*calls, wrapped, waiting, return_exceptions=True)
        for _ in range(cls.workers):
            executor.submit(closed.passing())
        queued = executor.submit(closed.passing())
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.wrap_future(queued), 0)
        return {"answers": answers, "queued": queued}

    def test_results_and_exceptions_come_to_the_loop(self, found: dict[str, Any]) -> None:
        quotient, error, other, power, _ = found["answers"]
        assert (quotient, type(error), other, power) == ((3, 1), ZeroDivisionError, (2, 1), 32)

    def test_the_loop_goes_on_while_a_call_runs(self, found: dict[str, Any]) -> None:
        assert found["answers"][-1] == 9  # it was the loop that opened the gate

    def test_a_call_that_the_loop_gives_up_is_cancelled(self, found: dict[str, Any]) -> None:
        assert found["queued"].cancelled()
