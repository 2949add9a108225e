"""Make the functions of a pickle of cloudpickle without cloudpickle, whose import takes longer than all else in a short job.

Most functions need only what is here. A pickle that names anything else of cloudpickle, such as one of a class, has it imported,
and from then on it makes everything itself. Each function does what the one of the same name in cloudpickle does.
"""

from __future__ import annotations

import sys
import types

from htmap_run import versions

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from typing import Any

_MODULE = "cloudpickle.cloudpickle"
# Others may write their pickles in another way.
_KNOWN = ("3.0.", "3.1.")


def found(module: str, name: str) -> Any:
    """Return what stands for a name in a pickle; None where that is the object of that name itself."""
    if module != _MODULE or module in sys.modules or not versions.CLOUDPICKLE.startswith(_KNOWN):
        return None
    return _FUNCTIONS.get(name)


def _make_function(
    code: types.CodeType, namespace: dict[str, Any], name: str, defaults: Any, closure: Any
) -> types.FunctionType:
    namespace["__builtins__"] = __builtins__
    return types.FunctionType(code, namespace, name, defaults, closure)


def _function_setstate(function: types.FunctionType, state: tuple[dict[str, Any], dict[str, Any]]) -> None:
    own, slots = state
    vars(function).update(own)
    function.__globals__.update(slots.pop("__globals__"))
    function.__globals__["__builtins__"] = __builtins__
    for cell, filled in zip(function.__closure__ or (), slots.pop("__closure__") or ()):
        try:
            cell.cell_contents = filled.cell_contents
        except ValueError:  # nothing is in it
            continue
    del slots["_cloudpickle_submodules"]  # they are imported by now
    for name, value in slots.items():
        setattr(function, name, value)


def _builtin_type(name: str) -> Any:
    return getattr(types, name)


def _make_empty_cell() -> types.CellType:
    return types.CellType()


def _make_cell(*value: Any) -> types.CellType:
    return types.CellType(*value)


def _subimport(name: str) -> types.ModuleType:
    __import__(name)
    return sys.modules[name]


_FUNCTIONS = {
    "_make_function": _make_function,
    "_function_setstate": _function_setstate,
    "_builtin_type": _builtin_type,
    "_make_empty_cell": _make_empty_cell,
    "_make_cell": _make_cell,
    "subimport": _subimport,
}
