"""What a program or library says to the loader: what it needs, and where that is looked for.

``patchelf`` changes this, but does not tell which of the two kinds of run path a file has. The format is that of elf(5).
"""

from __future__ import annotations

import mmap
import os
import struct
from pathlib import Path
from typing import Optional

import attrs

MAGIC = b"\x7fELF"

_KIND = slice(4, 6)  # of 32 or 64 bits, and the order of bytes
_MACHINE = slice(18, 20)
_HEADER = 64
_OF_64_BITS = 2
_BIG_ENDIAN = 2
_LOAD, _DYNAMIC = 1, 2
_END, _NEEDED, _STRINGS, _RPATH, _RUNPATH = 0, 1, 5, 15, 29


@attrs.frozen
class Dynamic:
    """The dynamic section of a file, as far as it is about other libraries.

    :param needed: the names of the libraries that it needs itself.
    :param rpath: where these are looked for, and so are those that they need in turn, unless these have a *runpath*.
    :param runpath: where these alone are looked for; *rpath* does not count if there is one.
    """

    needed: tuple[str, ...] = ()
    rpath: Optional[str] = None
    runpath: Optional[str] = None

    @property
    def search(self) -> list[str]:
        """The entries of the run path that counts."""
        text = self.rpath if self.runpath is None else self.runpath
        return [] if text is None else text.split(":")

    @property
    def needed_by_path(self) -> list[str]:
        """Those of the needed libraries that the loader takes from one place only."""
        return [name for name in self.needed if name.startswith("/")]


def kind(path: Path) -> bytes:
    """Return what two files have in common if one process can load both; nothing for a file that is not ELF."""
    with path.open("rb") as file:
        header = file.read(_HEADER)
    return header[_KIND] + header[_MACHINE] if header.startswith(MAGIC) else b""


def dynamic(path: Path) -> Dynamic:
    """Return what an ELF file says to the loader; a static or damaged one says nothing."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        try:
            return _read(content)
        except (struct.error, IndexError):  # it is cut off: the loader would refuse it, too
            return Dynamic()


def _read(content: mmap.mmap) -> Dynamic:
    wide = content[_KIND.start] == _OF_64_BITS
    order = ">" if content[_KIND.start + 1] == _BIG_ENDIAN else "<"
    segments = _segments(content, order, wide=wide)
    entries = [
        each
        for form, offset, _, size in segments
        if form == _DYNAMIC
        for each in _entries(content[offset : offset + size], f"{order}{'qQ' if wide else 'iI'}")
    ]
    strings = next((value for tag, value in entries if tag == _STRINGS), 0)
    begin = next(
        (strings - at + offset for form, offset, at, size in segments if form == _LOAD and at <= strings < at + size), 0
    )

    def texts(wanted: int) -> list[str]:
        found = [begin + value for tag, value in entries if tag == wanted]
        return [os.fsdecode(content[at : content.find(b"\0", at)]) for at in found]

    return Dynamic(tuple(texts(_NEEDED)), *(next(iter(texts(tag)), None) for tag in (_RPATH, _RUNPATH)))


def _segments(content: mmap.mmap, order: str, *, wide: bool) -> list[tuple[int, int, int, int]]:
    """Return kind, offset in the file, address in memory and size in the file of each segment."""
    _, start, _, _, _, size, count = struct.unpack_from(f"{order}{'QQQIHHH' if wide else 'IIIIHHH'}", content, 24)
    found = []
    for at in range(start, start + size * count, size):
        if wide:
            form, _, offset, address, _, length = struct.unpack_from(f"{order}IIQQQQ", content, at)
        else:
            form, offset, address, _, length = struct.unpack_from(f"{order}IIIII", content, at)
        found.append((form, offset, address, length))
    return found


def _entries(section: bytes, form: str) -> list[tuple[int, int]]:
    """Return tag and value of each entry up to the one that ends the section."""
    found = []
    for tag, value in struct.iter_unpack(form, section):
        if tag == _END:
            break
        found.append((tag, value))
    return found
