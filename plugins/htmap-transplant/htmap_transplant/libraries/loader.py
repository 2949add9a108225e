"""Ask this machine's loader which libraries programs and libraries get."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from htmap_transplant.libraries.tools import output

# The execute node's own are used of these: glibc, which belongs to its kernel and configuration; GCC's libraries, which HTCondor
# itself needs there and of which a process needs the newest; the graphics driver's libraries.
_OF_THE_NODE = re.compile(
    r"(ld-linux.*|linux-vdso|linux-gate|lib(c|m|mvec|pthread|dl|rt|util|resolv|anl|nss_.*|BrokenLocale|thread_db|nsl)"
    r"|lib(stdc\+\+|gcc_s|cuda|nvidia.*))(-[0-9.]+)?\.so(\.[0-9.]+)?"
)
_NOT_OF_GLIBC = frozenset({"libnsl.so.2", "libnsl.so.3"})
_AT_ONCE = 200  # files for one call of ldd
_LISTED = re.compile(r"\t(?:(\S+) => )?(/.*) \(0x[0-9a-f]+\)")


def loaded(files: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return for each file the paths of all libraries that the loader finds for it here, but for the node's own.

    The keys are the names by which they are needed; a library without a name of its own is needed by its path.

    :raises CannotPack: there is no ``ldd``.
    """
    found: dict[str, dict[str, str]] = {path: {} for path in files}
    for begin in range(0, len(files), _AT_ONCE):
        # If there are two files or more, ldd prints the name of each before its libraries.
        listing = output("ldd", "/bin/sh", *files[begin : begin + _AT_ONCE])
        of_this: dict[str, str] = {}
        for line in listing.splitlines():
            if line.endswith(":") and not line.startswith("\t"):
                of_this = found.get(line[:-1], {})
            elif (match := _LISTED.match(line)) and not _is_of_the_node(PurePosixPath(match[1] or match[2]).name):
                of_this[match[1] or match[2]] = match[2]
    return found


def _is_of_the_node(soname: str) -> bool:
    return soname not in _NOT_OF_GLIBC and _OF_THE_NODE.fullmatch(soname) is not None
