"""The check that a map still exists, before each use of it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from htmap_core.exceptions import ComponentNotFound, ComponentProblem, InvalidShare, OutputNotFound, TimeoutError
from htmap_core.futures.outcomes import Outcomes
from htmap_core.results.engine import Engine
from htmap_core.tracebacks import trimmed

C = TypeVar("C", bound=type)

_CHECKED_SPECIALS = {"__len__", "__contains__", "__getitem__", "__iter__", "__reversed__"}
_UNCHECKED = {"exists", "tag"}
_REMOVES = "remove"  # if it fails halfway, its own error says more than that the map is gone

# What tells of the user's components or argument, or that the user has had enough: the lines of HTMap on the way there say no
# more. So the traceback begins anew. pytest hides the rest of it, IPython shows what `_render_traceback_` returns.
_SAYS_ALL = (ComponentProblem, ComponentNotFound, InvalidShare, OutputNotFound, TimeoutError, KeyboardInterrupt)


def checked_before_use(engine_of: Callable[[Any], Engine]) -> Callable[[C], C]:
    """Make the public methods and properties of a class raise MapWasRemoved once the map is gone.

    The check comes before any look at the arguments, and again where something fails: another thread or process may remove the
    map, file by file, while a method or an iterator reads it. A decorator does it, so that no method can forget it. Class methods
    and the properties ``exists`` and ``tag`` are left alone.

    :param engine_of: returns the engine of an object of the class.
    """

    def decorate(cls: C) -> C:
        for name, member in list(vars(cls).items()):
            if name in _UNCHECKED or (name.startswith("_") and name not in _CHECKED_SPECIALS):
                continue
            if isinstance(member, property) and member.fget is not None:
                setattr(cls, name, property(_checked(member.fget, engine_of), doc=member.__doc__))
            elif inspect.isfunction(member):
                setattr(cls, name, _checked(member, engine_of))
        return cls

    return decorate


def _checked(method: Callable[..., Any], engine_of: Callable[[Any], Engine]) -> Callable[..., Any]:
    @functools.wraps(method)
    def checked(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        engine = engine_of(self)
        engine.map.check_existence()
        try:
            found = method(self, *args, **kwargs)
            if isinstance(found, Outcomes):
                found.found = _iterated(found.found, engine)
                return found
            return _iterated(found, engine) if isinstance(found, Iterator) else found
        except _SAYS_ALL as error:
            happened = _checked_again(error, engine)
        except Exception:
            if method.__name__ != _REMOVES:
                engine.map.check_existence()
            raise
        raise happened

    return checked


def _iterated(found: Iterator[Any], engine: Engine) -> Iterator[Any]:
    __tracebackhide__ = True
    try:
        yield from found
    except _SAYS_ALL as error:
        happened = _checked_again(error, engine)
    except Exception:
        engine.map.check_existence()
        raise
    else:
        return
    raise happened


def _checked_again(error: BaseException, engine: Engine) -> BaseException:
    """Return an error of a map that still exists, with a traceback that begins anew.

    Ctrl-C keeps the lines of the user's function, if it has met one that runs in this process.
    """
    if isinstance(error, Exception):
        engine.map.check_existence()
    return error.with_traceback(trimmed(error.__traceback__) if isinstance(error, KeyboardInterrupt) else None)
