"""The user's own modules: not installed, importable here because they lie beside the script, missing on the execute node."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import sys
import sysconfig
import urllib.parse
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path


def how_to_send(name: str, *, while_unpickling: bool) -> str:
    """Return advice for a module that is missing on the execute node: the lines that send it along.

    :param name: the dotted name of the module.
    :param while_unpickling: whether the import failed while the function or an input was unpickled. Only then does pickling the
        module by value help; an ``import`` statement in the function needs the file.
    """
    top = name.partition(".")[0]
    place = place_of(name)
    if place is not None and (archive := _archive_of(place)) is not None:
        return "\n".join(_from_archive(top, place, archive, while_unpickling))
    if place is None and _was_made_here(top):
        return "\n".join(_without_file(top, while_unpickling))
    what = (
        f"{top!r} is a module of your own, {place}: send it"
        if place
        else f"If {top!r} is a module of your own, send it"
    )
    lines = [f"{what} along with the map,", _fixed_input_files(place or f"{top}.py")]
    return "\n".join([*lines, *(_by_value("or ", top) if while_unpickling else [])])


def _from_archive(top: str, place: Path, archive: Path, while_unpickling: bool) -> list[str]:
    """Return advice for a module in a zip archive, of which only the whole can be sent."""
    what = f"{top!r} is a module of your own in the archive {archive}: "
    if while_unpickling:
        return _by_value(what, top)
    inside = archive.name / place.parent.relative_to(archive)
    return [
        f"{what}send that along with the map,",
        _fixed_input_files(archive),
        "and begin the function with",
        f'    import sys; sys.path.append("{inside}")',
    ]


def _without_file(top: str, while_unpickling: bool) -> list[str]:
    """Return advice for a module that has no file, because a program or an import hook makes it."""
    what = f"{top!r} is a module that has no file here, because your program makes it: "
    if while_unpickling:
        return _by_value(what, top)
    return [f"{what}define what the function uses of it in the script itself, or in a file that you send along."]


def _fixed_input_files(path: Path | str) -> str:
    return f'    map_options=htmap.MapOptions(fixed_input_files=["{path}"])'


def _by_value(begin: str, top: str) -> list[str]:
    return [
        f"{begin}have what the map uses of it travel by value; before mapping:",
        f"    import cloudpickle, {top}",
        f"    cloudpickle.register_pickle_by_value({top})",
    ]


def place_of(name: str) -> Path | None:
    """Return where a module can be imported from here, or the folder of its package, if it is there and not installed; else None.

    :param name: its dotted name. Only the first part is looked for, because looking for all of it would import the package. The
        others tell which of the folders of a namespace package has it.
    """
    top, *parts = name.split(".")
    places = _places(_spec(top))
    if not places or _is_installed(places[0]):
        return None
    return next((place for place in places if parts and _has(place, parts[0])), places[0])


def only_here(name: str) -> Path | None:
    """Return where a module is that another process of this Python does not find; None if it may, or there is none.

    Such a module lies beside the script, or in a folder that the program has put into ``sys.path``. What a variable or a file of
    the environment says holds for other processes, too, where they have the same environment. So does what is installed to be
    edited; of that, a package alone is looked for, since it does no harm to send a file twice.

    :param name: its top-level name.
    """
    place = place_of(name)
    if place is None or not place.exists() or os.path.realpath(place.parent) not in _folders_of_program():
        return None
    return None if place.is_dir() and _is_edited(place) else place


def _folders_of_program() -> set[str]:
    script = getattr(sys.modules.get("__main__"), "__file__", None)
    beside = os.path.dirname(os.path.abspath(script)) if script else os.getcwd()
    of_environment = [*filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)), *_in_path_files()]
    added = {os.path.realpath(entry) for entry in sys.path} - {os.path.realpath(entry) for entry in of_environment}
    return {os.path.realpath(beside), *added}


def _in_path_files() -> Iterator[str]:
    """Yield the folders that the ``.pth`` files of the environment put into ``sys.path``."""
    for folder in {sysconfig.get_path(name) for name in ("purelib", "platlib")}:
        for file in Path(folder).glob("*.pth"):
            lines = file.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
            yield from (os.path.join(folder, line.strip()) for line in lines if not line.startswith(("import", "#")))


def _is_edited(place: Path) -> bool:
    """Return whether a folder belongs to a distribution that is installed to be edited where it is."""
    for distribution in importlib.metadata.distributions():
        origin = distribution.read_text("direct_url.json")
        found = json.loads(origin) if origin else {}
        if found.get("dir_info", {}).get("editable"):
            root = Path(urllib.parse.unquote(urllib.parse.urlsplit(found["url"]).path))
            if root.resolve() in place.resolve().parents:
                return True
    return False


def _places(spec: ModuleSpec | None) -> list[Path]:
    """Return the folders of a package, or the file of a module: those that exist, and those within an archive."""
    if spec is None:
        return []
    origin = spec.origin if spec.has_location else None
    places = [Path(place) for place in [*(spec.submodule_search_locations or ()), origin] if place]
    return [place for place in places if place.exists() or _archive_of(place) is not None]


def _spec(top: str) -> ModuleSpec | None:
    try:
        return importlib.util.find_spec(top)
    except (ImportError, ValueError):  # ValueError: a program made the module, so it has no spec
        return None


def _has(folder: Path, part: str) -> bool:
    return any((folder / name).exists() for name in (part, f"{part}.py"))


def _archive_of(place: Path) -> Path | None:
    """Return the file, such as a zip archive, in which a path lies that is itself no file; None if there is none."""
    if place.exists():
        return None
    return next((parent for parent in place.parents if parent.is_file()), None)


def _was_made_here(top: str) -> bool:
    """Return whether a module is here that neither has a file nor comes with Python."""
    spec = _spec(top)
    if spec is None:
        return top in sys.modules and top != "__main__"
    return spec.origin not in ("built-in", "frozen") and not _places(spec)


def comes_with_python(top: str) -> bool:
    """Return whether a top-level module belongs to Python's standard library."""
    if sys.version_info >= (3, 10):
        return top in sys.stdlib_module_names
    spec = _spec(top)
    if spec is None or spec.origin in ("built-in", "frozen"):
        return spec is not None
    library = {Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")}
    return any(not library.isdisjoint(place.parents) and not _PACKAGES & set(place.parts) for place in _places(spec))


_PACKAGES = {"site-packages", "dist-packages"}


def _is_installed(path: Path) -> bool:
    folders = {Path(folder) for folder in sysconfig.get_paths().values()}
    return not folders.isdisjoint(path.parents) or bool(_PACKAGES & set(path.parts))
