"""Whatever can be called with one argument can be mapped, and whatever has items has inputs."""

from __future__ import annotations

import functools
import json
import math
import operator
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar, overload

import numpy as np
from typing_extensions import assert_type

import htmap

T = TypeVar("T")


def text(number: int) -> str:
    return str(number)


def scaled(number: float, factor: float = 2.0, *, shift: float = 0.0) -> float:
    return number * factor + shift


def any_number(*numbers: int, **named: int) -> int:
    return sum(numbers) + sum(named.values())


def same(value: T) -> T:
    return value


def size(path: Path) -> int:
    return path.stat().st_size


def nothing(number: int) -> None:
    print(number)


@overload
def either(value: int) -> str: ...
@overload
def either(value: str) -> int: ...
def either(value: int | str) -> int | str:
    return str(value) if isinstance(value, int) else int(value)


class Scaled:
    def __init__(self, number: float, factor: float = 2.0) -> None:
        self.number = number * factor

    def __call__(self, number: float) -> float:
        return self.number * number

    def times(self, number: int) -> float:
        return self.number * number

    @classmethod
    def made(cls, number: int) -> Scaled:
        return cls(number)

    @staticmethod
    def half(number: int) -> float:
        return number / 2


class Special(Scaled):
    pass


# --- functions

assert_type(htmap.map(scaled, [1.0, 2.0]), htmap.Map[float])
assert_type(htmap.map(scaled, [1, 2]), htmap.Map[float])
assert_type(htmap.map(scaled, range(2)), htmap.Map[float])
assert_type(htmap.map(any_number, [1, 2]), htmap.Map[int])
assert_type(htmap.map(nothing, [1, 2]), htmap.Map[None])
assert_type(htmap.map(same, [1, 2]), htmap.Map[int])
assert_type(htmap.map(lambda number: 2 * number, [1, 2]), htmap.Map[int])
assert_type(htmap.map(lambda pair: f"{pair[0]}{pair[1]}", [(1, "a")]), htmap.Map[str])
lambdas: htmap.Map[dict[str, int]] = htmap.map(lambda number: {"tide": number}, range(2))

# --- builtins, classes, and what else can be called

assert_type(htmap.map(len, ["a", [1, 2]]), htmap.Map[int])
assert_type(htmap.map(str, [1, 2]), htmap.Map[str])
assert_type(htmap.map(int, ["1", "2"]), htmap.Map[int])
assert_type(htmap.map(abs, [-1, 2]), htmap.Map[int])
assert_type(htmap.map(math.sqrt, [1, 2.5]), htmap.Map[float])
assert_type(htmap.map(json.loads, ["1"]), htmap.Map[Any])
assert_type(htmap.map(sum, [[1, 2], [3]]), htmap.Map[int])
assert_type(htmap.map(Scaled, [1.0]), htmap.Map[Scaled])
assert_type(htmap.map(Scaled(3), [1.0]), htmap.Map[float])
assert_type(htmap.map(Scaled(3).times, [1]), htmap.Map[float])
assert_type(htmap.map(Scaled.made, [1]), htmap.Map[Scaled])
assert_type(htmap.map(Scaled.half, [1]), htmap.Map[float])
assert_type(htmap.map(functools.partial(scaled, factor=3.0), [1.0]), htmap.Map[float])
assert_type(htmap.map(either, [1]), htmap.Map[str])
assert_type(htmap.map(text, [True]), htmap.Map[str])
upper = htmap.map(str.upper, ["a"])
assert_type(upper, htmap.Map[str])
getter: Callable[[dict[str, int]], int] = operator.itemgetter("tide")
assert_type(htmap.map(getter, [{"tide": 1}]).tag, str)

htmap.map(np.sqrt, [1.0, 2.0])

# --- inputs


def given() -> Iterator[int]:
    yield from (1, 2)


htmap.map(text, (1, 2))
htmap.map(text, {1, 2})
htmap.map(text, {1: "a"})
htmap.map(text, {1: "a"}.keys())
htmap.map(text, given())
htmap.map(scaled, np.linspace(0, 1, 2))
htmap.map(text, (each for each in (1, 2)))
assert_type(htmap.map(lambda pair: pair[1], {"a": 1}.items()), htmap.Map[int])
assert_type(htmap.map(lambda pair: pair[0] + pair[1], zip([1], [2])), htmap.Map[int])
assert_type(htmap.map(text, htmap.map(len, ["a"])), htmap.Map[str])
specials: list[Special] = [Special(1)]
assert_type(htmap.map(lambda scaled: scaled.number, specials), htmap.Map[float])
unknown: Any = [1, 2]
htmap.map(text, unknown)

# The function gets a path in place of a TransferPath.
here = htmap.TransferPath(__file__)
assert_type(htmap.map(size, [here]), htmap.Map[int])
assert_type(htmap.map(size, [here, Path(__file__)]), htmap.Map[int])
assert_type(here.parent / "more", htmap.TransferPath)
assert_type(here.read_text(), str)
remote = htmap.TransferPath("/tide.csv", protocol="https", location="example.org")
assert_type(htmap.TransferPath("https://example.org", None, None).as_url(), str)

# --- several arguments

assert_type(htmap.starmap(scaled, [(1, 2.0), (3, 4.0)]), htmap.Map[float])
assert_type(htmap.starmap(scaled, [[1, 2], (3,)]), htmap.Map[float])
assert_type(htmap.starmap(scaled, zip([1], [2]), [{"shift": 1}]), htmap.Map[float])
assert_type(htmap.starmap(scaled, kwargs=[{"number": 1}]), htmap.Map[float])
assert_type(htmap.starmap(pow, [(2, 3)])[0], int)
assert_type(htmap.starmap(Scaled, [(2, 3)]), htmap.Map[Scaled])

with htmap.build_map(scaled) as builder:
    builder(1)
    builder(1, 3.0, shift=1)
    builder(number=2)
assert_type(builder.map, htmap.Map[float])
assert_type(len(builder), int)

# --- what the mapping functions take else

options = htmap.MapOptions(request_memory="1GB")
htmap.map(text, [1], options, "tide", quiet=True, chunksize=2, where="here", if_exists="replace")
htmap.map(text, [1], map_options=options, chunksize="auto", tag=None)
