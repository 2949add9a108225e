"""Change where a program or library looks for others, so that it finds them in the unpacked archive.

There are two kinds of run path. Libraries that are found through a DT_RPATH find their own by it, too; most wheels rely on that.
With a DT_RUNPATH they do not, and one that has it looks no further. So each file keeps the kind that it has, and one without gets
a DT_RPATH, which takes nothing from it.
"""

from __future__ import annotations

import os
import posixpath
import re
import shutil
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

import attrs

from htmap_transplant.libraries.elf import Dynamic, dynamic
from htmap_transplant.libraries.tools import output, patchelf
from htmap_transplant.members import Member

_ORIGIN = re.compile(r"\$(ORIGIN\b|\{ORIGIN\})")


class Places:
    """Where in the archive the libraries of an installation are; what links lead to is there more than once."""

    def __init__(self, files: Iterable[Member]) -> None:
        self._names = {each.name for each in files}
        self._folders: dict[str, dict[str, None]] = {}
        for each in files:
            if ".so" in each.source.name and each.content is None:
                real = os.path.realpath(each.source.parent)
                self._folders.setdefault(real, {})[_folder(each)] = None

    def of_folder(self, path: str) -> list[str]:
        """Return the names in the archive of a folder with libraries; none if it stays here."""
        return list(self._folders.get(os.path.realpath(path), ()))

    def of_library(self, path: str) -> list[str]:
        """Return the folders in the archive in which a library can be found; none if it stays here."""
        folder, name = os.path.split(path)
        return [place for place in self.of_folder(folder) if posixpath.normpath(f"{place}/{name}") in self._names]


def _folder(each: Member) -> str:
    return posixpath.dirname(each.name) or "."


@attrs.frozen
class RunPath:
    """The run path of a file in the archive.

    :param entries: the folders that are searched.
    :param has_changed: whether the file's own would not do.
    """

    entries: list[str]
    has_changed: bool


def in_archive(each: Member, says: Dynamic, wanted: Iterable[Sequence[str]], places: Places) -> RunPath:
    """Return the run path with which a file finds in the archive what it finds here.

    :param says: what the file says to the loader.
    :param wanted: the folders in the archive that it has to search, each by all its names.
    """
    entries: list[str] = []
    has_changed = bool(says.needed_by_path)
    for entry in says.search:
        moved = _moved(entry, each, places)
        if moved is not None:
            entries.append(moved)
            has_changed = has_changed or moved != entry
    for names in wanted:
        if not {_named(entry, each) for entry in entries}.intersection(names):
            entries.append(_relative(names[0], each))
            has_changed = True
    return RunPath(entries, has_changed)


def _moved(entry: str, each: Member, places: Places) -> str | None:
    """Return an entry as it has to be in the archive; None if it leads to a folder that stays, or to any that a process is in."""
    is_relative = _ORIGIN.match(entry) is not None
    folder = _ORIGIN.sub(lambda _: str(each.source.parent), entry)
    names = places.of_folder(folder) if folder.startswith("/") else []
    if is_relative and (not names or _named(entry, each) in names):
        return entry
    return _relative(names[0], each) if names else None


def _named(entry: str, each: Member) -> str:
    """Return the name in the archive of the folder to which an entry of a file leads."""
    return posixpath.normpath(_ORIGIN.sub(lambda _: _folder(each), entry))


def _relative(folder: str, each: Member) -> str:
    return f"$ORIGIN/{posixpath.relpath(folder, _folder(each))}"


def with_run_path(each: Member, copy: Path) -> Member:
    """Return a file with the run path that it has to have, of its own kind, which needs all libraries by their names alone.

    :param copy: where the changed file is put.
    :raises CannotPack: ``patchelf`` is missing or cannot read the file.
    """
    says = dynamic(each.source)
    shutil.copyfile(each.source, copy)
    copy.chmod(each.mode | stat.S_IWUSR)
    keep = () if says.runpath is not None else ("--force-rpath",)
    named = [word for path in says.needed_by_path for word in ("--replace-needed", path, posixpath.basename(path))]
    output(patchelf(), *keep, "--set-rpath", ":".join(each.run_path or ()), *named, copy, check=True)
    os.utime(copy, ns=(each.mtime_ns, each.mtime_ns))
    return attrs.evolve(each, source=copy, size=copy.stat().st_size, run_path=None)
