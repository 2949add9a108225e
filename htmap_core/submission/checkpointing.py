"""Checkpoints: whether the function of a map keeps them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.abc import InspectLoader
from types import CodeType

from htmap_core.contract.option_values import truth
from htmap_core.contract.options import MapOptions
from htmap_core.results.pickling import Pickled

_NAMES = {"htmap", "checkpoint"}
_OURS = {"htmap", "htmap_core", "htmap_run"}


def checkpoints(function: Pickled, options: MapOptions) -> bool:
    """Return whether a map keeps checkpoints: the option ``checkpoint`` decides, or else whether its function mentions it.

    The function mentions it if the names are in its code by value, or in the code of a module that it names.

    :raises InvalidOption: the option is neither true nor false.
    """
    given = options.text("checkpoint")
    if given is not None:
        return truth("checkpoint", given)
    if set(function.names) >= _NAMES:
        return True
    modules = (name for name in function.names if name.partition(".")[0] not in _OURS)
    return any(set(_names_in(code)) >= _NAMES for code in map(_code_of, modules) if code is not None)


def _code_of(module: str) -> CodeType | None:
    """Return the code of a module that is imported in this process; None if it has none, such as a module in C."""
    spec = getattr(sys.modules.get(module), "__spec__", None)
    if spec is None or not isinstance(spec.loader, InspectLoader):
        return None
    try:
        code: CodeType | None = spec.loader.get_code(spec.name)
    except (ImportError, OSError, SyntaxError):
        code = None  # it was changed or removed after its import; a component that checkpoints reports it
    return code


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)
