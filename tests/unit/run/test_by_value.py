from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import logging
import os.path
import pickle
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cloudpickle
import pytest

from htmap_run.by_value import carries_code

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def by_value(source: str, name: str) -> Any:
    """Return *name* as a script that the user runs would define it."""
    namespace = {"__name__": "__main__"}
    exec(source, namespace)
    return namespace[name]


CLASS = by_value("class C:\n    def method(self): return 1", "C")
FUNCTION = by_value("def f(x): return x", "f")
BY_VALUE: dict[str, Any] = {
    "a function": FUNCTION,
    "a lambda": lambda: 1,
    "a class": CLASS,
    "an instance": CLASS(),
    "a bound method": CLASS().method,
    "an enum": by_value("import enum\nclass E(enum.Enum): A = 1", "E"),
    "a code object": FUNCTION.__code__,
    "a code object after a type": [types.FunctionType, FUNCTION.__code__],
    "deep inside": {"a": [({"b": FUNCTION},)]},
    "after much else": [*range(5000), *map(str, range(5000)), FUNCTION],
    "twice": [FUNCTION, FUNCTION],
    "a pickle in a pickle": None,
}
PLAIN: dict[str, Any] = {
    "numbers": [1, 2.5, 3j, True, None, 10**100],
    "text": ["text", b"bytes", bytearray(b"array"), "", "x" * 70_000],
    "containers": {"a": {1, 2}, (3,): frozenset({4}), "b": [[], {}]},
    "the names of constructors": ["cloudpickle.cloudpickle", "_make_function", "CodeType", "code", "marshal", "loads"],
    "bytes that are a pickle with code": cloudpickle.dumps(FUNCTION),
    "functions by reference": [len, os.path.join, Path.exists, dataclasses.field],
    "classes by reference": [Path, decimal.Decimal, collections.OrderedDict],
    "instances": [
        Path("a"),
        decimal.Decimal(1),
        datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc),
        fractions.Fraction(1, 3),
        collections.defaultdict(list, a=[1]),
        collections.OrderedDict(a=1),
        enum.Flag,
    ],
    "a module": os,
    "a logger": logging.getLogger("some"),
    "views of a dictionary": [{"a": 1}.keys(), {"a": 1}.values(), {"a": 1}.items()],
    "the type of functions": types.FunctionType,
    "shared strings": ["same"] * 1000,
}


class Nested:
    """Holds a pickle as bytes, as joblib's and others' wrappers do."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[bytes]]:
        return pickle.loads, (cloudpickle.dumps(FUNCTION),)


BY_VALUE["a pickle in a pickle"] = Nested()


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("value", BY_VALUE.values(), ids=BY_VALUE)
def test_code_by_value_is_found(value: Any, protocol: int) -> None:
    assert carries_code(cloudpickle.dumps(value, protocol))


@pytest.mark.parametrize("protocol", [4, 5])
@pytest.mark.parametrize("value", PLAIN.values(), ids=PLAIN)
def test_data_and_references_are_not_taken_for_code(value: Any, protocol: int) -> None:
    assert not carries_code(cloudpickle.dumps(value, protocol))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_plain_pickle_of_references_is_not_taken_for_code(protocol: int) -> None:
    assert not carries_code(pickle.dumps([os.path.join, "cloudpickle", Path("a"), decimal.Decimal(1)], protocol))


def test_code_sent_through_marshal_is_found() -> None:
    assert carries_code(b"cmarshal\nloads\n(C\x01xtR.")


def test_what_cannot_be_followed_counts_as_code() -> None:
    assert carries_code(b"\x80\x02\x82\x01.")  # an extension code: a number that only the submit side can look up
    assert carries_code(b"\x80\x04\x8c\x01a0N\x93.")  # a global whose name is not spelt out


def test_what_is_no_pickle_is_an_error() -> None:
    with pytest.raises(ValueError, match="opcode"):
        carries_code(b"no pickle")
