"""Modules of the user's own: installed nowhere, found here because they lie beside the script, and missing where it runs."""

from __future__ import annotations

import importlib.util
import sysconfig
from pathlib import Path


def how_to_send(name: str, *, while_unpickling: bool) -> str:
    """Return the lines to add where a module that was missing on the execute node is one of the user's own.

    :param name: the module, with dots.
    :param while_unpickling: whether unpickling the function or an input asked for it, and not a statement of the function. Only
        then it helps to send what it has by value.
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
    """Return the file, or for a package the folder, of a module that can be imported here and is not installed.

    :param name: its name, without dots; so nothing is imported to find it.
    """
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):  # ValueError: it was made by a program, and says nothing of where it is from
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
