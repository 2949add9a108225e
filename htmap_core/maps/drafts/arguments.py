"""What mapping functions are called with, where that is wrong at first sight: told before anything is looked for or written."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar, cast

from htmap_core.exceptions import CannotMap, HTMapException, UnknownArgument
from htmap_core.exceptions.door import by_the_shortest_way
from htmap_core.tracebacks import trimmed
from htmap_core.wording import closest

Mapping = TypeVar("Mapping", bound=Callable[..., Any])
T = TypeVar("T")


def explaining(function: Mapping) -> Mapping:
    """Make a mapping function say of an argument that it does not have which one was meant, or that it is an option.

    Its own exceptions come to users by the shortest way: they say all, and the lines of HTMap before them would hide it.
    Ctrl-C shows the lines of the user's function, if it has met one that runs in this process.
    """
    code = function.__code__
    known = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]

    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True  # pytest shows the line of the user
        for name, value in kwargs.items():
            if name not in known:
                raise UnknownArgument(function.__name__, name, value, closest(name, known))
        try:
            return function(*args, **kwargs)
        except HTMapException as error:
            raise by_the_shortest_way(error)  # noqa: B904 -- the error itself, with its own cause
        except KeyboardInterrupt as error:
            raise error.with_traceback(trimmed(error.__traceback__))  # noqa: B904 -- likewise

    return cast("Mapping", checked)


def inputs_of(args: Iterable[T]) -> Iterator[T]:
    """Return an iterator over inputs.

    :raises CannotMap: they are none.
    """
    if not hasattr(args, "__iter__") and not hasattr(args, "__getitem__"):
        raise CannotMap("inputs", args)
    return iter(args)


def check_function(func: object) -> None:
    """Check that there is something to call.

    :raises CannotMap: there is not.
    """
    if not callable(func):
        raise CannotMap("a function", func)
