"""The folder that output files are copied into: which it may be, where each file goes, and what is there already."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from enum import Enum
from pathlib import Path

import attrs

from htmap_core.exceptions import FilesInTheWay, SameFileNames, UnusableFolder
from htmap_core.files.ownership import is_within
from htmap_core.maps.collecting.sources import Source, Sources
from htmap_core.progress.work import LongWork
from htmap_core.storage.outputs import Outputs

OWN = ".htmap-collecting"
"""What the names of HTMap's own files in such a folder begin with."""

PIECE = 1 << 20  # bytes that are read at a time


class There(Enum):
    """What is where a file is to be."""

    NOTHING = "nothing"
    SAME = "a file of this content"
    OTHER = "another file"
    FOLDER = "a folder, or a file in the place of a folder above it"


@attrs.frozen
class Copy:
    """A file that is to be in the folder.

    :param source: where it comes from.
    :param to: its path there.
    :param there: what is there already.
    """

    source: Source
    to: Path
    there: There = There.NOTHING


def checked_folder(tag: str, folder: str | os.PathLike[str], root: Path) -> Path:
    """Return the absolute path of a folder that a user has named. It may not exist yet.

    :param root: HTMAP_DIR.
    :raises UnusableFolder: it is no folder, or HTMap's own, or it cannot be looked at.
    """
    path = Path(os.path.abspath(os.path.expanduser(folder)))
    if not os.fspath(folder):
        raise UnusableFolder(tag, path, "the name that was given is empty")
    if is_within(path, [os.fspath(root)]):
        raise UnusableFolder(tag, path, "it is in HTMAP_DIR, where HTMap deletes what it does not know")
    try:
        if not stat.S_ISDIR(os.stat(path).st_mode):
            raise UnusableFolder(tag, path, "it is no folder")
    except FileNotFoundError:
        if path.is_symlink():
            raise UnusableFolder(tag, path, "it is a link to nothing") from None
    except OSError as error:
        raise unusable(tag, path, error) from error
    return path


def unusable(tag: str, folder: Path, error: OSError, copied: int = 0) -> UnusableFolder:
    """Return what the system says of a folder, or of a place in it, as an error of it."""
    where = f": {error.filename}" if isinstance(error.filename, str) else ""
    return UnusableFolder(tag, folder, f"{error.strerror or error}{where}", copied)


def copies(tag: str, folder: Path, found: Sources, *, flat: bool) -> list[Copy]:
    """Return where each file goes: into a folder of its component's, as it came, or into the folder itself by its name alone.

    Files that would have a name of HTMap's own there are left behind.

    :raises SameFileNames: *flat* is true, and several files have one name.
    """
    if not flat:
        return [Copy(each, folder / str(each.component) / each.file.path) for each in found.files]
    by_name: dict[str, list[Source]] = {}
    for each in found.files:
        name = each.file.path.rpartition("/")[2]
        if name.startswith(OWN):
            found.left.append(each.with_problem("HTMap itself uses this name in the folder"))
        else:
            by_name.setdefault(name, []).append(each)
    same = {name: tuple(each.component for each in of) for name, of in by_name.items() if len(of) > 1}
    if same:
        raise SameFileNames(tag, folder, same)
    return [Copy(each, folder / name) for name, (each,) in by_name.items()]


def compared(tag: str, folder: Path, wanted: Iterable[Copy], outputs: Outputs, *, overwrite: bool) -> list[Copy]:
    """Return what is to be copied, with what is there.

    :param overwrite: whether other files there may be replaced.
    :raises FilesInTheWay: they are there, or folders.
    :raises UnusableFolder: it cannot be looked at.
    """
    chosen = list(wanted)
    try:
        with LongWork(f"comparing with {folder}", len(chosen), "file") as work:
            found = [attrs.evolve(each, there=_there(each, outputs)) for each in work.counting(chosen)]
    except OSError as error:
        raise unusable(tag, folder, error) from error
    for obstacle in (There.FOLDER, *(() if overwrite else (There.OTHER,))):
        if paths := [os.fspath(each.to.relative_to(folder)) for each in found if each.there is obstacle]:
            raise FilesInTheWay(tag, folder, paths, are_folders=obstacle is There.FOLDER)
    return found


def _there(copy: Copy, outputs: Outputs) -> There:
    try:
        found = os.stat(copy.to)
    except NotADirectoryError:
        return There.FOLDER
    except FileNotFoundError:
        return There.OTHER if os.path.lexists(copy.to) else There.NOTHING
    if not stat.S_ISREG(found.st_mode):
        return There.FOLDER
    if found.st_size != copy.source.file.size:
        return There.OTHER
    if found.st_mtime_ns == copy.source.file.changed:  # as rsync decides
        return There.SAME
    return There.SAME if _has_content(copy, outputs) else There.OTHER


def _has_content(copy: Copy, outputs: Outputs) -> bool:
    """Return whether the file that is there has the content of the source; False if that cannot be read, which is told later."""
    try:
        source = copy.source.open(outputs)
    except OSError:
        return False
    with source, open(copy.to, "rb") as there:
        return all(piece == there.read(PIECE) for piece in iter(lambda: source.read(PIECE), b""))
