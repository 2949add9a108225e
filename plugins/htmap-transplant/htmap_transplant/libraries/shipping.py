"""Choose the libraries of this machine that travel, and have the files that need them changed.

An interpreter that was built here, such as pyenv's, uses this machine's libraries: OpenSSL, SQLite, libffi. Another machine may
have other versions or none. So a copy of each goes into the folder ``libraries`` of the archive, and each file that needs one has
that folder in its run path, relative to itself. The environment stays as it is, so programs that jobs start are not affected.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import attrs

from htmap_transplant.libraries import elf
from htmap_transplant.libraries.loader import loaded
from htmap_transplant.libraries.run_path import Places, in_archive
from htmap_transplant.members import Member, member

FOLDER = "libraries"


def adapted(files: Sequence[Member]) -> tuple[list[Member], list[Path]]:
    """Return the files with the libraries that they need from outside, and the paths of these libraries.

    Nothing is changed yet: files that have to look elsewhere for libraries have a run path.

    :param files: the files of the installation.
    :raises CannotPack: a tool is missing or cannot read a file.
    """
    places, programs = Places(files), _programs(files)
    shipped: dict[str, str] = {}
    wanted: list[tuple[Member, dict[str, str], bool]] = []
    found = loaded(list(dict.fromkeys(str(each.source) for each in programs)))
    for each in programs:
        libraries = found[str(each.source)]
        outside = {os.path.basename(name): path for name, path in libraries.items() if not places.of_library(path)}
        shipped.update(outside)
        wanted.append((each, libraries, bool(outside)))
    wanted += [(member(Path(path), f"{FOLDER}/{soname}"), {}, True) for soname, path in shipped.items()]
    adapted = {each.name: each for each in files}
    for each, libraries, needs_ours in wanted:
        adapted[each.name] = _pointed(each, libraries, places, needs_ours=needs_ours)
    return sorted(adapted.values(), key=lambda each: each.name), [Path(path) for path in shipped.values()]


def _programs(files: Iterable[Member]) -> list[Member]:
    """Return the programs and libraries that this Python could start or load; those for other processors stay as they are."""
    ours = elf.kind(Path(sys.executable))
    return [each for each in files if _may_be_elf(each) and elf.kind(each.source) == ours]


def _may_be_elf(each: Member) -> bool:
    return each.link is None and each.content is None and (".so" in each.source.name or bool(each.mode & 0o111))


def _pointed(each: Member, libraries: dict[str, str], places: Places, *, needs_ours: bool) -> Member:
    """Return a file with the run path by which it finds its libraries in the archive, if its own does not do."""
    says = elf.dynamic(each.source)
    needed = [libraries[name] for name in says.needed if name in libraries]
    wanted = [names for library in needed if (names := places.of_library(library))]
    path = in_archive(each, says, [*wanted, *([[FOLDER]] if needs_ours else [])], places)
    return attrs.evolve(each, run_path=tuple(path.entries)) if path.has_changed else each
