"""Calls that cannot work, because their arguments do not fit the parameters of the function.

Only functions that are written in Python tell their parameters. Wrappers are taken by their own, not by those of what they wrap:
a decorator may add arguments.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Iterator
from types import FunctionType, MethodType
from typing import Any

import attrs

from htmap_core.exceptions import ArgumentsDoNotFit

_PLACEHOLDER = getattr(functools, "Placeholder", None)  # since Python 3.14


@attrs.frozen
class Parameters:
    """The parameters of a function, and what it has of them already.

    :param function: the function.
    :param bound: how many positional arguments it has already.
    :param named: the keyword arguments that it has already.
    """

    function: Any  # as a FunctionType, it would be a method to mypy
    bound: int = 0
    named: frozenset[str] = frozenset()

    @classmethod
    def of(cls, func: Callable[..., Any]) -> Parameters | None:
        """Return the parameters of a function, of a method of an object, or of a partial of these; None of anything else."""
        inner: Any = func
        bound, named = 0, set[str]()
        while isinstance(inner, (functools.partial, MethodType)):
            if isinstance(inner, MethodType):
                inner, bound = inner.__func__, bound + 1
                continue
            if _PLACEHOLDER is not None and any(each is _PLACEHOLDER for each in inner.args):
                return None
            named |= inner.keywords.keys()
            inner, bound = inner.func, bound + len(inner.args)
        return cls(inner, bound, frozenset(named)) if type(inner) is FunctionType else None

    def problem(self, positional: int, names: Collection[str]) -> str:
        """Return why the function cannot be called with some more arguments; empty if it can.

        :param positional: how many positional arguments.
        :param names: the names of the keyword arguments.
        """
        return next(self._problems(self.bound + positional, {*names, *self.named}), "")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters that are still to be given."""
        positional, only_named = self._split()
        return (*(name for name in positional[self.bound :] if name not in self.named), *only_named)

    @property
    def by_name(self) -> tuple[str, ...]:
        """Those of them that can be given by name alone."""
        return tuple(name for name in self._split()[1] if name in self.names)

    def _split(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        code = self.function.__code__
        end = code.co_argcount + code.co_kwonlyargcount
        return code.co_varnames[: code.co_argcount], code.co_varnames[code.co_argcount : end]

    def _problems(self, given: int, named: set[str]) -> Iterator[str]:
        code, (positional, only_named) = self.function.__code__, self._split()
        by_name = positional[code.co_posonlyargcount :]
        if given > len(positional) and not code.co_flags & inspect.CO_VARARGS:
            yield f"it takes no more than {len(positional) - self.bound} by position, and gets {given - self.bound}"
        unknown = sorted(map(str, named.difference(by_name, only_named)))
        if unknown and not code.co_flags & inspect.CO_VARKEYWORDS:
            yield f"it has no parameter {unknown[0]!r}"
        if twice := [name for name in positional[code.co_posonlyargcount : given] if name in named]:
            yield f"it gets {twice[0]!r} twice"
        needed = positional[given : len(positional) - len(self.function.__defaults__ or ())]
        missing = [name for name in needed if name not in named or name not in by_name]
        missing += [name for name in only_named if name not in {*named, *(self.function.__kwdefaults__ or {})}]
        if missing:
            yield f"{', '.join(map(repr, missing))} {'is' if len(missing) == 1 else 'are'} missing"


Call = tuple[tuple[Any, ...], dict[str, Any]]


class Calls:
    """Checks the calls of a map, each shape of arguments once.

    :param func: the function.
    :param by: what the user has called: ``map``, ``starmap`` or ``build_map``.
    """

    def __init__(self, func: Callable[..., Any], by: str) -> None:
        self._name = getattr(func, "__qualname__", repr(func))
        self._by = by
        self._parameters = Parameters.of(func)
        self._fitting: set[tuple[Any, ...]] = set()

    def checked(self, args: tuple[Any, ...], kwargs: dict[str, Any], component: int) -> Call:
        """Return the arguments of one call as they are.

        :raises ArgumentsDoNotFit: the function cannot be called with them.
        """
        shape = (len(args), *kwargs)
        if shape not in self._fitting and self._parameters is not None:
            if problem := self._parameters.problem(len(args), kwargs):
                own, by_name = (self._name, self._parameters.names), self._parameters.by_name
                raise ArgumentsDoNotFit(*own, self._by, len(args), tuple(kwargs), component, problem, by_name)
            self._fitting.add(shape)
        return args, kwargs
