"""Pickles functions and their inputs, and unpickles what comes back."""

from __future__ import annotations

import functools
import io
import pickle
import sys
from collections.abc import Collection
from typing import Any

import attrs

from htmap_core.contract import transfer_path
from htmap_core.exceptions import CannotPickle, HTMapException
from htmap_core.wording import describe
from htmap_run import by_value, formats

# A pickle, and where from to transfer the TransferPaths in it.
Pickled = tuple[bytes, Collection[str]]

_PYTHON = ".".join(map(str, sys.version_info[:3]))

# Types whose pickles name nothing that the execute side could lack: the plain pickler writes them, ten times as fast.
_PLAIN = frozenset({type(None), bool, int, float, complex, str, bytes, bytearray})


# How cloudpickle has a class made that travels by value: of its metaclass, name, bases, what its body begins with, and two more.
# One that is imported, or an Enum, is made of fewer, or of more.
_ARGUMENTS_OF_A_CLASS = 6


@attrs.define(slots=False)
class CannotUnpickle(HTMapException):
    """A result came back, but cannot be made an object here."""

    tag: str
    component: int
    reason: str

    def __str__(self) -> str:
        return (
            f"the result of component {self.component} of map {self.tag!r} cannot be unpickled here: {self.reason}. "
            f"Import what it needs, or load the map with the Python that it ran with"
        )


def pickle_function(function: Any) -> Pickled:
    """Return *function* pickled, by reference where it can be imported, with its code where it cannot, and its TransferPaths.

    :raises CannotPickle: it holds something that no pickle can.
    """
    return _cloudpickled(function, f"the function {getattr(function, '__qualname__', function)!r}")


def pickle_input(args: tuple[Any, ...], kwargs: dict[str, Any], component: int) -> Pickled:
    """Return the arguments of one call, pickled, and their TransferPaths.

    :raises CannotPickle: they hold something that no pickle can.
    """
    given = (args, kwargs)
    if _is_plain(args) and (not kwargs or _is_plain(tuple(kwargs.values()))):
        return pickle.dumps(given, protocol=formats.PICKLE_PROTOCOL), ()
    return _cloudpickled(given, f"the input of component {component}")


def unpickle_result(payload: bytes, tag: str, component: int, python: str) -> Any:
    """Return a component's result.

    :param python: the version of Python that wrote it.
    :raises CannotUnpickle: it needs something that is not here, or another Python.
    """
    # The comparison of the whole comes first because it is quick, and this is called for each result.
    if python != _PYTHON and python.split(".")[:2] != _PYTHON.split(".")[:2] and by_value.carries_code(payload):
        # Byte code of another version would not raise an error: it would crash the interpreter or return wrong values.
        raise CannotUnpickle(tag, component, f"it carries code of Python {python}, and this is Python {_PYTHON}")
    try:
        return pickle.loads(payload)  # noqa: S301 -- written by the user's own job
    except (Exception, SystemExit) as error:
        raise CannotUnpickle(tag, component, describe(error)) from error


def unpickle_exception(payload: bytes, python: str) -> BaseException | None:
    """Return the exception that a component raised; None where it cannot be had here, for the report has it as text."""
    try:
        found = unpickle_result(payload, "", 0, python)
    except CannotUnpickle:
        return None
    return found if isinstance(found, BaseException) else None


def _is_plain(values: tuple[Any, ...]) -> bool:
    return all(type(v) in _PLAIN or (type(v) is tuple and _is_plain(v)) for v in values)


@functools.cache
def _pickler() -> Any:
    """Return cloudpickle's class of picklers, mended: it would make a class with slots again as one without.

    Objects that come back would then have a dictionary, which those of the class that is known here cannot take.
    """
    import cloudpickle  # 100 ms, needed when a map is created only

    class Pickler(cloudpickle.Pickler):  # type: ignore[name-defined, misc, unused-ignore]  # it is one of two, by the interpreter
        def reducer_override(self, obj: Any) -> Any:
            reduced = super().reducer_override(obj)
            if reduced is NotImplemented or not issubclass(type(obj), type) or "__slots__" not in vars(obj):
                return reduced
            make, arguments, *rest = reduced
            if len(arguments) != _ARGUMENTS_OF_A_CLASS:
                return reduced
            *before, begin, tracker, extra = arguments
            return make, (*before, {**begin, "__slots__": obj.__slots__}, tracker, extra), *rest

    return Pickler


def _cloudpickled(value: Any, what: str) -> Pickled:
    content = io.BytesIO()
    try:
        with transfer_path.collected() as met:
            _pickler()(content, protocol=formats.PICKLE_PROTOCOL).dump(value)
        return content.getvalue(), met
    except Exception as error:
        raise CannotPickle(what, describe(error)) from error
