"""Waiting for futures and maps in an event loop."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

import htmap
from htmap.exceptions import MapComponentHeld, MapComponentRemoved, MapWasRemoved
from htmap.exceptions import TimeoutError as PatienceEnded
from htmap_core.components import ComponentHold
from htmap_core.maps.queue.cancelling import Cancelling
from tests.unit.futures.conftest import Submitted, Tide

WAIT = 180.0


def run(main: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(main, WAIT))


@pytest.fixture
def taken_out(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return whose jobs were to leave the queue: components, or ``"all"``."""
    found: list[Any] = []
    monkeypatch.setattr(Cancelling, "cancelled", lambda _, future: found.append(future.component))
    monkeypatch.setattr(Cancelling, "cancel_all", lambda _: found.append("all"))
    return found


def test_await_gives_the_result_of_a_future(submitted: Submitted) -> None:
    tide = submitted(2)

    async def main() -> Any:
        _, second = tide.map.futures()
        asyncio.get_running_loop().call_soon(lambda: tide.end(_1="second"))
        return await second, await second

    assert run(main()) == ("second", "second")


def test_gather_takes_futures(submitted: Submitted) -> None:
    tide = submitted(3)

    async def main() -> Any:
        asyncio.get_running_loop().call_soon(lambda: tide.end(_0=0, _1=10, _2=20))
        return await asyncio.gather(*tide.map.futures())

    assert run(main()) == [0, 10, 20]


def test_await_gives_all_results_of_a_map_in_order(submitted: Submitted) -> None:
    tide = submitted(3)

    async def main() -> Any:
        asyncio.get_running_loop().call_soon(lambda: tide.end(_2=20, _1=10, _0=0))
        return await tide.map

    assert run(main()) == [0, 10, 20]


def test_await_raises_what_iterating_over_the_map_raises(submitted: Submitted) -> None:
    tide = submitted(3)

    async def main() -> Any:
        tide.end(_0=0)
        tide.abort(1)
        return await tide.map

    with pytest.raises(MapComponentRemoved) as caught:
        run(main())
    with pytest.raises(MapComponentRemoved) as iterated:
        list(tide.map)
    assert (caught.value.component, str(caught.value)) == (iterated.value.component, str(iterated.value))


def test_a_map_that_is_removed_meanwhile_ends_the_wait(submitted: Submitted) -> None:
    tide = submitted(1)

    async def main() -> Any:
        mapped = tide.map
        asyncio.get_running_loop().call_later(0.1, lambda: mapped.remove(force=True))
        return await mapped

    with pytest.raises(MapWasRemoved):
        run(main())


def test_outcomes_come_as_components_end(submitted: Submitted) -> None:
    tide = submitted(4)

    async def main() -> list[Any]:
        tide.end(_2="third")
        found = []
        async for outcome in tide.map.outcomes():
            found.append((outcome.component, outcome.value if outcome.ok else type(outcome.error)))
            if len(found) == 1:
                tide.end(_0="first")
                tide.hold(1)
                tide.abort(3)
        return found

    found = run(main())
    assert found[0] == (2, "third")
    assert sorted(found[1:], key=lambda each: each[0]) == [
        (0, "first"),
        (1, ComponentHold),
        (3, htmap.ComponentError),
    ]


def test_more_outcomes_than_are_read_at_once_come_once_each(submitted: Submitted) -> None:
    tide = submitted(300)
    tide.end(**{f"_{component}": component for component in range(300)})

    async def main() -> list[Any]:
        return [outcome.value async for outcome in tide.map.outcomes()]

    assert sorted(run(main())) == list(range(300))


def test_the_errors_of_outcomes_have_their_map(submitted: Submitted) -> None:
    tide = submitted(1)
    tide.abort(0)

    async def main() -> Any:
        return [outcome.error async for outcome in tide.map.outcomes()]

    (error,) = run(main())
    assert error.map is tide.map


def test_outcomes_have_a_timeout(submitted: Submitted) -> None:
    tide = submitted(2)
    tide.end(_0="first")

    async def main() -> Any:
        return [outcome async for outcome in tide.map.outcomes(timeout=0.3)]

    with pytest.raises(PatienceEnded):
        run(main())


def test_to_leave_the_loop_leaves_the_map_alone(submitted: Submitted, taken_out: list[Any]) -> None:
    tide = submitted(2)
    tide.end(_0="first")

    async def main() -> None:
        async for _ in tide.map.outcomes():
            break

    run(main())
    assert taken_out == []


def test_to_cancel_the_task_of_a_future_cancels_the_future(submitted: Submitted, taken_out: list[Any]) -> None:
    tide = submitted(2)

    async def main() -> bool:
        _, second = tide.map.futures()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(second, 0.05)
        return second.cancelled()

    assert run(main())
    assert taken_out == [1]


def test_to_cancel_the_task_of_a_map_cancels_the_map(submitted: Submitted, taken_out: list[Any]) -> None:
    tide = submitted(2)

    async def main() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(tide.map, 0.05)

    run(main())
    assert taken_out == ["all"]


def test_a_shield_keeps_what_it_stands_before(submitted: Submitted, taken_out: list[Any]) -> None:
    tide = submitted(2)

    async def main() -> Any:
        waiting = asyncio.ensure_future(tide.map)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.shield(waiting), 0.05)
        tide.end(_0=0, _1=10)
        return await waiting

    assert run(main()) == [0, 10]
    assert taken_out == []


def wait_in_the_background(tide: Tide) -> list[Any]:
    waits: list[Awaitable[Any]] = [
        tide.map,
        *tide.map.futures(),
        nested(nested(tide.map)),
        nested(tide.map.futures()[0]),
    ]
    return [asyncio.ensure_future(each) for each in waits]


async def nested(waits: Awaitable[Any]) -> Any:
    return await waits


def test_the_end_of_a_loop_cancels_nothing(submitted: Submitted, taken_out: list[Any]) -> None:
    tide = submitted(2)

    async def main() -> None:
        waiting = wait_in_the_background(tide)
        await asyncio.wait(waiting, timeout=0.05)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(main())
    assert taken_out == []


@pytest.mark.parametrize("wait", [lambda tide: tide.map, lambda tide: tide.map.futures()[0]])
def test_ctrl_c_cancels_nothing(submitted: Submitted, taken_out: list[Any], wait: Callable[[Tide], Any]) -> None:
    tide = submitted(2)

    async def main() -> None:
        asyncio.get_running_loop().call_later(0.05, signal.raise_signal, signal.SIGINT)
        await wait(tide)

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(main())
    assert taken_out == []


def test_a_future_that_another_cancels_is_a_cancelled_task(submitted: Submitted, taken_out: list[Any]) -> None:
    tide = submitted(1)

    async def main() -> None:
        (future,) = tide.map.futures()
        asyncio.get_running_loop().call_later(0.05, future.cancel)
        with pytest.raises(asyncio.CancelledError):
            await future

    run(main())
    assert taken_out == [0]


def test_loops_may_follow_each_other(submitted: Submitted) -> None:
    tide = submitted(1)

    async def leave() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.shield(asyncio.ensure_future(tide.map)), 0.05)

    async def main() -> Any:
        tide.end(_0="first")
        return await tide.map

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Cancelling, "cancel_all", lambda _: None)
        run(leave())
    assert run(main()) == ["first"]


def test_no_wait_has_a_thread_of_its_own(submitted: Submitted, taken_out: list[Any]) -> None:
    tide = submitted(40)

    async def main() -> int:
        before = threading.active_count()
        waiting = [asyncio.ensure_future(future) for future in tide.map.futures()]
        waiting += [asyncio.ensure_future(tide.map) for _ in range(10)]
        await asyncio.wait(waiting, timeout=0.1)
        return threading.active_count() - before

    assert run(main()) <= 2


def test_a_hold_ends_the_wait_for_a_map(submitted: Submitted) -> None:
    tide = submitted(1)

    async def hold() -> Any:
        tide.hold(0)
        return await tide.map

    with pytest.raises(MapComponentHeld):
        run(hold())


def test_a_map_can_be_awaited_by_several(submitted: Submitted) -> None:
    tide: Tide = submitted(2)

    async def main() -> Any:
        tide.end(_0=0, _1=10)
        return await asyncio.gather(tide.map, tide.map)

    assert run(main()) == [[0, 10], [0, 10]]
