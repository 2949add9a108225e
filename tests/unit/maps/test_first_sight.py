"""Functions and inputs that are wrong, or hardly meant, at first sight."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core.exceptions import FunctionIsLazy
from htmap_core.testing.own_settings import settings_with
from htmap_core.user_warnings import InputsInParts


@pytest.fixture(autouse=True)
def in_own_htmap_dir(htmap_dir: Path) -> None:
    """No pool is there."""


def generator(x: int) -> Iterator[int]:
    yield x


async def coroutine(x: int) -> int:
    return x


async def both(x: int) -> AsyncIterator[int]:
    yield x


@pytest.mark.parametrize(
    ("func", "kind"),
    [
        (generator, "generator"),
        (coroutine, "coroutine"),
        (both, "asynchronous generator"),
        (functools.partial(generator), "generator"),
    ],
)
def test_a_function_whose_calls_compute_nothing_is_refused(func: Callable[[Any], Any], kind: str) -> None:
    with pytest.raises(FunctionIsLazy) as caught:
        htmap.map(func, [1], tag="tide", where="here")
    assert (caught.value.kind, htmap.get_tags()) == (kind, ())


def test_a_wrapper_that_collects_is_none_of_them() -> None:
    @functools.wraps(generator)
    def collected(x: int) -> list[int]:
        return list(generator(x))

    assert list(htmap.map(collected, [1], where="here")) == [[1]]


def frame() -> Any:
    """Return something like a frame of pandas, which iterates over the names of its columns."""
    kind: Any = type("DataFrame", (list,), {"columns": property(list), "__module__": "pandas.core.frame"})
    return kind(["depth", "hour"])


@pytest.mark.parametrize(("inputs", "count"), [("sea.csv", 7), (b"sea", 3), (bytearray(b"sea"), 3), (frame(), 2)])
def test_one_thing_as_the_inputs_is_told(inputs: Any, count: int) -> None:
    with pytest.warns(InputsInParts) as warned:
        made = htmap.map(str, inputs, where="here")
    assert [getattr(each.message, "count", None) for each in warned] == [count]
    assert len(made) == count
    with settings_with({"TELL_MISTAKES": False}):
        assert len(htmap.map(str, inputs, where="here")) == count


@pytest.mark.parametrize("inputs", ["a", ["sea.csv"], ("a", "b"), {"a": 1, "b": 2}, range(2)])
def test_what_is_meant_so_is_not_told(inputs: Any) -> None:
    assert len(htmap.map(str, inputs, where="here")) == len(inputs)


def test_a_plan_tells_it_too() -> None:
    plan = htmap.plan(str, "ab", where="here")
    assert (plan.components, len(plan.warnings)) == (2, 1)
