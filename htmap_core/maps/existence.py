"""Maps that are gone, and say so whatever they are asked."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from htmap_core.results.engine import Engine

C = TypeVar("C", bound=type)

_LOOKS = {"__len__", "__contains__", "__getitem__", "__iter__"}  # what users do without calling a method
_FOR_EVER = {"exists"}


def noticed(engine_of: Callable[[Any], Engine]) -> Callable[[C], C]:
    """Have whatever is public of a class raise MapWasRemoved, before it looks at its arguments, once the map is gone.

    So no method can forget it; class methods, and whether the map exists, are left alone.

    :param engine_of: what returns the engine of an object of the class.
    """

    def decorate(cls: C) -> C:
        for name, member in list(vars(cls).items()):
            if name in _FOR_EVER or (name.startswith("_") and name not in _LOOKS):
                continue
            if isinstance(member, property) and member.fget is not None:
                setattr(cls, name, property(_checked(member.fget, engine_of), doc=member.__doc__))
            elif inspect.isfunction(member):
                setattr(cls, name, _checked(member, engine_of))
        return cls

    return decorate


def _checked(method: Callable[..., Any], engine_of: Callable[[Any], Engine]) -> Callable[..., Any]:
    @functools.wraps(method)
    def checked(self: Any, *args: Any, **kwargs: Any) -> Any:
        engine_of(self).check_existence()
        return method(self, *args, **kwargs)

    return checked
