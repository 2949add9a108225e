"""Arguments that do not fit a function are found before there is a map, and none that fit are refused."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import pytest

import htmap
from htmap.exceptions import ArgumentsDoNotFit
from htmap_core.submission.mistakes.calls import Calls, Parameters


class Tide:
    def height(self, hour: int, place: str = "Brest") -> tuple[int, str]:
        return hour, place


def wide(hour: int, /, place: str, *more: int, depth: int, **others: int) -> None: ...
def one(hour: int) -> None: ...
def two(hour: int, place: str) -> None: ...
def none() -> None: ...
def by_name(*, hour: int, place: str = "") -> None: ...
def by_place(hour: int, place: int = 0, /) -> None: ...
def with_named(hour: int, *, place: str) -> None: ...
def any_number(*hours: int) -> None: ...


FUNCTIONS: list[Any] = [
    *(
        wide,
        one,
        two,
        none,
        by_name,
        by_place,
        any_number,
        lambda hour, place=1: (hour, place),
        Tide().height,
        Tide.height,
    ),
    *(
        functools.partial(two, place="Brest"),
        functools.partial(two, 3),
        functools.partial(Tide().height, place="Brest"),
    ),
    functools.partial(functools.partial(wide, depth=3), 1, 2),
]
SHAPES = [
    (number, names)
    for number in range(4)
    for count in range(3)
    for names in itertools.combinations(["hour", "place", "depth", "wind"], count)
]


@pytest.mark.parametrize("func", FUNCTIONS)
def test_what_fits_is_what_python_would_call(func: Callable[..., Any]) -> None:
    parameters = Parameters.of(func)
    assert parameters is not None
    for number, names in SHAPES:
        try:
            func(*range(number), **dict.fromkeys(names, 0))  # inspect.signature is wrong about partials of partials
            fits = True
        except TypeError:
            fits = False
        assert (parameters.problem(number, names) == "") is fits, (number, names)


@pytest.mark.parametrize("func", [len, int, dict.get, Tide, functools.partial(pow, 2), print])
def test_what_is_not_written_in_python_is_not_judged(func: Callable[..., Any]) -> None:
    assert Parameters.of(func) is None


def test_a_decorator_may_add_arguments() -> None:
    @functools.wraps(two)
    def with_place(hour: int) -> None:
        two(hour, "Brest")

    assert Calls(with_place, "map").checked((1,), {}, 0) == ((1,), {})


@pytest.mark.parametrize(
    ("func", "by", "args", "kwargs"),
    [
        (two, "map", (1,), {}),
        (none, "map", (1,), {}),
        (with_named, "map", (1,), {}),
        (one, "starmap", (1, 2), {}),
        (two, "starmap", (1,), {"wind": 1}),
        (two, "build_map", (1,), {"hour": 1}),
    ],
)
def test_the_error_says_what_to_write(func: Any, by: str, args: Any, kwargs: Any, golden: Any) -> None:
    with pytest.raises(ArgumentsDoNotFit) as caught:
        Calls(func, by).checked(args, kwargs, 7)
    assert (caught.value.component, caught.value.positional, caught.value.keywords) == (7, len(args), tuple(kwargs))
    assert isinstance(caught.value, TypeError)
    golden(f"mistakes/arguments-of-{func.__name__}-for-{by}", caught.value)


def test_a_map_of_a_function_that_needs_more_is_refused_before_its_inputs_are_taken(htmap_dir: Any) -> None:
    taken = iter([(1, "Brest"), (2, "Brest")])
    func: Any = two
    with pytest.raises(ArgumentsDoNotFit):
        htmap.map(func, taken)
    assert (len(list(taken)), htmap_dir.exists()) == (2, False)


def test_a_builder_refuses_a_call_in_its_line() -> None:
    builder = htmap.build_map(two)
    with pytest.raises(ArgumentsDoNotFit):
        builder(1)  # type: ignore[call-arg]  # on purpose
    builder(1, place="Brest")
    assert len(builder) == 1
