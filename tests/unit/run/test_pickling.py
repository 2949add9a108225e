"""Code that goes by value is noticed when it is pickled."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import fnmatch
import fractions
import functools
import importlib
import io
import logging
import marshal
import os.path
import pickle
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cloudpickle
import pytest

from htmap_run import pickling


def defined(source: str, name: str) -> Any:
    """Return *name* as a script that the user runs would define it."""
    namespace = {"__name__": "__main__"}
    exec(source, namespace)
    return namespace[name]


CLASS = defined("class C:\n    def method(self): return 1", "C")
FUNCTION = defined("def f(x): return x", "f")


class Nested:
    """Holds a pickle as bytes, as joblib's and others' wrappers do."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[bytes]]:
        return pickle.loads, (cloudpickle.dumps(FUNCTION),)


BY_VALUE: dict[str, Any] = {
    "a function": FUNCTION,
    "a lambda": lambda: 1,
    "a class": CLASS,
    "a class without code": defined("class C: pass", "C"),
    "an instance": CLASS(),
    "a bound method": CLASS().method,
    "a function with a cache": defined("import functools\n@functools.lru_cache\ndef f(x): return x", "f"),
    "a function that dispatches": defined("import functools\n@functools.singledispatch\ndef f(x): return x", "f"),
    "an enum": defined("import enum\nclass E(enum.Enum): A = 1", "E"),
    "a code object": FUNCTION.__code__,
    "a code object after a type": [types.FunctionType, FUNCTION.__code__],
    "deep inside": {"a": [({"b": FUNCTION},)]},
    "after much else": [*range(5000), *map(str, range(5000)), FUNCTION],
    "twice": [FUNCTION, FUNCTION],
    "a pickle in a pickle": Nested(),
}
PLAIN: dict[str, Any] = {
    "numbers": [1, 2.5, 3j, True, None, 10**100],
    "text": ["text", b"bytes", bytearray(b"array"), "", "x" * 70_000],
    "containers": {"a": {1, 2}, (3,): frozenset({4}), "b": [[], {}]},
    "the names of constructors": ["cloudpickle.cloudpickle", "_make_function", "CodeType", "code", "marshal", "loads"],
    "bytes that are a pickle with code": cloudpickle.dumps(FUNCTION),
    "functions by reference": [len, os.path.join, Path.exists, dataclasses.field],
    "a method of what can be imported": decimal.Decimal(1).sqrt,
    "functions with a cache by reference": [fnmatch._compile_pattern],  # type: ignore[attr-defined]
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
    "built-in types": [types.FunctionType, types.MethodType, type(None), type(...), int],
    "shared strings": ["same"] * 1000,
}


@pytest.mark.parametrize("value", BY_VALUE.values(), ids=BY_VALUE)
def test_code_by_value_is_noticed(value: Any) -> None:
    payload, by_value = pickling.dumps(value)
    assert by_value
    pickle.loads(payload)


@pytest.mark.parametrize("value", PLAIN.values(), ids=PLAIN)
def test_data_and_references_are_not_taken_for_code(value: Any) -> None:
    payload, by_value = pickling.dumps(value)
    assert not by_value
    pickle.loads(payload)


class Marshalled:
    def __reduce__(self) -> tuple[Callable[..., Any], tuple[bytes]]:
        return marshal.loads, (marshal.dumps(FUNCTION.__code__),)


def test_what_python_can_pickle_alone_is_looked_at_without_cloudpickle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "cloudpickle")
    assert pickling.dumps(Marshalled())[1]
    assert not pickling.dumps([os.path.join, "marshal", Path("a"), decimal.Decimal(1)])[1]
    assert "cloudpickle" not in sys.modules


def test_caches_start_empty() -> None:
    doubled = functools.lru_cache(maxsize=5)(lambda x: 2 * x)
    assert doubled(3) == 6
    again = pickle.loads(pickling.dumps(doubled)[0])
    assert again.cache_info() == (0, 0, 5, 0)
    assert again(3) == 6
    assert again.cache_info() == (0, 1, 5, 1)


def test_so_does_the_cache_of_a_function_that_dispatches() -> None:
    class Met:
        pass

    kind = functools.singledispatch(lambda _: "unknown")
    assert kind(Met()) == "unknown"
    assert b"Met" not in pickling.dumps(kind)[0]


def test_members_of_an_enum_keep_their_values_when_one_comes_back() -> None:
    kind = defined("import enum\nclass E(enum.Enum): A = [1]", "E")
    value = kind.A.value
    assert pickle.loads(pickling.dumps(kind.A)[0]) is kind.A
    assert kind.A.value is value


def test_so_do_those_of_the_class_that_a_reader_takes_instead() -> None:
    kind = defined("import enum\nclass E(enum.Enum):\n    A = 1\n    def __init__(self, x): self.told = x", "E")
    own = defined("import enum\nclass E(enum.Enum):\n    A = 1\n    def __init__(self, x): self.told = 2 * x", "E")

    class Reader(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            instead = {"_make_skeleton_enum": lambda *_: own, "_class_setstate": lambda *_: None}
            return instead.get(name) or super().find_class(module, name)

    assert Reader(io.BytesIO(pickling.dumps(kind.A)[0])).load() is own.A
    assert own.A.told == 2


def test_a_function_with_a_cache_goes_by_reference_unless_its_module_goes_by_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tides").mkdir()
    (tmp_path / "tides" / "__init__.py").write_text("")
    (tmp_path / "tides" / "table.py").write_text("import functools\n@functools.lru_cache\ndef height(x): return x\n")
    monkeypatch.syspath_prepend(tmp_path)
    table = importlib.import_module("tides.table")
    payload, by_value = pickling.dumps(table.height)
    assert pickle.loads(payload) is table.height
    assert not by_value
    package = sys.modules["tides"]
    cloudpickle.register_pickle_by_value(package)
    try:
        payload, by_value = pickling.dumps(table.height)
    finally:
        cloudpickle.unregister_pickle_by_value(package)
    monkeypatch.delitem(sys.modules, "tides.table")
    monkeypatch.delitem(sys.modules, "tides")
    monkeypatch.setattr(sys, "path", [])
    assert pickle.loads(payload)(4) == 4
    assert by_value


@pytest.mark.skipif(sys.version_info < (3, 10), reason="there is no ParamSpec, and a NewType is a function")
def test_hints_of_a_module_go_by_reference_unless_the_module_goes_by_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tidal.py").write_text(
        "import typing\nHeight = typing.NewType('Height', int)\nP = typing.ParamSpec('P')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    tidal = importlib.import_module("tidal")
    hints = [tidal.Height, tidal.P]
    payload, writer = pickling.dumped(hints, pickling.pickler())
    monkeypatch.setattr(tidal, "Height", "another")
    assert pickle.loads(payload) == ["another", tidal.P]
    assert not writer.by_value
    monkeypatch.setattr(tidal, "Height", hints[0])
    cloudpickle.register_pickle_by_value(tidal)
    try:
        payload, _ = pickling.dumped(hints, pickling.pickler())
    finally:
        cloudpickle.unregister_pickle_by_value(tidal)
    monkeypatch.delitem(sys.modules, "tidal")
    monkeypatch.setattr(sys, "path", [])
    assert [each.__name__ for each in pickle.loads(payload)] == ["Height", "P"]
