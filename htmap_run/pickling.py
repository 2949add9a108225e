"""Pickle functions, inputs and results on both sides, and notice code by value: only the Python that compiled it can run it.

Byte code of another version crashes the interpreter, or silently returns wrong results. So each pickle is stored with a flag that
says whether there is code by value in it, and the flag is read before the pickle is loaded.
"""

from __future__ import annotations

import functools
import io
import operator
import pickle
import sys
from functools import _lru_cache_wrapper
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType

from htmap_run import frames

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from typing import Any, Callable, Optional

# The functions of these modules make objects from bytes that another pickler wrote. Code by value in those bytes stays unseen.
MAKE_OBJECTS_OF_BYTES = frozenset({"pickle", "_pickle", "marshal", "dill", "numba"})

# cloudpickle makes a class by value from six arguments: metaclass, name, bases, the first attributes of its body, and two more.
# It makes an Enum from other arguments.
_ARGUMENTS_OF_A_CLASS = 6

# An object that is found by its name is reduced to a function and its arguments at most. An object by value has a state, too.
PARTS_WITHOUT_STATE = 2

# What functools.singledispatch itself puts into the dictionary of a function.
_OF_SINGLEDISPATCH = frozenset({"registry", "register", "dispatch", "_clear_cache"})

_ATTRIBUTES = ("__name__", "__qualname__", "__module__", "__doc__", "__annotations__")

# These have a lock before Python 3.12, and a dictionary of weak references since 3.13. Neither can be pickled.
_WITH_LOCK_OR_CACHE = (functools.cached_property, functools.singledispatchmethod)

# The most usual results have no code, and no pickler of ours would do anything else with them.
_PLAIN = frozenset({int, float, bool, str, bytes, type(None)})

_dumps = pickle.dumps  # which a function may replace, for all of its job

# In a job, pickle finds those of the script by their names, too; elsewhere nobody would.
_PERHAPS_OF_THE_SCRIPT = frozenset({FunctionType, _lru_cache_wrapper})

# The functions of these modules are methods of one object, whose state would go with them: each call would draw the same number.
_WITH_ONE_STATE = ("random", "numpy.random")
_METHODS = frozenset({BuiltinFunctionType, MethodType})

_NO_FILE = "<dynamic-code>"  # cloudpickle puts this in place of a file's name


def dumps(value: Any) -> tuple[bytes, bool]:
    """Return the pickle of *value*, and whether it has code by value.

    cloudpickle, whose import takes 30 ms, is imported only if plain pickle fails, or could write a name that only this job knows.
    """
    if type(value) in _PLAIN:
        return _dumps(value, frames.PICKLE_PROTOCOL), False
    found = None if "cloudpickle" in sys.modules else _plainly(value)
    payload, writer = dumped(value, pickler()) if found is None else found
    return payload, writer.by_value


def _plainly(value: Any) -> Optional[tuple[bytes, Any]]:
    """Return what plain pickle makes of *value*, as :func:`dumped` does; None if it can do nothing with it."""
    try:
        return dumped(value, _PlainPickler)
    except Exception:  # cloudpickle raises it again if it cannot pickle the value either
        return None


def dumped(value: Any, kind: Any, buffer_callback: Optional[Callable[[Any], object]] = None) -> tuple[bytes, Any]:
    """Return the pickle of *value* by a pickler of class *kind*, and that pickler, which knows whether it met code by value.

    :param buffer_callback: says of each buffer whether it belongs into the pickle; see :class:`pickle.Pickler`.
    """
    content = io.BytesIO()
    writer = kind(content, protocol=frames.PICKLE_PROTOCOL, buffer_callback=buffer_callback)
    writer.dump(value)
    return content.getvalue(), writer


@functools.lru_cache(maxsize=1)
def pickler() -> Any:
    """Return a subclass of cloudpickle's Pickler that notices code by value, and mends what cloudpickle cannot do.

    - It keeps the ``__slots__`` of classes, and their full names. Objects that come back would otherwise have a ``__dict__``,
      which the original class could not load; and the class of a nested one would not be found in a later session.
    - It keeps the aliases of Enums, and what ``__init__`` gave to their members.
    - Functions of ``lru_cache`` and ``singledispatch``, and cached properties, are made anew. Their caches start empty.
    - Functions of ``random`` and ``numpy.random`` go by their names, without the state of this process.
    - What a script defines for its hints, such as a ``NewType``, goes by value, like a ``TypeVar``.
    """
    from collections import ChainMap

    import cloudpickle

    from htmap_run import hints

    table, *tables = cloudpickle.Pickler.dispatch_table.maps  # one mapping more would cost each object time
    table_with_hints = ChainMap({**table, **hints.reducers(can_be_imported)}, *tables)
    reducer_override = getattr(cloudpickle.Pickler, "reducer_override", _nothing_special)
    dispatches = _code_that_dispatches()

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc, unused-ignore]  # CPython and PyPy have different ones
        by_value = False
        dispatch_table = table_with_hints

        def reducer_override(self, obj: Any) -> Any:
            reduced = reducer_override(self, obj)
            if reduced is NotImplemented:
                self.by_value = self.by_value or _brings_code(obj)
                if type(obj) is CodeType:
                    return _with_file_name(obj, self.dispatch_table[CodeType](obj))
                return _by_module(obj) if type(obj) in _METHODS else _emptied(obj)
            if len(reduced) <= PARTS_WITHOUT_STATE:
                return reduced
            self.by_value = True
            if type(obj) is FunctionType:
                if obj.__code__ is dispatches:
                    return _dispatching(obj)
                return _sharing(obj, reduced) if "_clear_cache" in obj.__dict__ else reduced
            return _mended_class(obj, reduced)

    return Pickler


def _nothing_special(*_: Any) -> Any:
    """Stand in for the ``reducer_override`` that cloudpickle lacks on PyPy; code is noticed there when it is pickled itself."""
    return NotImplemented


class _PlainPickler(pickle.Pickler):
    by_value = False

    def reducer_override(self, obj: Any) -> Any:
        if type(obj) in _PERHAPS_OF_THE_SCRIPT or (isinstance(obj, type) and _is_of_this_job(obj)):
            raise pickle.PicklingError("only cloudpickle knows whether it goes by value")
        self.by_value = self.by_value or _brings_code(obj)
        return _by_module(obj) if type(obj) in _METHODS else NotImplemented


def _is_of_this_job(its: type) -> bool:
    """Return whether a class may have been made by the function itself, as a global of its script: only this job has it there."""
    return its.__module__ == "__main__" or its.__module__ not in sys.modules


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


def _mended_class(obj: Any, reduced: Any) -> Any:
    """Put into the reduced form of a class what cloudpickle drops."""
    make, arguments, *rest = reduced
    if len(arguments) != _ARGUMENTS_OF_A_CLASS:
        return _with_members(obj, *reduced) if hasattr(obj, "__members__") else reduced
    *before, begin, tracker, extra = arguments
    if obj.__qualname__ != obj.__name__:
        arguments = (*before, {**begin, "__qualname__": obj.__qualname__}, tracker, extra)
    if "__slots__" not in vars(obj):
        return make, arguments, *rest
    from htmap_run import remade

    return remade.slotted, (make, arguments, obj.__slots__), *rest


def _with_members(obj: Any, make: Any, arguments: Any, state: Any, _: Any, __: Any, set_state: Any) -> Any:
    """Reduce an Enum with its aliases, on which cloudpickle fails, and with what ``__init__`` gave to its members."""
    from htmap_run import remade

    remade.COMPLETE.add(obj)
    bases, name, qualname, _members, *rest = arguments
    values = {each: member._value_ for each, member in obj.__members__.items()}
    own = {each: remade.attributes(member) for each, member in obj.__members__.items()}
    of_class = {each: value for each, value in state[0].items() if each not in values}
    return (
        make,
        (bases, name, qualname, values, *rest),
        (set_state, (of_class, *state[1:]), own),
        None,
        None,
        remade.set_members,
    )


def _by_module(obj: Any) -> Any:
    """Reduce a method that is a function of a module with one state to its name there. Plain pickle cannot do that."""
    name = getattr(obj, "__name__", "")
    for module in _WITH_ONE_STATE:
        found = sys.modules.get(module)
        if found is not None and vars(found).get(name) == obj:
            return getattr, (found, name)
    return NotImplemented


def _emptied(obj: Any) -> Any:
    """Reduce a cached function of a script, or a cached property, without what it has cached and without its lock."""
    kind = type(obj)
    if kind is _lru_cache_wrapper and not can_be_imported(obj):
        from htmap_run import remade

        own = {name: value for name, value in vars(obj).items() if name != "cache_parameters"}
        # Python 3.8 does not tell whether the cache is typed.
        typed = obj.cache_parameters()["typed"] if hasattr(obj, "cache_parameters") else False
        reduced = remade.cached, (obj.__wrapped__, obj.cache_info().maxsize, typed), own
        return _sharing(obj, reduced) if "_clear_cache" in own else reduced
    if issubclass(kind, _WITH_LOCK_OR_CACHE):
        reduced = obj.__reduce_ex__(frames.PICKLE_PROTOCOL)
        return (
            _without_lock_and_cache(reduced)
            if type(reduced) is tuple and len(reduced) > PARTS_WITHOUT_STATE
            else reduced
        )
    return NotImplemented


def _sharing(obj: Any, reduced: Any) -> Any:
    """Reduce a wrapper without what ``functools.update_wrapper`` has copied into it from a function of ``singledispatch``.

    These are functions and methods that hold weak references. The wrapper gets those of the function that is made anew.
    """
    from htmap_run import remade

    inner = obj
    while getattr(inner, "__code__", None) is not _code_that_dispatches():
        if not hasattr(inner, "__wrapped__"):
            return reduced
        inner = inner.__wrapped__
    make, arguments, state, *rest = reduced
    shared = [name for name in sorted(_OF_SINGLEDISPATCH) if vars(obj).get(name) is vars(inner)[name]]
    attributes, *more = state if type(state) is tuple else (state,)  # cloudpickle gives a function two parts of state
    own = {name: value for name, value in attributes.items() if name not in shared}
    of_object = (own, *more) if more else own
    return make, arguments, (of_object, inner, shared, *rest[2:]), None, None, remade.set_sharing


@functools.lru_cache(maxsize=1)
def _code_that_dispatches() -> CodeType:
    """Return the code that all functions of ``functools.singledispatch`` have."""
    function: Any = functools.singledispatch(_nothing_special)
    code: CodeType = function.__code__
    return code


def _without_lock_and_cache(reduced: Any) -> Any:
    from htmap_run import remade

    make, arguments, state, *_ = reduced
    rest = {name: value for name, value in state.items() if name not in remade.NEW}
    return make, arguments, (rest, [name for name in state if name in remade.NEW]), None, None, remade.set_rest


def can_be_imported(obj: Any) -> bool:
    """Return whether an object is found by its name in a module that cloudpickle does not send by value."""
    import cloudpickle

    name = getattr(obj, "__module__", None) or "__main__"
    packages = [name[:end] for end, each in enumerate(name + ".") if each == "."]
    if name == "__main__" or not cloudpickle.list_registry_pickle_by_value().isdisjoint(packages):
        return False
    try:
        return operator.attrgetter(getattr(obj, "__qualname__", None) or obj.__name__)(sys.modules[name]) is obj
    except (AttributeError, KeyError):
        return False


def _dispatching(obj: Any) -> Any:
    """Reduce a function of ``functools.singledispatch``: it holds weak references, which cannot be pickled."""
    from htmap_run import remade

    own = {name: value for name, value in vars(obj).items() if name not in _OF_SINGLEDISPATCH}
    attributes = {name: getattr(obj, name) for name in _ATTRIBUTES}
    return (
        remade.dispatching,
        (obj.__name__,),
        (dict(obj.registry), own, attributes),
        None,
        None,
        remade.set_dispatching,
    )
