"""The user's own modules: not installed, importable here because they lie beside the script, missing on the execute node."""

from __future__ import annotations

import importlib.util
import sysconfig
from pathlib import Path


def how_to_send(name: str, *, while_unpickling: bool) -> str:
    """Return advice for a module that is missing on the execute node: the lines that send it along.

    :param name: the dotted name of the module.
    :param while_unpickling: whether the import failed while the function or an input was unpickled. Only then does pickling the
        module by value help; an ``import`` statement in the function needs the file.
    """
    top = name.partition(".")[0]
    found = file_of(top)
    what = (
        f"{top!r} is a module of your own, {found}: send it"
        if found
        else f"If {top!r} is a module of your own, send it"
    )
    lines = [
        f"{what} along with the map,",
        f'    map_options=htmap.MapOptions(fixed_input_files=["{found or f"{top}.py"}"])',
    ]
    if while_unpickling:
        lines += [
            "or have what the map uses of it travel by value; before mapping:",
            f"    import cloudpickle, {top}",
            f"    cloudpickle.register_pickle_by_value({top})",
        ]
    return "\n".join(lines)


def file_of(name: str) -> Path | None:
    """Return the file of a module, or the folder of a package, that can be imported here and is not installed; else None.

    :param name: its name, without dots. Looking for a dotted name would import the package.
    """
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):  # ValueError: a program made the module, so it has no spec
        return None
    if spec is None:
        return None
    origin = spec.origin if spec.has_location else None
    places = [*(spec.submodule_search_locations or ()), origin]
    found = Path(places[0]) if places and places[0] else None
    return None if found is None or _is_installed(found) else found


def _is_installed(path: Path) -> bool:
    folders = {Path(folder) for folder in sysconfig.get_paths().values()}
    return not folders.isdisjoint(path.parents) or bool({"site-packages", "dist-packages"} & set(path.parts))
