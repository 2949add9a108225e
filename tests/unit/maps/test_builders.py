"""Mapped functions and map builders, as far as no pool is needed."""

from __future__ import annotations

import copy
import pickle
import sys
from typing import Any

import cloudpickle
import pytest

import htmap
from tests.golden_files import Golden


def double(x: int) -> int:
    """Return it twice."""
    return 2 * x


@htmap.mapped
def decorated(x: int) -> int:
    return x + 1


def test_a_mapped_function_is_the_function_when_it_is_called() -> None:
    mapped: Any = htmap.mapped(double)
    assert mapped(4) == 8
    assert mapped.__name__ == "double"
    assert mapped.func == double
    assert mapped.__doc__ == double.__doc__


def test_it_shows_its_function_and_its_options() -> None:
    mapped = htmap.mapped(map_options=htmap.MapOptions(request_memory="1GB"))(double)
    assert repr(mapped) == f"MappedFunction(func = {double}, map_options = {{'request_memory': '1GB'}})"


def test_where_it_is_called_by_a_mapped_function_it_travels_as_a_plain_callable() -> None:
    def caller(x: int) -> int:
        return int(decorated(x))

    there = cloudpickle.loads(cloudpickle.dumps(htmap.mapped(caller)))
    assert there(1) == 2
    assert "htmap" not in type(there).__module__
    assert b"MappedFunction" not in cloudpickle.dumps(decorated)


def test_copies_keep_the_options_that_pickles_leave_behind() -> None:
    mapped = htmap.mapped(map_options=htmap.MapOptions(request_memory="1GB"))(double)
    assert copy.copy(mapped) is copy.deepcopy([mapped])[0] is mapped
    assert pickle.loads(pickle.dumps(htmap.mapped(len)))("abc") == 3


@pytest.mark.parametrize("wrong", [3, "double", None, htmap.MapOptions()])
def test_an_object_that_is_not_a_function_cannot_be_mapped(wrong: Any, golden: Golden) -> None:
    with pytest.raises(TypeError) as caught:
        htmap.MappedFunction(wrong)
    golden("mapped/what-is-no-function-cannot-be-mapped", caught.value, hide={repr(wrong): "VALUE"})


OPTIONS = htmap.MapOptions(request_memory="1GB")


@pytest.mark.parametrize(
    "decorate",
    [
        htmap.mapped,
        htmap.mapped(),
        htmap.mapped(None),
        htmap.mapped(map_options=None),
        htmap.mapped(OPTIONS),
        htmap.mapped(map_options=OPTIONS),
        lambda func: htmap.mapped(func, map_options=OPTIONS),
    ],
)
def test_a_function_is_decorated_with_or_without_parentheses_and_options(decorate: Any) -> None:
    mapped = decorate(double)
    assert type(mapped) is htmap.MappedFunction
    assert mapped.func is double
    assert mapped.map_options in ({}, OPTIONS)


def test_options_may_be_given_to_the_decorator_by_position() -> None:
    assert htmap.mapped(OPTIONS)(double).map_options == OPTIONS


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((3,), {}),
        (("request_memory",), {}),
        (({},), {}),
        ((double, OPTIONS), {}),
        ((OPTIONS,), {"map_options": OPTIONS}),
        ((OPTIONS, double), {}),
        ((), {"request_memory": "1GB"}),
        ((), {"map_options": {"request_memory": "1GB"}}),
        ((), {"map_options": double}),
    ],
)
def test_anything_else_cannot_decorate(args: Any, kwargs: Any) -> None:
    with pytest.raises(TypeError):
        htmap.mapped(*args, **kwargs)


def test_a_mapped_function_that_is_mapped_again_has_its_new_options() -> None:
    again = htmap.mapped(map_options=OPTIONS)(htmap.mapped(double))
    assert (again.map_options, again(2)) == (OPTIONS, 4)


def test_a_mapped_function_has_options_of_its_own() -> None:
    options = htmap.MapOptions(request_memory=["1GB"])
    mapped = htmap.mapped(options)(double)
    options["request_memory"].append("2GB")
    options["request_cpus"] = 2
    assert mapped.map_options == {"request_memory": ["1GB"]}
    mapped.map_options["request_cpus"] = 3
    assert mapped.map_options["request_cpus"] == 3


NAMES = ["self", "func", "tag", "map_options", "args", "kwargs", "quiet", "chunksize", "component", "function"]


@pytest.mark.parametrize("name", NAMES)
def test_a_parameter_may_have_any_name(name: str) -> None:
    def given(**kwargs: Any) -> Any:
        return kwargs

    assert htmap.mapped(given)(**{name: 1}) == {name: 1}
    assert cloudpickle.loads(cloudpickle.dumps(htmap.mapped(given)))(**{name: 1}) == {name: 1}
    builder = htmap.build_map(given)
    builder(**{name: 1})
    assert len(builder) == 1


def test_options_that_are_none_are_refused_wherever_they_are_given(golden: Golden) -> None:
    wrong: Any = {"request_memory": "1GB"}
    for call in (
        lambda: htmap.mapped(map_options=wrong),
        lambda: htmap.mapped(double).map([1], map_options=wrong),
        lambda: htmap.mapped(double).build_map(map_options=wrong),
        lambda: htmap.build_map(double, wrong),
        lambda: htmap.MappedFunction(double, wrong),
        lambda: htmap.map(double, [1], wrong),
    ):
        with pytest.raises(TypeError) as caught:
            call()
        golden("mapped/options-that-are-none-are-refused", caught.value)


def test_a_builder_counts_calls_and_has_no_map_before_its_block_ends() -> None:
    builder = htmap.build_map(double)
    assert len(builder) == 0
    builder(1)
    builder(x=2)
    assert len(builder) == 2
    with pytest.raises(htmap.exceptions.NoMapYet, match="`with` block"):
        builder.map


def test_a_builder_shows_its_function() -> None:
    assert repr(htmap.mapped(double).build_map()) == f"MapBuilder(func = {double}, components = 0)"


class Tide:
    height = 6
    mean = htmap.mapped(double)

    @htmap.mapped(map_options=htmap.MapOptions(request_memory="1GB"))
    def at(self, hour: int) -> int:
        return self.height + hour

    def twice(self, hour: int) -> int:
        return 2 * int(self.at(hour))


def test_a_mapped_method_belongs_to_its_object() -> None:
    assert Tide().at(1) == 7
    assert dict(Tide().at.map_options) == {"request_memory": "1GB"}


def test_a_mapped_function_that_is_no_method_stays_as_it_is_in_a_class() -> None:
    assert Tide().mean is Tide.mean
    assert Tide().mean(2) == 4


def test_a_mapped_method_is_a_method_where_its_class_travels() -> None:
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    try:
        pickled = cloudpickle.dumps(Tide().twice)
        bound = cloudpickle.dumps(Tide().at.func)
    finally:
        cloudpickle.unregister_pickle_by_value(sys.modules[__name__])
    assert b"MappedFunction" not in pickled
    assert (pickle.loads(pickled)(1), pickle.loads(bound)(1)) == (14, 7)
