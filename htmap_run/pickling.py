"""Pickles what travels, on both sides, and notices code that goes by value: only the Python version that compiled it can run it.

Byte code of another version crashes the interpreter, or returns wrong results without a sign. So that it is there is written down
beside each pickle, and read before that is unpickled.
"""

from __future__ import annotations

import functools
import io
import pickle
import sys
from types import BuiltinFunctionType, CodeType, FunctionType

from htmap_run import formats

TYPE_CHECKING = False  # as typing's, whose import every job would pay for
if TYPE_CHECKING:
    from typing import Any

# Their functions make objects of bytes that another pickler has written, and whatever is in those is seen by nobody.
MAKE_OBJECTS_OF_BYTES = frozenset({"pickle", "_pickle", "marshal", "dill", "numba"})

# How cloudpickle has a class made that travels by value: of its metaclass, name, bases, what its body begins with, and two more.
# An Enum is made of others.
_ARGUMENTS_OF_A_CLASS = 6

# What is found by its name is made of a function and its arguments at most; what travels by value has a state, too.
_PARTS_WITHOUT_STATE = 2


_NO_FILE = "<dynamic-code>"  # what cloudpickle puts in the place of a file's name


def dumps(value: Any) -> tuple[bytes, bool]:
    """Return *value* pickled, and whether code in it goes by value.

    cloudpickle is not imported (30 ms) where plain pickle will do.
    """
    if "cloudpickle" not in sys.modules:
        try:
            payload, writer = dumped(value, _PlainPickler)
        except Exception:  # cloudpickle raises it again unless it can do better
            payload, writer = dumped(value, pickler())
    else:
        payload, writer = dumped(value, pickler())
    return payload, writer.by_value


def dumped(value: Any, kind: Any) -> tuple[bytes, Any]:
    """Return *value* as a pickler of this *kind* pickles it, and that pickler with what it has noticed."""
    content = io.BytesIO()
    writer = kind(content, protocol=formats.PICKLE_PROTOCOL)
    writer.dump(value)
    return content.getvalue(), writer


@functools.lru_cache(maxsize=1)
def pickler() -> Any:
    """Return cloudpickle's class of picklers, made to notice code by value, and mended: of a class, it would forget the slots.

    Objects that come back would then have a dictionary, which those of the class that is known where it was defined cannot take.
    """
    import cloudpickle

    reducer_override = getattr(cloudpickle.Pickler, "reducer_override", _nothing_special)

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc, unused-ignore]  # it is one of two, by the interpreter
        by_value = False

        def reducer_override(self, obj: Any) -> Any:
            reduced = reducer_override(self, obj)
            if reduced is NotImplemented:
                self.by_value = self.by_value or _brings_code(obj)
                return _with_file_name(obj, self.dispatch_table[CodeType](obj)) if type(obj) is CodeType else reduced
            self.by_value = self.by_value or len(reduced) > _PARTS_WITHOUT_STATE
            return _with_slots(obj, reduced) if issubclass(type(obj), type) and "__slots__" in vars(obj) else reduced

    return Pickler


def _nothing_special(*_: Any) -> Any:
    """Stand in for what cloudpickle does differently on PyPy; there, code is noticed when it is met itself."""
    return NotImplemented


class _PlainPickler(pickle.Pickler):
    by_value = False

    def reducer_override(self, obj: Any) -> Any:
        self.by_value = self.by_value or _brings_code(obj)
        return NotImplemented


def _brings_code(obj: Any) -> bool:
    """Return whether an object, which no class or function by value is, is code or may have some made."""
    kind = type(obj)
    if kind is FunctionType or kind is BuiltinFunctionType:
        return (obj.__module__ or "").partition(".")[0] in MAKE_OBJECTS_OF_BYTES
    return kind is CodeType or obj is CodeType


def _with_file_name(code: CodeType, reduced: Any) -> Any:
    """Return how code is made again as if it came from its file still, which tracebacks name; cloudpickle 3.1.3 drops that."""
    make, arguments, *rest = reduced
    return make, tuple(code.co_filename if part == _NO_FILE else part for part in arguments), *rest


def _with_slots(obj: Any, reduced: Any) -> Any:
    make, arguments, *rest = reduced
    if len(arguments) != _ARGUMENTS_OF_A_CLASS:
        return reduced
    *before, begin, tracker, extra = arguments
    return make, (*before, {**begin, "__slots__": obj.__slots__}, tracker, extra), *rest
