"""Futures, ``asyncio`` and cancelled components on a real pool."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap.exceptions import MapComponentHeld
from htmap_core.plugins.pools import find_pool
from htmap_core.testing import eventually, using_htmap_dir
from tests.pool.test_maps import run as run_program

pytestmark = pytest.mark.pool

WAIT = 180.0
NOWHERE = htmap.MapOptions(requirements="false")


def run(main: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(main, WAIT))


@pytest.fixture(scope="class")
def inverted(class_pool: Path) -> htmap.Map:
    def inverse(x: int) -> float:
        return 1 / x

    with using_htmap_dir(class_pool):
        return htmap.map(inverse, [1, 0, 4, 2], tag="inverted")


@pytest.fixture
def mapped(inverted: htmap.Map, in_class_pool: Path) -> htmap.Map:
    return inverted


class TestAMapOfFourComponents:
    def test_its_futures_have_its_results(self, mapped: htmap.Map) -> None:
        futures = mapped.futures([0, 2, 3])
        assert sorted(future.result() for future in concurrent.futures.as_completed(futures, WAIT)) == [0.25, 0.5, 1.0]
        assert [future.component for future in futures] == [0, 2, 3]

    def test_an_exception_is_the_one_that_was_raised_with_the_lines_there(self, mapped: htmap.Map) -> None:
        (future,) = mapped.futures([1])
        with pytest.raises(ZeroDivisionError) as caught:
            future.result(WAIT)
        assert caught.traceback[-1].name.endswith("inverse")

    def test_an_event_loop_has_outcomes_and_results(self, mapped: htmap.Map) -> None:
        async def main() -> Any:
            outcomes = [outcome async for outcome in mapped.outcomes()]
            return sorted((each.component, each.ok) for each in outcomes), await mapped.futures()[3]

        assert run(main()) == ([(0, True), (1, False), (2, True), (3, True)], 0.5)

    def test_another_session_has_futures_of_it(self, mapped: htmap.Map) -> None:
        mapped.wait(WAIT, errors_ok=True)
        found = run_program(
            "import htmap; print([f.exception() or f.result() for f in htmap.load('inverted').futures()])"
        )
        assert found.stdout.strip() == "[1.0, ZeroDivisionError('division by zero'), 0.25, 0.5]", found.stderr

    def test_a_program_ends_at_once_though_futures_are_open(self, mapped: htmap.Map) -> None:
        code = (
            "import htmap; mapped = htmap.map(str, range(2), tag='open', map_options=htmap.MapOptions(requirements='false'));"
            "futures = mapped.futures(); print(len(futures))"
        )
        found = run_program(code)
        assert (found.stdout.strip(), found.returncode) == ("2", 0), found.stderr
        htmap.remove("open")

    def test_what_is_cancelled_leaves_the_queue_and_can_run_again(self, mapped: htmap.Map) -> None:
        waits = htmap.map(str, range(3), tag="waits", map_options=NOWHERE)
        first, _, last = waits.futures()
        assert (first.cancel(), last.cancel()) == (True, True)
        eventually(lambda: waits.failed == (0, 2), says="two have left the queue", within=WAIT)
        assert waits.component_statuses[1] == "IDLE"
        waits.rerun([0])
        eventually(lambda: waits.component_statuses[0] == "IDLE", says="it is back", within=WAIT)
        assert not waits.futures([0])[0].done()
        waits.remove()

    def test_a_job_leaves_the_queue_when_nobody_waits_for_any_of_its_components(self, mapped: htmap.Map) -> None:
        shared = htmap.map(str, range(4), tag="shared", map_options=htmap.MapOptions(requirements="false", chunksize=2))
        futures = shared.futures()
        for component in (0, 2, 3):
            futures[component].cancel()
        eventually(lambda: shared.failed == (2, 3), says="one job has left the queue", within=WAIT)
        futures[1].cancel()
        eventually(lambda: shared.failed == (0, 1, 2, 3), says="both have", within=WAIT)
        shared.remove()

    def test_to_cancel_the_task_that_awaits_a_map_takes_jobs_out_that_are_not_made_yet(self, mapped: htmap.Map) -> None:
        options = htmap.MapOptions(requirements="false", max_idle="2", chunksize=1)
        late = htmap.map(str, range(20), tag="late", map_options=options)

        async def main() -> None:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(late, 1)

        run(main())
        eventually(lambda: len(late.failed) == 20, says="all have left the queue", within=WAIT)
        assert find_pool()[1].query_jobs(late._map_dir.own_jobs, ["ProcId"]) == []
        late.remove()

    def test_what_is_cancelled_as_the_program_ends_leaves_the_queue(self, mapped: htmap.Map) -> None:
        code = (
            "import htmap; mapped = htmap.map(str, range(2), tag='left', map_options=htmap.MapOptions(requirements='false'));"
            "print([future.cancel() for future in mapped.futures()])"
        )
        found = run_program(code)
        assert found.stdout.strip() == "[True, True]", found.stderr
        left = htmap.load("left")
        eventually(lambda: left.failed == (0, 1), says="they have left the queue", within=WAIT)
        left.remove()

    def test_a_held_component_is_an_exception(self, mapped: htmap.Map) -> None:
        held = htmap.map(str, range(2), tag="held", map_options=NOWHERE)
        futures = held.futures([0])
        held.hold()
        assert isinstance(futures[0].exception(WAIT), MapComponentHeld)
        held.remove()

    def test_components_that_get_no_job_before_a_release_are_told_of_the_hold(self, mapped: htmap.Map) -> None:
        options = htmap.MapOptions(requirements="false", max_idle="2", chunksize=1)
        paused = htmap.map(str, range(9), tag="paused", map_options=options)
        futures = paused.futures()
        paused.hold()
        done, left = concurrent.futures.wait(futures, WAIT)
        assert ({type(future.exception()) for future in done}, len(left)) == ({MapComponentHeld}, 0)
        paused.remove()
