"""Calls that are collected: what is pickled when, which of them share a submission, and for how long they wait."""

from __future__ import annotations

import functools
import gc
import pickle
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from htmap_core.contract.options import MapOptions
from htmap_core.exceptions import CannotMap, CannotPickle, FunctionIsLazy
from htmap_core.executor import collecting
from htmap_core.executor.asked import Asked
from htmap_core.executor.collecting import Collection, Group
from htmap_core.futures.future import Future
from htmap_core.submission.files.arguments import LARGE
from htmap_run.by_value.calls import call

PLAIN = Asked.of(None, None)


def collected(*calls: tuple[Callable[..., Any], Any], asked: Sequence[Asked] = (PLAIN,)) -> list[Group]:
    collection = Collection()
    for number, (function, argument) in enumerate(calls):
        collection.add(Future(), function, (argument,), {}, asked[number % len(asked)])
    return collection.take()


def inputs(group: Group) -> list[Any]:
    return [pickle.loads(pickled.payload) for pickled in group.given(group.calls)]


def double(number: int) -> int:
    return 2 * number


def test_calls_of_a_function_share_a_submission() -> None:
    (group,) = collected((double, 1), (double, 2))
    assert inputs(group) == [((1,), {}), ((2,), {})]


def test_calls_of_two_functions_do_not() -> None:
    assert [group.func for group in collected((double, 1), (abs, -1), (double, 2))] == [double, abs]


def test_calls_with_equal_options_do_although_these_are_two_objects() -> None:
    asked = [Asked.of(MapOptions(request_memory="2GB"), None) for _ in range(2)]
    assert len(collected((double, 1), (double, 2), asked=asked)) == 1


def test_calls_with_other_options_or_sizes_of_jobs_do_not() -> None:
    asked = [PLAIN, Asked.of(MapOptions(request_memory="2GB"), None), Asked.of(None, 5)]
    assert len(collected((double, 1), (double, 2), (double, 3), asked=asked)) == 3


def test_many_functions_with_one_call_each_share_a_submission() -> None:
    def adding(number: int) -> Callable[[int], int]:
        return lambda more: number + more

    first, second = collected((double, 1), *((adding(number), 10) for number in range(20)), (double, 2))
    assert (first.func, len(first.calls), second.func, len(second.calls)) == (double, 2, call, 20)
    assert [call(*args, **kwargs) for args, kwargs in inputs(second)] == [10 + number for number in range(20)]


def test_few_of_them_have_a_submission_each() -> None:
    assert [group.func for group in collected((double, 1), (abs, -1))] == [double, abs]


def test_callables_with_a_state_share_a_submission() -> None:
    (group,) = collected(*((functools.partial(pow, number), 2) for number in range(3)))
    assert [call(*args, **kwargs) for args, kwargs in inputs(group)] == [0, 1, 4]


def test_the_facts_of_all_that_is_called_are_those_of_the_function() -> None:
    def of_colors(_: int) -> Any:
        import colorsys

        return colorsys

    (group,) = collected((functools.partial(of_colors), 1), (functools.partial(double), 1))
    assert "colorsys" in group.function.modules
    assert not group.function.by_value
    assert [pickled.by_value for pickled in group.given(group.calls)] == [True, False]


def test_what_changes_after_a_call_is_another_calls() -> None:
    argument = [1]
    collection = Collection()
    collection.add(Future(), sum, (argument,), {}, PLAIN)
    argument.append(2)
    collection.add(Future(), sum, (argument,), {}, PLAIN)
    (group,) = collection.take()
    assert [args for args, _ in inputs(group)] == [([1],), ([1, 2],)]


def test_so_is_what_changes_in_a_function() -> None:
    factor = 2

    def times(number: int) -> int:
        return factor * number

    collection = Collection()
    collection.add(Future(), times, (10,), {}, PLAIN)
    factor = 3
    collection.add(Future(), times, (10,), {}, PLAIN)
    functions = [pickle.loads(group.function.payload) for group in collection.take()]
    assert [function(10) for function in functions] == [20, 30]


def test_what_is_large_is_held_once_as_it_was_when_each_call_came() -> None:
    collection, sea = Collection(), bytearray(LARGE)
    for number in range(3):
        sea[0] = number // 2
        collection.add(Future(), len, ([sea, number],), {}, PLAIN)
    stored: dict[str, bytes] = {}

    def store(name: str, content: Any) -> Path:
        stored[name] = bytes(content)
        return Path(name)

    (group,) = collection.take()
    found: list[Any] = [*group.inputs(store).pickled(enumerate(group.given(group.calls)))]
    assert sorted(content[0] for content in stored.values()) == [0, 1]
    assert [[stored[name][0] for name in each.arguments.values()] for each in found] == [[0], [0], [1]]


@pytest.mark.parametrize(("function", "argument", "error"), [(5, 1, CannotMap), (abs, threading.Lock(), CannotPickle)])
def test_a_call_that_cannot_be_made_is_not_collected(function: Any, argument: Any, error: type[Exception]) -> None:
    collection = Collection()
    with pytest.raises(error):
        collection.add(Future(), function, (argument,), {}, PLAIN)
    assert (len(collection), collection.take()) == (0, [])


def test_a_function_that_computes_nothing_is_none() -> None:
    async def later() -> None: ...

    with pytest.raises(FunctionIsLazy):
        collected((later, 1))


class Clock:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(time, "monotonic", made.monotonic)
    return made


def add(collection: Collection, count: int = 1) -> None:
    for _ in range(count):
        collection.add(Future(), abs, (1,), {}, PLAIN)


def test_a_single_call_waits_for_a_moment(clock: Clock) -> None:
    collection = Collection()
    add(collection)
    assert collection.waits() == pytest.approx(collecting.QUIET)
    clock.now += collecting.QUIET
    assert collection.waits() <= 0.001


def test_the_moment_is_longer_while_more_come(clock: Clock) -> None:
    collection = Collection()
    add(collection)
    clock.now += 0.1
    add(collection)
    assert collection.waits() == pytest.approx(0.05)


def test_the_first_does_not_wait_for_long(clock: Clock) -> None:
    collection = Collection()
    while clock.now < 100 + collecting.LONGEST - 0.01:
        add(collection)
        clock.now += 0.01
    assert 0 < collection.waits() <= 0.011
    clock.now += 0.01
    add(collection)
    assert collection.waits() <= 0.001


def test_nobody_waits_after_a_flush(clock: Clock) -> None:
    collection = Collection()
    add(collection)
    collection.flush()
    assert collection.waits() == 0


def test_a_flush_of_nothing_has_no_effect_on_what_comes(clock: Clock) -> None:
    collection = Collection()
    collection.flush()
    add(collection)
    assert collection.waits() > 0


def test_so_many_as_fill_a_submission_do_not_wait(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "MOST", 3)
    collection = Collection()
    add(collection, 2)
    assert not collection.is_full
    add(collection)
    assert collection.is_full
    assert collection.waits() == 0


def test_so_large_ones_do_not_wait_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "MOST_BYTES", 2 * LARGE)
    collection = Collection()
    for number in range(3):
        collection.add(Future(), abs, (bytes([number]) * LARGE,), {}, PLAIN)
    assert collection.is_full


def test_a_group_leaves_memory_with_its_last_user() -> None:
    gc.collect()
    gc.disable()  # what is in a cycle stays
    try:
        groups = collected((double, 1), (functools.partial(double), 1))
        known = [weakref.ref(group) for group in groups]
        del groups
        assert [each() for each in known] == [None, None]
    finally:
        gc.enable()
