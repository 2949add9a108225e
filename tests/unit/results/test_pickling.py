"""What travels to the execute side and back, through a Python that knows nothing of this one's classes."""

from __future__ import annotations

import abc
import dataclasses
import decimal
import enum
import marshal
import math
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

from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import CannotPickle
from htmap_core.results.engine import Engine
from htmap_core.results.pickling import is_plain, pickle_function, pickle_input
from htmap_core.results.unpickling.payloads import CannotUnpickle, PickledException, unpickle
from htmap_core.storage.creation import Creation
from htmap_core.storage.record import MapRecord

THERE = "import cloudpickle, sys; sys.stdout.buffer.write(cloudpickle.dumps(cloudpickle.load(sys.stdin.buffer)()))"


def from_there(function: Callable[[], Any]) -> Any:
    """Return what *function* returns where another Python runs it, and fail where that fails."""
    pickled = pickle_function(function).payload
    ran = subprocess.run([sys.executable, "-c", THERE], input=pickled, capture_output=True, check=True, timeout=60)
    return pickle.loads(ran.stdout)


def shared(levels: int) -> Any:
    """Return a tuple in which another one occurs twice, and so on: its elements are more than anybody can look at."""
    value: Any = (1, "a")
    for _ in range(levels):
        value = (value, value)
    return value


def test_arguments_in_which_tuples_occur_again_and_again_are_pickled_at_once() -> None:
    given = (shared(60),)
    assert is_plain(given)
    assert not is_plain((shared(60), []))
    assert len(pickle_input(given, {}, 0).payload) < 1000


def test_tuples_that_are_too_deep_for_any_pickler_are_told_as_such() -> None:
    deep: Any = ()
    for _ in range(100_000):
        deep = (deep,)
    with pytest.raises(CannotPickle):
        pickle_input((deep,), {}, 3)


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
        unpickle(CODE, "tide", 3, OTHER, by_value=True)
    assert OTHER in refused.value.reason
    assert PickledException(CODE, OTHER, by_value=True).unpickled() is None
    assert unpickle(CODE, "tide", 3, HERE, by_value=True)() == 1


@pytest.mark.parametrize("payload", [CODE, cloudpickle.dumps((lambda: 1).__code__), pickle.dumps(Marshalled())])
def test_nor_is_one_of_a_map_of_0_7_0_that_may_have_code(payload: bytes) -> None:
    with pytest.raises(CannotUnpickle) as refused:
        unpickle(payload, "tide", 3, OTHER, by_value=None)
    assert isinstance(refused.value.__cause__, pickle.UnpicklingError)
    assert PickledException(payload, OTHER, by_value=None).unpickled() is None
    assert unpickle(payload, "tide", 3, HERE, by_value=None)


@pytest.mark.parametrize("by_value", [False, None])
def test_data_of_another_python_are_had(by_value: bool | None) -> None:
    value = {"height": [decimal.Decimal(1), Path("a"), KeyError("tide").args]}
    assert unpickle(pickle.dumps(value), "tide", 3, OTHER, by_value) == value


@pytest.fixture
def made_by_another_python(htmap_dir: Path) -> Engine:
    """Return the components of a map that another Python has made: the input of the first carries code, the other is data."""
    with Creation("tide") as creation:
        creation.add_input(cloudpickle.dumps(((lambda: 1,), {})), by_value=True)
        creation.add_input(pickle.dumps(((7,), {})))
        creation.finish()
    record = MapRecord(2, 1, "assume", PoolAddress("personal"), {"python": OTHER}, {}, created=1.5)
    creation.map_dir.write_record(record)
    return Engine("tide", creation.map_dir, lambda: None, lambda _: math.inf)


def test_an_input_that_carries_code_is_not_unpickled_by_another_python(made_by_another_python: Engine) -> None:
    assert made_by_another_python.input(1) == ((7,), {})
    with pytest.raises(CannotUnpickle) as refused:
        made_by_another_python.input(0)
    assert (refused.value.component, refused.value.is_input) == (0, True)
    assert OTHER in refused.value.reason


def test_an_exception_is_unpickled_once_and_travels_as_it_came() -> None:
    error = PickledException(cloudpickle.dumps(KeyError("tide")), HERE, by_value=False)
    assert error.unpickled() is error.unpickled()
    again = pickle.loads(pickle.dumps(error))
    assert vars(again) == {"payload": error.payload, "python": HERE, "by_value": False}
    assert repr(again.unpickled()) == repr(KeyError("tide"))


def test_code_by_value_keeps_the_name_of_its_file() -> None:
    def fails() -> None:
        raise ValueError

    again = pickle.loads(pickle_function(fails).payload)
    assert again.__code__.co_filename == __file__
