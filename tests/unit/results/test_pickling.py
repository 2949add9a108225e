"""What travels to the execute side and back, through a Python that knows nothing of this one's classes."""

from __future__ import annotations

import abc
import dataclasses
import decimal
import enum
import marshal
import pickle
import subprocess
import sys
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import cloudpickle
import pytest

from htmap_core.results.pickling import CannotUnpickle, pickle_function, unpickle_exception, unpickle_result

THERE = "import cloudpickle, sys; sys.stdout.buffer.write(cloudpickle.dumps(cloudpickle.load(sys.stdin.buffer)()))"


def from_there(function: Callable[[], Any]) -> Any:
    """Return what *function* returns where another Python runs it, and fail where that fails."""
    pickled = pickle_function(function).payload
    ran = subprocess.run([sys.executable, "-c", THERE], input=pickled, capture_output=True, check=True, timeout=60)
    return pickle.loads(ran.stdout)


class Slotted:
    __slots__ = ("__hidden", "shown")

    def __init__(self, shown: int) -> None:
        self.shown = shown
        self.__hidden = -shown

    @property
    def hidden(self) -> int:
        return self.__hidden


class OneSlot(Slotted):
    __slots__ = "more"  # noqa: PLC0205 -- as some users write it


class WithDictionary(Slotted):
    pass


class Abstract(abc.ABC):
    __slots__ = ("shown",)

    @abc.abstractmethod
    def __init__(self) -> None: ...


class Concrete(Abstract):
    __slots__ = ()

    def __init__(self) -> None:
        self.shown = 3


class Colour(enum.Enum):
    __slots__ = ()

    RED = 1


@attrs.define
class Defined:
    shown: int


@dataclasses.dataclass
class Written:
    __slots__ = ("shown",)
    shown: int


Pair = namedtuple("Pair", ["shown", "other"])  # this, and not typing's, is what has slots that are empty


class Marshalled:
    """Brings code in a way that cloudpickle has no part in."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[bytes]]:
        return marshal.loads, (marshal.dumps((lambda: 1).__code__),)


for each in (Slotted, OneSlot, WithDictionary, Abstract, Concrete, Colour, Defined, Written, Pair):
    each.__module__ = "__main__"  # so that it travels by value


def test_an_object_of_a_class_with_slots_comes_back_as_one_of_that_class() -> None:
    found = from_there(lambda: Slotted(3))
    assert (type(found), found.shown, found.hidden, hasattr(found, "__dict__")) == (Slotted, 3, -3, False)


@pytest.mark.parametrize(
    "make",
    [
        lambda: OneSlot(3),
        lambda: WithDictionary(3),
        Concrete,
        lambda: Defined(3),
        lambda: Written(3),
        lambda: Pair(3, 4),
    ],
)
def test_so_do_objects_of_all_sorts_of_classes(make: Callable[[], Any]) -> None:
    found = from_there(make)
    assert (type(found), found.shown) == (type(make()), 3)


def test_a_member_of_an_enum_comes_back_as_that_member() -> None:
    assert from_there(lambda: Colour.RED) is Colour.RED


def test_there_a_slot_is_all_that_an_object_has() -> None:
    def fill() -> str:
        try:
            Slotted(3).unknown = 4  # type: ignore[attr-defined]
        except AttributeError as error:
            return str(error)
        return "it took it"

    assert "unknown" in from_there(fill)


# --- results of another Python

CODE = cloudpickle.dumps(lambda: 1)
OTHER = f"{sys.version_info[0]}.{sys.version_info[1] + 1}.0"
HERE = ".".join(map(str, sys.version_info[:3]))


def test_a_result_that_is_known_to_have_code_is_not_unpickled_by_another_python() -> None:
    with pytest.raises(CannotUnpickle) as refused:
        unpickle_result(CODE, "tide", 3, OTHER, by_value=True)
    assert OTHER in refused.value.reason
    assert unpickle_exception(CODE, OTHER, by_value=True) is None
    assert unpickle_result(CODE, "tide", 3, HERE, by_value=True)() == 1


@pytest.mark.parametrize("payload", [CODE, cloudpickle.dumps((lambda: 1).__code__), pickle.dumps(Marshalled())])
def test_nor_is_one_of_a_map_of_0_7_0_that_may_have_code(payload: bytes) -> None:
    with pytest.raises(CannotUnpickle) as refused:
        unpickle_result(payload, "tide", 3, OTHER, by_value=None)
    assert isinstance(refused.value.__cause__, pickle.UnpicklingError)
    assert unpickle_exception(payload, OTHER, by_value=None) is None
    assert unpickle_result(payload, "tide", 3, HERE, by_value=None)


@pytest.mark.parametrize("by_value", [False, None])
def test_data_of_another_python_are_had(by_value: bool | None) -> None:
    value = {"height": [decimal.Decimal(1), Path("a"), KeyError("tide").args]}
    assert unpickle_result(pickle.dumps(value), "tide", 3, OTHER, by_value) == value


def test_code_by_value_keeps_the_name_of_its_file() -> None:
    def fails() -> None:
        raise ValueError

    again = pickle.loads(pickle_function(fails).payload)
    assert again.__code__.co_filename == __file__
