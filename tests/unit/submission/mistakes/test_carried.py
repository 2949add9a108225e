"""What makes a function large is named by what it is in the program."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import cloudpickle
import pytest

from htmap_core.results.pickling import pickle_function
from htmap_core.submission.mistakes.carried import LARGE, large_parts

SEA = bytearray(LARGE)
UNUSED = bytearray(LARGE)


class Chart:
    def __init__(self) -> None:
        self.depths, self.name = bytearray(LARGE), "Biscay"

    def depth(self, place: int) -> int:
        return self.depths[place]

    def __call__(self, place: int) -> int:
        return self.depths[place]


def with_global(place: int) -> int:
    def inside() -> int:
        return SEA[place]

    return inside()


def with_default(place: int, sea: bytearray = SEA) -> int:
    return sea[place]


def with_variable() -> Callable[[int], int]:
    sea, land = bytearray(LARGE), bytearray(3 * LARGE)

    def depth(place: int) -> int:
        return sea[place] - land[place]

    return depth


def named(function: Any) -> dict[str, int] | None:
    """Return what is large in a function that travels with its code, as those of a script do."""
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    try:
        return large_parts(function, pickle_function(function))
    finally:
        cloudpickle.unregister_pickle_by_value(sys.modules[__name__])


@pytest.mark.parametrize(
    ("function", "parts"),
    [
        (with_global, ["the global variable 'SEA'"]),
        (with_default, ["the default of 'sea'"]),
        (with_variable(), ["the variable 'land' of the function around it", "the variable 'sea' of the function around it"]),
        (functools.partial(max, SEA), ["argument 0 of the partial"]),
        (functools.partial(dict, sea=SEA), ["argument 'sea' of the partial"]),
        (Chart().depth, ["the attribute 'depths' of its Chart"]),
        (Chart(), ["the attribute 'depths' of its Chart"]),
        (SEA.find, ["the bytearray that it belongs to"]),
    ],
)  # fmt: skip
def test_what_is_large_is_named_the_largest_first(function: Any, parts: list[str]) -> None:
    found = named(function)
    assert found is not None
    assert list(found) == parts
    assert all(size >= LARGE for size in found.values())


def test_a_small_function_is_not_looked_at() -> None:
    assert large_parts(len, pickle_function(len)) is None


def test_a_variable_that_has_no_value_yet_is_passed_over() -> None:
    def around() -> Callable[[], Any]:
        def use() -> Any:
            return later, SEA

        later: Any
        if not SEA:
            later = 1
        return use

    assert list(named(around()) or ()) == ["the global variable 'SEA'"]
