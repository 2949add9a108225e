"""Threads that wait for the same futures, while others run components again, give the map another tag, and remove it."""

from __future__ import annotations

import threading
from typing import Any

import htmap
from htmap.exceptions import MapWasRemoved
from tests.threads import at_once
from tests.unit.futures.conftest import Submitted

WAIT = 180.0


def test_threads_that_wait_for_one_future_all_get_its_result(submitted: Submitted) -> None:
    tide = submitted(8)
    mapped = tide.map

    def ask() -> list[Any]:
        return [future.result(WAIT) for future in mapped.futures()]

    def end() -> None:
        for component in range(8):
            tide.end(**{f"_{component}": component})

    found = at_once(*[ask] * 6, end)
    assert found[:-1] == [list(range(8))] * 6


def test_threads_that_ask_at_once_get_the_same_futures(submitted: Submitted) -> None:
    tide = submitted(20)
    mapped = tide.map
    found = at_once(*[mapped.futures] * 6)
    assert {tuple(map(id, futures)) for futures in found} == {tuple(map(id, found[0]))}


def test_threads_that_cancel_one_future_all_know_that_it_is(submitted: Submitted) -> None:
    for future in submitted(30).map.futures():
        assert at_once(*[future.cancel] * 4) == [True] * 4
        assert future.cancelled()


def test_a_future_knows_the_new_tag_of_its_map(submitted: Submitted) -> None:
    tide = submitted(1)
    mapped = tide.map
    (future,) = mapped.futures()
    tide.abort(0)
    mapped.retag("ebb")
    assert (future.tag, type(future.exception(WAIT)).__name__) == ("ebb", "MapComponentRemoved")


def test_the_removal_of_a_map_ends_all_waits(submitted: Submitted) -> None:
    mapped = submitted(3).map
    waiting = threading.Barrier(5)

    def wait() -> type[BaseException] | None:
        futures = mapped.futures()
        waiting.wait(WAIT)
        error = futures[-1].exception(WAIT)
        return None if error is None else type(error)

    def remove() -> None:
        waiting.wait(WAIT)
        mapped.remove(force=True)

    assert at_once(*[wait] * 4, remove)[:4] == [MapWasRemoved] * 4


def test_a_callback_may_ask_for_futures_and_remove_the_map(submitted: Submitted) -> None:
    tide = submitted(2)
    mapped, over = tide.map, threading.Event()
    first, second = mapped.futures()

    def remove(_: Any) -> None:
        assert mapped.futures()[1] is second
        mapped.remove(force=True)
        over.set()

    first.add_done_callback(remove)
    tide.end(_0="first")
    assert over.wait(WAIT)
    assert isinstance(second.exception(WAIT), MapWasRemoved)


def test_many_maps_are_followed_at_once(submitted: Submitted) -> None:
    tides = {f"tide-{number}": submitted(1, tag=f"tide-{number}") for number in range(20)}
    futures = [htmap.load(tag).futures()[0] for tag in tides]
    for tide in tides.values():
        tide.end(_0="first")
    assert [future.result(WAIT) for future in futures] == ["first"] * 20
