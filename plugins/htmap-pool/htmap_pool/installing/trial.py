"""Test that an unpacked HTCondor works, before it is used."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from htmap_pool.errors import ToolFailed
from htmap_pool.programs import run
from htmap_pool.release import Release

# The programs that a pool needs. Without a check, a missing library would be noticed only when a job runs.
_NEEDED = (
    "sbin/condor_master",
    "sbin/condor_collector",
    "sbin/condor_negotiator",
    "sbin/condor_schedd",
    "sbin/condor_shadow",
    "sbin/condor_startd",
    "sbin/condor_starter",
    "bin/condor_submit",
    "bin/condor_version",
)

# With it, the loader lists the libraries of a program, as `ldd` does, and does not start it.
_LIST_LIBRARIES = {"LD_TRACE_LOADED_OBJECTS": "1", "PATH": os.defpath}

_ELF = b"\x7fELF"
_MACHINES = {3: "i386", 21: "ppc64le", 62: "x86_64", 183: "aarch64", 243: "riscv64"}  # elf(5), e_machine
_OF_MACOS = (b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")


def check(release: Release) -> None:
    """Test that an unpacked HTCondor works: its programs find their libraries, and URLs can be transferred.

    :raises ToolFailed: one of these does not work.
    """
    for name in _NEEDED:
        program = release.root / name
        if not program.exists():
            raise ToolFailed(name, "it is not there")
        if (other := made_for(program)) is not None:
            raise ToolFailed(name, f"it was made for {other}, and this machine is {os.uname().machine}")
        if missing := _missing_libraries(program):
            raise ToolFailed(name, f"it needs {', '.join(missing)}, which this machine lacks")
    release.version()
    methods = run([release.libexec / "curl_plugin", "-classad"], timeout=30)
    if "https" not in methods:
        raise ToolFailed("curl_plugin", f"it does not offer https: {methods.strip()!r}")


def made_for(program: Path) -> str | None:
    """Return the kind of machine that a program was made for, if this one is of another kind."""
    with program.open("rb") as file:
        head = file.read(20)
    if head.startswith(_OF_MACOS):
        return "macOS"
    if not head.startswith(_ELF):
        return None  # a script
    order: Literal["little", "big"] = "little" if head[5] == 1 else "big"
    machine = _MACHINES.get(int.from_bytes(head[18:20], order))
    return None if machine in {None, os.uname().machine} else machine


def _missing_libraries(program: Path) -> list[str]:
    try:
        listing = run([program], env=_LIST_LIBRARIES, timeout=30)
    except ToolFailed as error:
        if isinstance(error.__cause__, FileNotFoundError):  # the program is there
            raise ToolFailed(program.name, "the loader that it names is not on this machine") from error
        raise
    return [line.split()[0] for line in listing.splitlines() if "not found" in line]
