"""What mapping functions are called with, where that is wrong at first sight: told before anything is looked for or written."""

from __future__ import annotations

import collections.abc
import functools
import inspect
import reprlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar, cast

from htmap_core import user_warnings
from htmap_core.exceptions import CannotMap, FunctionIsLazy, HTMapException, NotArguments, UnknownArgument
from htmap_core.exceptions.door import by_the_shortest_way
from htmap_core.settings import tables
from htmap_core.submission.mistakes.calls import Call, Parameters
from htmap_core.tracebacks import trimmed
from htmap_core.wording import closest

Mapping = TypeVar("Mapping", bound=Callable[..., Any])
T = TypeVar("T")


def explaining(function: Mapping) -> Mapping:
    """Make a mapping function, or the start of an executor, say what was meant by an argument that it does not have.

    Its own exceptions come to users by the shortest way: they say all, and the lines of HTMap before them would hide it.
    Ctrl-C shows the lines of the user's function, if it has met one that runs in this process.
    """
    code = function.__code__
    known = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    *_, called = function.__qualname__.removesuffix(".__init__").split(".")

    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True  # pytest shows the line of the user
        for name, value in kwargs.items():
            if name not in known:
                raise UnknownArgument(called, name, value, closest(name, known))
        try:
            return function(*args, **kwargs)
        except HTMapException as error:
            raise by_the_shortest_way(error)
        except KeyboardInterrupt as error:
            raise error.with_traceback(trimmed(error.__traceback__))

    return cast("Mapping", checked)


def inputs_of(args: Iterable[T]) -> Iterator[T]:
    """Return an iterator over inputs.

    :raises CannotMap: they are none.
    """
    if not hasattr(args, "__iter__") and not hasattr(args, "__getitem__"):
        raise CannotMap("inputs", args)
    if tables.setting("TELL_MISTAKES") and (warning := _in_parts(args)) is not None:
        user_warnings.warn(warning)
    return iter(args)


# What is iterated over otherwise than people think, by type: what its parts are called, and what is rather meant.
_IN_PARTS = {
    ("builtins", "str"): ("character", "a list of texts, such as [{given}]"),
    ("builtins", "bytes"): ("byte", "a list, such as [{given}]"),
    ("builtins", "bytearray"): ("byte", "a list, such as [{given}]"),
    ("pandas", "DataFrame"): ("column name", "the rows: frame.to_dict('records') has a dictionary for each"),
    ("polars", "DataFrame"): ("column", "the rows: frame.to_dicts() has a dictionary for each"),
}


def _in_parts(args: Any) -> user_warnings.InputsInParts | None:
    """Return a warning if inputs are one thing whose parts are hardly meant."""
    kind = type(args)
    parts, instead = _IN_PARTS.get((kind.__module__.partition(".")[0], kind.__qualname__), ("", ""))
    count = len(getattr(args, "columns", args)) if parts else 0
    if count <= 1:
        return None
    given = instead.format(given=reprlib.repr(args)) if "{given}" in instead else instead
    return user_warnings.InputsInParts(kind.__name__, parts, count, given)


def call_of(component: int, given: Iterable[Any] | None, named: collections.abc.Mapping[str, Any] | None) -> Call:
    """Return the call of one component, from its positional and its keyword arguments; None for those that it has none of.

    :raises NotArguments: they are no such arguments.
    """
    try:
        return () if given is None else tuple(given), {} if named is None else dict(named)
    except (TypeError, ValueError):
        raise NotArguments(given, named, component) from None


def check_function(func: object) -> None:
    """Check that there is something to call.

    :raises CannotMap: there is not.
    :raises FunctionIsLazy: a call of it computes nothing.
    """
    if not callable(func):
        raise CannotMap("a function", func)
    parameters = Parameters.of(func)
    flags = 0 if parameters is None else parameters.function.__code__.co_flags
    for flag, kind in _LAZY.items():
        if flags & flag:
            raise FunctionIsLazy(getattr(func, "__qualname__", repr(func)), kind)


# What a call of such a function returns instead of a result; none of it can be pickled.
_LAZY = {
    inspect.CO_GENERATOR: "generator",
    inspect.CO_COROUTINE: "coroutine",
    inspect.CO_ASYNC_GENERATOR: "asynchronous generator",
}
