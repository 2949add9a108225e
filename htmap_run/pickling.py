"""Pickle functions, inputs and results on both sides, and notice code by value: only the Python that compiled it can run it.

Byte code of another version crashes the interpreter, or silently returns wrong results. So each pickle is stored with a flag that
says whether there is code by value in it, and the flag is read before the pickle is loaded.
"""

from __future__ import annotations

import functools
import io
import pickle
import sys
from types import BuiltinFunctionType, CodeType, FunctionType

from htmap_run import frames

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from typing import Any

# The functions of these modules make objects from bytes that another pickler wrote. Code by value in those bytes stays unseen.
MAKE_OBJECTS_OF_BYTES = frozenset({"pickle", "_pickle", "marshal", "dill", "numba"})

# cloudpickle makes a class by value from six arguments: metaclass, name, bases, the first attributes of its body, and two more.
# It makes an Enum from other arguments.
_ARGUMENTS_OF_A_CLASS = 6

# An object that is found by its name is reduced to a function and its arguments at most. An object by value has a state, too.
_PARTS_WITHOUT_STATE = 2


_NO_FILE = "<dynamic-code>"  # cloudpickle puts this in place of a file's name


def dumps(value: Any) -> tuple[bytes, bool]:
    """Return the pickle of *value*, and whether it has code by value.

    cloudpickle, whose import takes 30 ms, is imported only if plain pickle fails.
    """
    if "cloudpickle" not in sys.modules:
        try:
            payload, writer = dumped(value, _PlainPickler)
        except Exception:  # cloudpickle raises it again if it cannot pickle the value either
            payload, writer = dumped(value, pickler())
    else:
        payload, writer = dumped(value, pickler())
    return payload, writer.by_value


def dumped(value: Any, kind: Any) -> tuple[bytes, Any]:
    """Return the pickle of *value* by a pickler of class *kind*, and that pickler, which knows whether it met code by value."""
    content = io.BytesIO()
    writer = kind(content, protocol=frames.PICKLE_PROTOCOL)
    writer.dump(value)
    return content.getvalue(), writer


@functools.lru_cache(maxsize=1)
def pickler() -> Any:
    """Return a subclass of cloudpickle's Pickler that notices code by value, and keeps ``__slots__`` and full names of classes.

    cloudpickle drops both. Objects that come back would have a ``__dict__``, which the original class could not load; and the
    class of a nested one would not be found in a later session.
    """
    import cloudpickle

    reducer_override = getattr(cloudpickle.Pickler, "reducer_override", _nothing_special)

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc, unused-ignore]  # CPython and PyPy have different ones
        by_value = False

        def reducer_override(self, obj: Any) -> Any:
            reduced = reducer_override(self, obj)
            if reduced is NotImplemented:
                self.by_value = self.by_value or _brings_code(obj)
                return _with_file_name(obj, self.dispatch_table[CodeType](obj)) if type(obj) is CodeType else reduced
            self.by_value = self.by_value or len(reduced) > _PARTS_WITHOUT_STATE
            return _as_written(obj, reduced) if issubclass(type(obj), type) else reduced

    return Pickler


def _nothing_special(*_: Any) -> Any:
    """Stand in for the ``reducer_override`` that cloudpickle lacks on PyPy; code is noticed there when it is pickled itself."""
    return NotImplemented


class _PlainPickler(pickle.Pickler):
    by_value = False

    def reducer_override(self, obj: Any) -> Any:
        self.by_value = self.by_value or _brings_code(obj)
        return NotImplemented


def _brings_code(obj: Any) -> bool:
    """Return whether an object other than a class or function by value is code, or a function that may make code."""
    kind = type(obj)
    if kind is FunctionType or kind is BuiltinFunctionType:
        return (obj.__module__ or "").partition(".")[0] in MAKE_OBJECTS_OF_BYTES
    return kind is CodeType or obj is CodeType


def _with_file_name(code: CodeType, reduced: Any) -> Any:
    """Put the file name of code back into its reduced form: tracebacks show it, and cloudpickle 3.1.3 drops it."""
    make, arguments, *rest = reduced
    return make, tuple(code.co_filename if part == _NO_FILE else part for part in arguments), *rest


def _as_written(cls: Any, reduced: Any) -> Any:
    """Put into the first attributes of a class by value what cloudpickle drops."""
    make, arguments, *rest = reduced
    if len(arguments) != _ARGUMENTS_OF_A_CLASS:
        return reduced
    *before, begin, tracker, extra = arguments
    dropped = {} if cls.__qualname__ == cls.__name__ else {"__qualname__": cls.__qualname__}
    if "__slots__" in vars(cls):
        dropped["__slots__"] = cls.__slots__
    return make, (*before, {**begin, **dropped}, tracker, extra), *rest
