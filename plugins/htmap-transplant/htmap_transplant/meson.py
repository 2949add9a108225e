"""Editable installs of meson-python, whose finder builds the package whenever it is imported.

Nothing can be built on the execute node. What was built last travels instead, laid out as Meson would install it: Python modules
from the sources as they are now, compiled ones as they were when the package was last imported.
"""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from htmap_transplant.members import Member, member, tree

WITHOUT_BUILDING = "def init():\n    pass\n"  # what the .pth file calls

_FINDER = "MesonpyMetaFinder"
_PLAN = Path("meson-info", "intro-install_plan.json")
_SITES = frozenset({"{py_platlib}", "{py_purelib}"})


def build_folder(finder: str) -> Path | None:
    """Return the folder that the module with the text *finder* has its package built in; None for those of others."""
    if _FINDER not in finder:
        return None
    for node in ast.walk(ast.parse(finder)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == _FINDER:
            named = [each.value for each in node.args if isinstance(each, ast.Constant)]
            folders = [Path(value) for value in named if isinstance(value, str)]
            return next((folder for folder in folders if (folder / _PLAN).is_file()), None)
    return None


def installed(build: Path, site: str) -> Iterator[Member]:
    """Yield what an installation from the folder *build* would put into the folder of packages called *site*."""
    for sources in json.loads((build / _PLAN).read_text(encoding="utf-8")).values():
        for source, target in sources.items():
            first, *rest = PurePosixPath(target["destination"]).parts
            if first not in _SITES or not os.path.exists(source):  # what was never built is left out
                continue
            name = "/".join((site, *rest))
            if os.path.isdir(source):
                left = {f"{name}/{each}" for kind in ("files", "dirs") for each in target.get(f"exclude_{kind}", ())}
                yield from tree(Path(source), name, left.__contains__)
            else:
                yield member(Path(source), name)
