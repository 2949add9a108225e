"""What a function uses beside its own code, by the names that its author knows."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from types import FunctionType
from typing import Any

from htmap_core.fingerprints import code


def used(function: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a function and others of its file use: global variables, defaults, and what they enclose.

    >>> from functools import partial
    >>> list(used(partial(lambda x, step=2: x * step)))
    [('the default of step in <lambda>', 2)]
    """
    while isinstance(function, functools.partial):
        function = function.func
    todo, seen = [function], set[int]()
    while todo:
        each = todo.pop()
        if not isinstance(each, FunctionType) or id(each) in seen or each.__globals__ is not function.__globals__:
            continue
        seen.add(id(each))
        for name, value in _of_one(each):
            todo.append(value)
            yield name, value


def _of_one(function: FunctionType) -> Iterator[tuple[str, Any]]:
    known, own, its = function.__globals__, function.__code__, function.__name__
    for name in sorted(code.named(own).globals & known.keys() - {"__builtins__"}):
        yield f"the global variable {name}", known[name]
    for name, cell in zip(own.co_freevars, function.__closure__ or ()):
        if cell != type(cell)():  # an empty one: nothing is in it yet
            yield f"{name}, which {its} encloses", cell.cell_contents
    defaults = function.__defaults__ or ()
    first = own.co_argcount - len(defaults)
    for name, value in zip(own.co_varnames[first : own.co_argcount], defaults):
        yield f"the default of {name} in {its}", value
    for name, value in (function.__kwdefaults__ or {}).items():
        yield f"the default of {name} in {its}", value
