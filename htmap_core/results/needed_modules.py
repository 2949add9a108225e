"""Which modules a function needs of the Python that runs it: those that neither come with Python nor travel with the map.

Only what can be seen counts: imports in the code that travels, and the modules of what travels by name. Imports by text
(``importlib.import_module``) and those of the inputs are not seen.
"""

from __future__ import annotations

import os
import sys
import zipfile
from collections.abc import Iterable, Iterator
from types import ModuleType

from htmap_core.results.own_modules import comes_with_python
from htmap_core.results.pickling import Pickled, modules_of

_TRAVEL_ALWAYS = frozenset({"__main__", "cloudpickle", "htmap", "htmap_run"})
_ARCHIVES = (".egg", ".whl", ".zip")  # Python can import from them


def needed_modules(function: Pickled, sent: Iterable[str]) -> frozenset[str]:
    """Return the top-level modules that a function needs, by name.

    :param function: the function's pickle.
    :param sent: the paths or URLs of the files that travel with the map.
    """
    sent_modules = {name for path in sent for name in _modules_in(path)}
    waiting, seen = {_top(name) for name in function.modules}, set[str]()
    while waiting:
        name = waiting.pop()
        seen.add(name)
        if name in sent_modules:
            waiting |= set(_imported_in(name)) - seen
    elsewhere = seen - sent_modules - _TRAVEL_ALWAYS
    return frozenset(name for name in elsewhere if not comes_with_python(name))


def _top(name: str) -> str:
    return name.partition(".")[0]


def _modules_in(path: str) -> Iterator[str]:
    """Yield the top-level modules that a file or folder has, which is in the scratch directory under its last name."""
    yield os.path.basename(path.rstrip("/")).partition(".")[0]
    if path.endswith(_ARCHIVES) and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from {name.partition("/")[0].partition(".")[0] for name in archive.namelist()}


def _imported_in(name: str) -> Iterator[str]:
    """Yield the top-level modules whose objects a module of the user's, or one below it, has in this process."""
    for each, module in list(sys.modules.items()):
        if _top(each) == name and isinstance(module, ModuleType):
            for value in list(vars(module).values()):
                yield from map(_top, modules_of(value))
