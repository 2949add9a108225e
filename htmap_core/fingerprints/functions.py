"""Functions with their code, and modules of the user's: what they are, and all that they name."""

from __future__ import annotations

import builtins
import functools
from collections.abc import Iterable
from types import CodeType, FunctionType, ModuleType
from typing import Any

from htmap_core.fingerprints import code
from htmap_core.fingerprints.code import Named
from htmap_core.fingerprints.form import Form, Part, attributes
from htmap_core.fingerprints.origins import Origins

# What is at a function beside its code, and is no behaviour: where it stands, and how it is explained.
OF_PLACE = frozenset({"__module__", "__qualname__", "__firstlineno__", "__static_attributes__"})
DOC = "__doc__"

_OF_SINGLEDISPATCH = frozenset({"registry", "register", "dispatch", "_clear_cache"})


def of_function(function: FunctionType, named: Named, origins: Origins, *, with_docs: bool) -> Form:
    """Return the form of a function that travels with its code.

    :param named: what its code names.
    :param with_docs: whether docstrings count.
    """
    if function.__code__ is _code_that_dispatches():
        return _dispatching(function, with_docs=with_docs)
    known: dict[str, Any] = function.__globals__
    names = sorted(name for name in named.globals & known.keys() if name != "__builtins__")
    # A name that is neither here nor built in may be given by whoever imports the script.
    lacking = sorted(named.globals - known.keys() - vars(builtins).keys())
    # Python 3.14 makes annotations when they are wanted, and that may fail.
    hints = getattr(function, "__annotate__", None) or function.__annotations__
    parts = [
        Part(".__code__", function.__code__),
        Part(".__defaults__", function.__defaults__),
        Part(".__kwdefaults__", function.__kwdefaults__ and attributes(function.__kwdefaults__)),
        Part(".__annotations__", attributes(hints) if isinstance(hints, dict) else hints),
        Part("", attributes(without_place(vars(function), with_docs=with_docs))),
        *(Part(f".__globals__[{name!r}]", known[name]) for name in names),
        *(
            Part(f".<closure {name!r}>", cell)
            for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ())
        ),
        *_modules(named, [known[name] for name in names], str(known.get("__package__") or ""), origins),
    ]
    if with_docs:
        parts.append(Part(".__doc__", function.__doc__))
    return Form(("function", function.__name__, tuple(names), tuple(lacking)), parts)


def without_place(found: dict[str, Any], *, with_docs: bool) -> dict[str, Any]:
    """Return attributes without those that tell where something is defined, and the docstring if that does not count.

    Nor does what ``functools.update_wrapper`` has copied from a function of ``singledispatch``: the wrapped function has it.
    """
    if found.keys() >= _OF_SINGLEDISPATCH:
        found = {name: each for name, each in found.items() if name not in _OF_SINGLEDISPATCH}
    return {name: each for name, each in found.items() if name not in OF_PLACE and (with_docs or name != DOC)}


def _modules(named: Named, values: Iterable[Any], package: str, origins: Origins) -> list[Part]:
    """Return the modules that code imports, and those of a package of the user's that it names as its attributes."""
    found = [origin for each in named.imports for origin in origins.imported(each, package)]
    for each in values:
        if isinstance(each, ModuleType):
            found += origins.submodules(each.__name__, named.attributes)
    return [Part("", each) for each in found]


def _dispatching(function: Any, *, with_docs: bool) -> Form:
    """Return the form of a function of ``functools.singledispatch``, which holds weak references."""
    parts = [Part(f".registry[{kind.__name__}]", (kind, each)) for kind, each in function.registry.items()]
    parts.append(Part("", attributes(without_place(vars(function), with_docs=with_docs))))
    return Form(("dispatching", function.__name__), parts, is_ordered=False)


@functools.cache
def _code_that_dispatches() -> CodeType:
    function: Any = functools.singledispatch(code.form)
    found: CodeType = function.__code__
    return found
