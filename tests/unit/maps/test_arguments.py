"""What mapping functions are called with, where it is wrong at first sight; nothing is looked for then, so no pool is needed."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable
from typing import Any

import pytest

import htmap
from htmap_core.exceptions import CannotMap, CannotPickle, InvalidTag, NotOptions, TagNotFound, UnknownArgument

CALLS: list[Callable[..., Any]] = [htmap.map, htmap.starmap, htmap.build_map, htmap.plan]
MAPPED = htmap.mapped(abs)


@pytest.mark.parametrize("function", CALLS)
def test_an_option_is_no_argument_and_the_error_has_both(function: Callable[..., Any]) -> None:
    with pytest.raises(UnknownArgument) as caught:
        function(abs, [-1], request_memory="2GB")
    assert (caught.value.function, caught.value.name, caught.value.value) == (
        function.__name__,
        "request_memory",
        "2GB",
    )
    assert caught.value.meant is None
    assert isinstance(caught.value, TypeError)
    assert "map_options=htmap.MapOptions(request_memory='2GB')" in str(caught.value)


def test_an_argument_that_is_nearly_spelt_so_is_suggested() -> None:
    with pytest.raises(UnknownArgument) as caught:
        htmap.map(abs, [-1], chunk_size=10)  # type: ignore[call-arg]
    assert caught.value.meant == "chunksize"


@pytest.mark.parametrize("name", ["max_workers", "request_memory"])
def test_so_it_is_for_an_executor(name: str) -> None:
    with pytest.raises(UnknownArgument) as caught:
        htmap.Executor(**{name: 4})  # type: ignore[arg-type]
    assert (caught.value.function, caught.value.name, caught.value.value) == ("Executor", name, 4)
    assert ("htmap.MapOptions(" in str(caught.value)) == (name == "request_memory")


@pytest.mark.parametrize("function", [htmap.map, htmap.plan])
def test_options_that_are_none_are_refused_with_those_that_were_meant(function: Callable[..., Any]) -> None:
    with pytest.raises(NotOptions) as caught:
        function(abs, [-1], map_options={"request_memory": "2GB"})
    assert isinstance(caught.value, TypeError)
    assert "map_options=htmap.MapOptions(request_memory='2GB')" in str(caught.value)


def test_the_cause_of_a_refusal_keeps_the_users_lines_alone() -> None:
    class Locked:
        def __reduce__(self) -> str:
            raise ValueError("the door is shut")

    locked = Locked()
    with pytest.raises(CannotPickle) as caught:
        htmap.map(lambda _: locked, [1])
    cause = caught.value.__cause__
    assert cause is not None
    shown = traceback.extract_tb(cause.__traceback__)
    assert shown[-1].name == "__reduce__"
    assert [each for each in shown if "/htmap_" in each.filename] == []


@pytest.mark.parametrize("name", ["map", "starmap", "build_map", "plan"])
def test_so_it_is_for_a_mapped_function(name: str) -> None:
    with pytest.raises(UnknownArgument) as caught:
        getattr(MAPPED, name)(request_memory="2GB")
    assert (caught.value.function, caught.value.name) == (name, "request_memory")


@pytest.mark.parametrize("function", [htmap.map, htmap.starmap])
def test_what_is_no_inputs_is_refused(function: Callable[..., Any]) -> None:
    with pytest.raises(CannotMap) as caught:
        function(abs, 10)
    assert (caught.value.needed, caught.value.given) == ("inputs", 10)
    assert isinstance(caught.value, TypeError)


@pytest.mark.parametrize("function", [htmap.map, htmap.plan])
def test_what_is_no_function_is_refused_by_the_shortest_way(function: Callable[..., Any]) -> None:
    with pytest.raises(CannotMap) as caught:
        function(4, [1, 2])
    assert (caught.value.needed, caught.value.given) == ("a function", 4)
    assert [entry.name for entry in caught.traceback] == [
        "test_what_is_no_function_is_refused_by_the_shortest_way",
        "checked",
    ]


@pytest.mark.usefixtures("htmap_dir")
@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: htmap.load("tide"), TagNotFound),
        (lambda: htmap.remove("tide", not_exist_ok=False), TagNotFound),
        (lambda: htmap.load("a tag"), InvalidTag),
        (lambda: MAPPED.map(10), CannotMap),  # type: ignore[arg-type]  # on purpose
    ],
)
def test_what_htmap_refuses_has_one_line_of_htmap(call: Callable[[], Any], error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        call()
    own = [entry for entry in caught.traceback if "htmap_core" in str(entry.path)]
    assert len(own) == 1


@pytest.mark.parametrize("function", CALLS)
def test_the_functions_show_their_arguments_as_before(function: Callable[..., Any]) -> None:
    assert "chunksize" in inspect.signature(function).parameters
    assert function.__doc__
