"""What is large in a function: variables around it, default values, arguments of a partial, the object of a method.

Nothing is looked at in a function whose pickle is small. In another, its parts are pickled once more, one by one.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from types import BuiltinMethodType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from htmap_core.exceptions import CannotPickle
from htmap_core.results.pickling import Pickled, pickle_argument

LARGE = 5 * 1024 * 1024  # bytes

_SHARE = 0.1  # of the pickle: what is less does not make it large
_SHOWN = 3


def large_parts(func: Callable[..., Any], function: Pickled) -> dict[str, int] | None:
    """Return the bytes of what is large in a function, the largest first, by what it is; None if the function is not large.

    :param func: the function.
    :param function: its pickle.
    """
    whole = function.size
    if whole < LARGE:
        return None
    sizes: dict[str, int] = {}
    seen: set[int] = set()
    for what, value in (*_given_to(func), *(part for each in function.functions for part in _parts_of(each))):
        if id(value) not in seen and not isinstance(value, (ModuleType, FunctionType)):
            seen.add(id(value))
            sizes[what] = max(sizes.get(what, 0), _size(value))
    large = sorted((part for part in sizes.items() if part[1] >= _SHARE * whole), key=lambda part: -part[1])
    return dict(large[:_SHOWN])


def _size(value: Any) -> int:
    try:
        return pickle_argument(value, 0).size
    except CannotPickle:  # by itself: it could within the function, and is sent with it
        return 0


def _given_to(func: Any) -> Iterator[tuple[str, Any]]:
    """Yield what an object that can be called has, if it is no function."""
    if isinstance(func, functools.partial):
        yield from ((f"argument {index} of the partial", value) for index, value in enumerate(func.args))
        yield from ((f"argument {name!r} of the partial", value) for name, value in func.keywords.items())
        yield from _given_to(func.func)
    elif isinstance(func, (MethodType, BuiltinMethodType)):
        yield from _attributes(func.__self__)
    elif not isinstance(func, (FunctionType, type)):
        yield from _attributes(func)


def _attributes(owner: Any) -> Iterator[tuple[str, Any]]:
    attributes = getattr(owner, "__dict__", {})
    if not attributes or isinstance(owner, (type, ModuleType)):
        yield f"the {type(owner).__name__} that it belongs to", owner
        return
    yield from ((f"the attribute {name!r} of its {type(owner).__name__}", value) for name, value in attributes.items())


def _parts_of(function: FunctionType) -> Iterator[tuple[str, Any]]:
    code = function.__code__
    for name, cell in zip(code.co_freevars, function.__closure__ or ()):
        with contextlib.suppress(ValueError):  # the variable has no value yet
            yield f"the variable {name!r} of the function around it", cell.cell_contents
    for name in dict.fromkeys(_names_in(code)):
        if name in function.__globals__:
            yield f"the global variable {name!r}", function.__globals__[name]
    defaults = function.__defaults__ or ()
    named = zip(code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount], defaults)
    for name, value in (*named, *(function.__kwdefaults__ or {}).items()):
        yield f"the default of {name!r}", value


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)
