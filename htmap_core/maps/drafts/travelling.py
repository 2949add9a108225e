"""What travels to the jobs of a map, as its submit description and its item file say."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence

from htmap_core import names
from htmap_core.language.literals import original
from htmap_core.maps.drafts.plan import Travelling
from htmap_core.storage.portions.files import PortionFiles

EVERY, SHARE = "every job", "each job its share"
_FOLDER = f"{names.TO_MAP}/"


def travelling(
    commands: Mapping[str, str], columns: Sequence[str], rows: Iterable[list[str]], files: PortionFiles
) -> Iterator[Travelling]:
    """Yield what travels to the jobs of a map, or to those of what is added to one.

    :param commands: its submit commands.
    :param columns: its item columns.
    :param rows: a text for each column, for each job.
    :param files: where its files are now.
    """
    yield Travelling("HTMap's runtime", EVERY, _size(files.runtime))
    for listed in (text.strip() for text in commands.get("transfer_input_files", "").split(",")):
        if listed == f"$({names.FILES_COLUMN})":
            place = columns.index(names.FILES_COLUMN)
            found = {path for row in rows for path in filter(None, row[place].split(","))}
            size = _sum(_size(_place_of(path, files)) for path in found)
            yield Travelling(f"{len(found)} input files of components", SHARE, size)
        elif listed and listed != f"{names.TO_MAP}/{names.RETURN}":
            yield _listed(listed, files)
    for plugin in filter(None, commands.get("transfer_plugins", "").split(";")):
        scheme, _, name = plugin.partition("=")
        yield Travelling(f"transfer plugin for {scheme}://", EVERY, _size(files.map_path / names.OUTPUTS / name))


_OF_HTMAP = {names.FUNCTION: "the function", names.LAUNCHER: "what starts Python"}


def _listed(text: str, files: PortionFiles) -> Travelling:
    own = f"{_FOLDER}{files.prefix}"
    inside = text[len(own) :] if text.startswith(own) else ""
    if inside.startswith(f"{names.INPUTS}/"):
        return Travelling("inputs", SHARE, _size(files.path / names.INPUTS))
    if inside in _OF_HTMAP:
        return Travelling(_OF_HTMAP[inside], EVERY, _size(files.path / inside))
    return Travelling(original(text), EVERY, _size(_place_of(text, files)))


def _place_of(text: str, files: PortionFiles) -> str:
    """Return the path of a file as the submit description or a row names it."""
    path = original(text.replace(names.ROOT_MACRO, os.fspath(files.root)))
    return os.fspath(files.map_path / path[len(_FOLDER) :]) if path.startswith(_FOLDER) else path


def _sum(sizes: Iterable[int | None]) -> int | None:
    known = list(sizes)
    return None if None in known else sum(size for size in known if size is not None)


def _size(path: str | os.PathLike[str]) -> int | None:
    """Return the size of a file, or of all files in a folder; None if that is not known, as of a URL."""
    try:
        if not os.path.isdir(path):
            return os.stat(path).st_size
        inside = (os.path.join(folder, name) for folder, _, files in os.walk(path) for name in files)
        return sum(os.stat(each).st_size for each in inside)
    except OSError:
        return None
