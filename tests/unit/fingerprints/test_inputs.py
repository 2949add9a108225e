"""When inputs are the same."""

from __future__ import annotations

import collections
import copy
import copyreg
import dataclasses
import datetime
import decimal
import enum
import fractions
import itertools
import pickle
import threading
import time
import uuid
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import htmap
from htmap_core.fingerprints.fingerprint import Fingerprint, Fingerprints

NAN = float("nan")


def of(*args: Any, **kwargs: Any) -> Fingerprint:
    return Fingerprints(abs).of_input(args, kwargs)


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Pair(NamedTuple):
    a: Any
    b: Any = 0


@dataclasses.dataclass
class Point:
    x: Any


@attrs.define
class Box:
    v: Any


class Slotted:
    __slots__ = ("v",)

    def __init__(self, v: Any) -> None:
        self.v = v


class Reducing:
    def __init__(self, v: Any) -> None:
        self.v, self.lock = v, threading.Lock()

    def __reduce__(self) -> Any:
        return Reducing, (self.v,)


class Stating:
    def __init__(self, v: Any) -> None:
        self.v, self.cache = v, object()

    def __getstate__(self) -> Any:
        return {"v": self.v}


class Listing(list[Any]):
    pass


class Setting(set[Any]):
    pass


class Weak:
    def __init__(self, v: Any) -> None:
        self.v = v


def weakly(v: Any) -> Any:
    kept = [Weak(v), *map(Weak, range(20))]
    return kept, weakref.WeakSet(kept)


def cyclic(v: Any) -> list[Any]:
    found: list[Any] = [v]
    found.append({"self": found})
    return found


# Each makes an object of a value.
MAKERS: dict[str, Callable[[Any], Any]] = {
    "itself": lambda v: v,
    "a list": lambda v: [1, v],
    "a dict": lambda v: {"k": v},
    "a key": lambda v: {v: "k"},
    "a set": lambda v: {"a", "b", v},
    "a frozen set in a set": lambda v: {frozenset({"a", v}), frozenset({"b"})},
    "a set of objects": lambda v: {Pair(v, Colour.RED), Pair(2, Colour.BLUE)},
    "a deep tuple": lambda v: ((((((v, []),),),),),),
    "a cycle": cyclic,
    "a named tuple": Pair,
    "a dataclass": Point,
    "a class of attrs": Box,
    "slots": Slotted,
    "__reduce__": Reducing,
    "__getstate__": Stating,
    "a subclass of a list": lambda v: Listing([v]),
    "a subclass of a set": lambda v: Setting(["a", "b", v]),
    "a weak set": weakly,
    "a deque": lambda v: collections.deque([v], 3),
    "a defaultdict": lambda v: collections.defaultdict(list, {v: []}),
    "a lambda": lambda v: lambda: v,
    "an exception": ValueError,
    "an iterator": lambda v: iter([v]),
    "bytes": lambda v: bytearray(str(v).encode()),
    "a path": lambda v: Path(f"a/{v}"),
    "a path that is transferred": lambda v: htmap.TransferPath(f"a/{v}"),
    "a time": lambda v: datetime.datetime(2020, 1, len(str(v))),
    "a decimal": lambda v: decimal.Decimal(len(str(v))),
    "a fraction": lambda v: fractions.Fraction(1, len(str(v))),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_inputs_of_other_content_differ_and_made_anew_they_are_equal(make: Callable[[Any], Any]) -> None:
    values = ["x", str(b"x", "ascii"), "long", 12345]
    one, again, *others = [of(make(value)) for value in values]
    assert one == again
    assert len({one.digest, *(each.digest for each in others)}) == 1 + len(others)
    assert one.incomparable == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (1, 1.0),
        (0.0, -0.0),
        ("a", b"a"),
        (b"a", bytearray(b"a")),
        ((1,), [1]),
        ({1}, frozenset({1})),
        ((1,), frozenset({1})),
        (((1,), 2), ((1, 2),)),
        ([], {}),
        (None, ...),
        ([[], []], [[]] * 2),
        ([1, [2]], [[1], 2]),
        (["a", "bc"], ["ab", "c"]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (Colour.RED, Colour.BLUE),
        (Colour.RED, 1),
        (Pair(1, 2), (1, 2)),
        (Point, Box),
        (Point(1), Box(1)),
        (len, max),
        (Path("a"), "a"),
        (htmap.TransferPath("a"), Path("a")),
        (datetime.timedelta(1), datetime.timedelta(2)),
    ],
)
def test_what_a_function_can_tell_apart_differs(one: Any, other: Any) -> None:
    assert of(one) != of(other)
    assert of([one]) != of([other])
    assert (of(one), of([other])) == (of(copy.deepcopy(one)), of([copy.deepcopy(other)]))


def test_not_a_number_equals_itself() -> None:
    assert of(NAN, [NAN]) == of(float("nan"), [float("nan")])


def test_how_arguments_are_given_counts() -> None:
    assert len({of(1).digest, of(x=1).digest, of((1,)).digest, of(1, 1).digest, of(1, x=1).digest}) == 5
    assert len({of([]).digest, of(x=[]).digest, of(y=[]).digest, of([[]]).digest, of([], []).digest}) == 5


def test_whether_equal_texts_and_tuples_are_one_object_does_not_count() -> None:
    text = str(b"ab c", "ascii")
    assert of([[text, text], (text,)]) == of([["ab c", str(b"ab c", "ascii")], ("ab c",)])


def test_a_tuple_of_tuples_that_are_one_object_is_quick() -> None:
    deep: Any = (1, 2)
    for _ in range(40):
        deep = (deep, deep)
    assert of(deep) != of([deep])


def test_wide_tuples_in_which_others_are_met_again_and_again_are_quick() -> None:
    wide: Any = (1,) * 10_000
    for _ in range(2):
        wide = (wide,) * 10_000
    assert of(wide) == of(wide)
    assert of(wide) != of([wide])


def test_deep_lists_have_a_fingerprint() -> None:
    deep: Any = []
    for _ in range(20_000):
        deep = [deep]
    assert of(deep).incomparable == ()


def test_what_cannot_be_compared_is_named_and_equals_nothing() -> None:
    given_ = ([1, {"file": threading.Lock()}],)
    one, other = of(*given_, k=(x for x in [1])), of(*given_, k=(x for x in [1]))
    assert {each.where for each in one.incomparable} == {"args[0][1]['file']", "kwargs['k']"}
    assert {each.kind for each in one.incomparable} == {"lock", "generator"}
    assert one.digest != other.digest


def test_a_class_of_the_script_counts_with_its_code() -> None:
    def made(n: int) -> Any:
        class Local:
            def m(self) -> int:
                return n

        return Local()

    assert of(made(1)) == of(made(1))
    assert of(made(1)) != of(made(2))


def test_an_object_that_raises_when_it_is_pickled_is_named() -> None:
    class Odd:
        def __reduce__(self) -> Any:
            raise ZeroDivisionError

    assert [each.where for each in of([Odd()]).incomparable] == ["args[0][0]"]


COUNT = itertools.count()


class Counting:
    def __reduce__(self) -> Any:
        return Counting, (), {"count": next(COUNT)}


class Random:
    def __getstate__(self) -> Any:
        return {"content": [Pair(str(uuid.uuid4()))]}


class Timely(Point):
    def __reduce_ex__(self, protocol: Any) -> Any:
        return Point, ((self.x, time.perf_counter()),)


class Registered:
    pass


copyreg.pickle(Registered, lambda _: (Registered, (id(Pair(next(COUNT))) + next(COUNT),)))


@pytest.mark.parametrize("kind", [Counting, Random, lambda: Timely([1]), Registered])
def test_an_object_that_is_taken_apart_in_another_way_each_time_is_named_and_equals_nothing(
    kind: Callable[[], Any],
) -> None:
    value = kind()
    one, other = (of({"k": [Reducing(1), value]}, b=2) for _ in range(2))
    assert [(each.where, each.kind) for each in one.incomparable] == [("args[0]['k'][1]", type(value).__qualname__)]
    assert one.digest != other.digest
    function = Fingerprints(lambda: value).function
    assert [each.kind for each in function.incomparable] == [type(value).__qualname__]


def test_it_is_named_also_beside_what_cannot_be_compared_and_within_another_of_its_kind() -> None:
    inner = Reducing([threading.Lock(), Reducing(Counting())])
    assert {each.kind for each in of(inner).incomparable} == {"lock", "Counting"}
    assert [each.kind for each in of({Counting(), "a"}).incomparable] == ["Counting"]


ATOM = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3) | st.binary(max_size=3)
)
KEY = st.recursive(ATOM, lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3), max_leaves=4)
VALUE = st.recursive(
    KEY,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(KEY, inner, max_size=3)
        | st.sets(KEY, max_size=4)
        | st.tuples(inner)
    ),
    max_leaves=8,
)


@given(VALUE)
def test_a_copy_has_the_same_fingerprint(value: Any) -> None:
    assert of(pickle.loads(pickle.dumps(value))) == of(value)


@given(VALUE, VALUE)
def test_other_values_have_other_fingerprints(one: Any, other: Any) -> None:
    if of(one) == of(other):
        assert one == other
        assert type(one) is type(other)
