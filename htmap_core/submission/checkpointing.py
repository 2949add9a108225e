"""Whether a map checkpoints: only such a map gets the way to the submit side that checkpoints take while a job runs."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from htmap_core.contract.options import MapOptions, truth
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.submit import SubmitDescription
from htmap_core.language.expressions import quoted
from htmap_run import by_value

_WORDS = ("htmap", "checkpoint")
_CANNOT_BE_LISTED = frozenset(' \t,"\\$')  # separate folders in the list, end it, or stand for what is not known yet


def checkpoints(function: Any, pickled: bytes, options: MapOptions) -> bool:
    """Return whether a map keeps checkpoints: what the option ``checkpoint`` says, else whether its function mentions it.

    A function that travels by value carries the names that it uses, and those of all that travels with it. Of what is imported
    on the execute node, the source of the modules that are referred to is searched.

    :param pickled: the function, pickled.
    :raises InvalidOption: the option is neither true nor false.
    """
    given = options.get("checkpoint")
    if given is not None:
        return truth("checkpoint", given)
    if all(_as_pickled(word) in pickled for word in _WORDS):
        return True
    own = getattr(function, "__module__", None)
    needless = {own} if by_value.carries_code(pickled) else set()  # it brings what it uses of its own module
    return any(_mentions_it(source) for name, source in _modules(pickled) if name not in needless)


def _as_pickled(word: str) -> bytes:
    """Return *word* as protocol 4 and up spell it as a whole: a short text."""
    return b"\x8c" + bytes([len(word)]) + word.encode()


def _modules(pickled: bytes) -> Iterator[tuple[str, Path]]:
    """Yield names and source files of the modules that a pickle names, but for HTMap's own."""
    seen = set()
    for match in re.finditer(rb"\x8c(.)", pickled, flags=re.DOTALL):
        name = pickled[match.end() : match.end() + match[1][0]].decode("ascii", "replace")
        module = sys.modules.get(name)
        if name not in seen and module is not None and name.partition(".")[0] not in {"htmap", "htmap_core"}:
            seen.add(name)
            yield name, Path(getattr(module, "__file__", None) or "")


def _mentions_it(source: Path) -> bool:
    if source.suffix != ".py" or not source.is_file():
        return False
    text = source.read_text(encoding="utf-8", errors="replace")
    return all(re.search(rf"\b{word}\b", text) for word in _WORDS)


def open_way_back(submit: SubmitDescription, plan: MapPlan) -> None:
    """Let the jobs reach the submit side while they run, and there no more than they need.

    That is the map's directory, and the folders of what HTCondor transfers: the limit holds for that, too. Where not all of these
    can be listed (each component has its own, or a name has a comma) there is no limit.
    """
    submit.set_default("MY.WantIOProxy", True)
    folders = _folders(submit, plan)
    if not any(_CANNOT_BE_LISTED & set(folder) for folder in folders):
        submit.set_default("MY.LimitDirectoryAccess", quoted(",".join(folders)))


def _folders(submit: SubmitDescription, plan: MapPlan) -> list[str]:
    """Return the folders that the jobs' shadows need, also by their real names; ``$`` stands for unknown ones."""
    paths = [*submit.input_files, *(value for value in submit.commands().values() if value.startswith("/"))]
    if submit.transfer_executable:
        paths.append(submit.executable)
    given = [os.fspath(plan.map_dir)]
    if plan.options.output_remaps is not None:
        given.append("$")
    given += ["$" if "$" in path else os.path.dirname(path.rstrip("/")) for path in paths]  # noqa: PTH120 -- some are URLs
    known = [folder for folder in given if folder and "://" not in folder]
    return list(dict.fromkeys([*known, *map(os.path.realpath, known)]))
