"""What frames are: their kinds, their bytes, and their place in a file; what is wrong with a file that is none."""

from __future__ import annotations

import struct
from collections import namedtuple

PICKLE_PROTOCOL = 5
"""The protocol of Python 3.8 and newer. A newer Python's default could be unknown to the other side."""

MARK, VERSION = b"\x93h", 1

HEADER = struct.Struct("<2scBIqQ")
SUM = struct.Struct("<I")
INTACT = 0x2144DF1C  # the CRC-32 of any bytes with their own CRC-32 behind them: one look at both
AROUND = HEADER.size + 2 * SUM.size  # the bytes of a frame that are neither record nor payload
ENTRY = struct.Struct("<cqQIQ")  # the fields of a Frame
TRAILER = struct.Struct("<Q4s")  # the place of the index, and its mark
INDEX_MARK = b"\x93idx"
PIECE = 1024 * 1024

FUNCTION, INPUT, CHECKPOINT, INDEX = b"F", b"I", b"C", b"Z"
RUN, BEGUN, STDOUT, STDERR, SURROUNDINGS = b"H", b"B", b"o", b"e", b"S"
RESULT, ERROR, REFUSED = b"R", b"E", b"N"
ENDS = frozenset((RESULT, ERROR, REFUSED))
"""The kinds of the last frame of a component."""

OF_ALL = -1
"""The component of a frame that belongs to no single one."""


class CorruptFile(ValueError):
    """A file of frames is damaged or incomplete, or something else altogether.

    :ivar path: the file.
    :ivar problem: what is wrong with it.
    """

    def __init__(self, path: str, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(path, problem)

    def __str__(self) -> str:
        return f"{self.path!r} is damaged or incomplete: {self.problem}"

    def __reduce__(self) -> tuple[object, ...]:
        return damaged, (
            self.path,
            self.problem,
        )  # reports show the class by another name, by which pickle does not find it


def damaged(path: str, problem: str) -> CorruptFile:
    """Return the error on a damaged file; pickles name this function."""
    return CorruptFile(path, problem)


class NewerFile(CorruptFile):
    """A file of frames has one of a newer version, which only a newer HTMap can read.

    :ivar version: that version.
    """

    def __init__(self, path: str, version: int) -> None:
        self.version = version
        super().__init__(path, f"it has a frame of version {version}")

    def __reduce__(self) -> tuple[object, ...]:
        return NewerFile, (self.path, self.version)


class Frame(namedtuple("Frame", "kind component offset record_size size")):  # typing's takes longer to import
    """The place of a frame in its file.

    :ivar kind: the kind, one of the constants of this module.
    :ivar component: the component that it belongs to, or :data:`OF_ALL`.
    :ivar offset: the byte at which it begins.
    :ivar record_size: the size of the record in bytes.
    :ivar size: the size of the payload in bytes.
    """

    __slots__ = ()

    @property
    def payload_at(self) -> int:
        """The byte at which the payload begins."""
        return int(self.offset + HEADER.size + self.record_size + SUM.size)

    @property
    def end(self) -> int:
        """The byte after the frame."""
        _, _, offset, record_size, size = self
        return int(offset + AROUND + record_size + size)
