"""How exceptions leave HTMap: by the shortest way, without the lines of HTMap on it, which say nothing to users."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from htmap_core import tracebacks
from htmap_core.exceptions.roots import HTMapException

Function = TypeVar("Function", bound=Callable[..., Any])


def at_the_door(function: Function) -> Function:
    """Make a function that users call raise HTMap's own exceptions by the shortest way."""

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True  # pytest shows the line of the user
        try:
            return function(*args, **kwargs)
        except HTMapException as error:
            raise by_the_shortest_way(error)

    return cast("Function", called)


def by_the_shortest_way(error: HTMapException) -> HTMapException:
    """Return an exception whose traceback begins where it is raised next; those of its causes keep the user's lines alone.

    Only for what is raised on purpose: its text says all. A bug keeps its whole way.
    """
    for each in tracebacks.causes(error):
        each.__traceback__ = tracebacks.trimmed(each.__traceback__)
    return error.with_traceback(None)
