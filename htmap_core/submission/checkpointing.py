"""Checkpoints: only the jobs of a map that keeps them may reach the submit side while they run."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib.abc import InspectLoader
from types import CodeType

from htmap_core.contract.options import MapOptions, truth
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.submit import SubmitDescription
from htmap_core.language.expressions import quoted
from htmap_core.results.pickling import Pickled

_NAMES = {"htmap", "checkpoint"}
_OURS = {"htmap", "htmap_core", "htmap_run"}
_CANNOT_BE_LISTED = frozenset(' \t,"\\$')  # they separate folders, end the list, or (`$`) stand for unknown folders


def checkpoints(function: Pickled, options: MapOptions) -> bool:
    """Return whether a map keeps checkpoints: the option ``checkpoint`` decides, or else whether its function mentions it.

    The function mentions it if the names are in its code by value, or in the code of a module that it names.

    :raises InvalidOption: the option is neither true nor false.
    """
    given = options.get("checkpoint")
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


def open_way_back(submit: SubmitDescription, plan: MapPlan) -> None:
    """Let the jobs reach the submit side while they run, but only the folders that they need.

    These are the map's directory and the folders of transferred files, because HTCondor's limit also applies to transfers. If a
    folder cannot be listed (it differs by component, or has a comma in its name), there is no limit.
    """
    submit.set_default("MY.WantIOProxy", True)
    folders = _folders(submit, plan)
    if not any(_CANNOT_BE_LISTED & set(folder) for folder in folders):
        submit.set_default("MY.LimitDirectoryAccess", quoted(",".join(folders)))


def _folders(submit: SubmitDescription, plan: MapPlan) -> list[str]:
    """Return the folders that the jobs' shadows need, also with links resolved; ``$`` stands for unknown folders."""
    paths = [*submit.input_files, *(value for value in submit.commands().values() if value.startswith("/"))]
    if submit.transfer_executable:
        paths.append(submit.executable)
    given = [os.fspath(plan.map_dir)]
    if plan.options.output_remaps is not None:
        given.append("$")
    given += ["$" if "$" in path else os.path.dirname(path.rstrip("/")) for path in paths]
    known = [folder for folder in given if folder and "://" not in folder]
    return list(dict.fromkeys([*known, *map(os.path.realpath, known)]))
