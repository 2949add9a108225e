"""Unpickle inputs, results and exceptions.

To unpickle what came from the execute side can run its code. Nothing else on the submit side unpickles: the callers of this
module are the reader of results and inputs, the comparison of inputs that a script maps again, and :class:`PickledException`.
"""

from __future__ import annotations

import io
import pickle
import sys
from collections.abc import Callable
from typing import Any, Optional

import attrs

from htmap_core.exceptions import HTMapException
from htmap_core.results.unpickling import own_classes
from htmap_core.user_warnings import HTMapWarning
from htmap_core.wording import describe
from htmap_run import arguments, pickling

_PYTHON = ".".join(map(str, sys.version_info[:3]))

_LARGE = 64 * 1024  # bytes

# What pickles of earlier versions name for an argument that lies in a file of its own.
_ARGUMENT = ("htmap_run.arguments", "argument")

_MAKE_CLASSES = frozenset({"cloudpickle", "htmap_run"})  # the packages that have functions for it


@attrs.define(slots=False)
class CannotUnpickle(HTMapException):
    """A result came back, but cannot be unpickled here.

    :param is_input: whether it is not the component's result but its input, which another Python has pickled.
    """

    tag: str
    component: int
    reason: str
    is_input: bool = False

    def __str__(self) -> str:
        what = "input" if self.is_input else "result"
        return (
            f"the {what} of component {self.component} of map {self.tag!r} cannot be unpickled here: {self.reason}. "
            f"Make the modules that it needs importable, or load the map with the Python that it ran with"
        )


def unpickle(
    payload: bytes,
    tag: str,
    component: int,
    python: str,
    by_value: bool | None,
    *,
    path_of: Callable[[str], str] | None = None,
) -> Any:
    """Unpickle a component's result or input.

    :param python: the version of the Python that pickled it.
    :param by_value: whether it has code by value; None if that was not recorded, as in maps of HTMap 0.7.0.
    :param path_of: returns the paths of the large parts of an input, by their names; None for a result, which has none.
    :raises CannotUnpickle: it needs a module that is not here, or another Python.
    """
    is_others, is_input = is_of_another(python), path_of is not None
    if is_others and by_value:
        # Byte code of another version raises no error: it crashes the interpreter or returns wrong values.
        reason = f"it carries code of Python {python}, and this is Python {_PYTHON}"
        raise CannotUnpickle(tag, component, reason, is_input)
    try:
        if is_others and by_value is None:
            return _DataUnpickler.loads(payload)
        return _loads(payload) if path_of is None else _loads_input(payload, path_of)
    except HTMapWarning:
        raise
    except (Exception, SystemExit) as error:
        raise CannotUnpickle(tag, component, describe(error), is_input) from error


def is_of_another(python: str) -> bool:
    """Return whether a version is of another Python than this one, which cannot run its code."""
    # The comparison of the whole versions comes first because it is fast, and this runs for each result.
    return python != _PYTHON and python.split(".")[:2] != _PYTHON.split(".")[:2]


@attrs.frozen(slots=False)
class PickledException:
    """The exception of a component as it came from the execute side. Unpickling it can run code, so it waits until it is wanted.

    :param python: the version of the Python that pickled it.
    :param by_value: whether it has code by value; None if that was not recorded, as in maps of HTMap 0.7.0.
    """

    payload: bytes = attrs.field(repr=False)
    python: str
    by_value: Optional[bool]

    def unpickled(self) -> BaseException | None:
        """Return the exception, always the same; None if it cannot be unpickled, because the report has it as text."""
        kept = vars(self)
        if "_kept" not in kept:
            kept.setdefault("_kept", self._unpickle())  # of two threads, the second takes what the first has found
        found: BaseException | None = kept["_kept"]
        return found

    def _unpickle(self) -> BaseException | None:
        try:
            found = unpickle(self.payload, "", 0, self.python, self.by_value)
        except CannotUnpickle:
            return None
        return found if isinstance(found, BaseException) else None

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what was unpickled: whoever unpickles an error report wants no code to run either."""
        return {"payload": self.payload, "python": self.python, "by_value": self.by_value}


def _loads(payload: bytes) -> Any:
    # cloudpickle makes what goes by value, so a pickle without its name has none. A small one is read faster by `loads` then; a
    # large one is read as fast by both, and would take long to be searched.
    if len(payload) < _LARGE and b"cloudpickle" not in payload:
        return pickle.loads(payload)
    return own_classes.read(lambda reading: _OwnClassesUnpickler(payload, reading).load())


def _loads_input(payload: bytes, path_of: Callable[[str], str]) -> Any:
    return own_classes.read(lambda reading: _OwnClassesUnpickler(payload, reading, path_of).load())


class _OwnClassesUnpickler(arguments.Unpickler):
    """Unpickles objects of classes by value as objects of the program's own classes."""

    def __init__(
        self, payload: bytes, reading: own_classes.Reading, path_of: Callable[[str], str] | None = None
    ) -> None:
        super().__init__(payload, path_of)
        self._reading = reading

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == _ARGUMENT:
            return lambda place: self.read(arguments.PICKLE, place)
        found = super().find_class(module, name)
        return self._reading.instead_of(name, found) if module.partition(".")[0] in _MAKE_CLASSES else found


class _DataUnpickler(pickle.Unpickler):
    """Unpickles results for which it was not recorded whether they have code by value, and refuses any that may have."""

    @classmethod
    def loads(cls, payload: bytes) -> Any:
        return cls(io.BytesIO(payload)).load()

    def find_class(self, module: str, name: str) -> Any:
        if module.partition(".")[0] in {"cloudpickle", *pickling.MAKE_OBJECTS_OF_BYTES}:
            raise pickle.UnpicklingError(f"it may carry code of another Python, and this is Python {_PYTHON}")
        return super().find_class(module, name)
