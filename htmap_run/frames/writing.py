"""The writer of frames."""

from __future__ import annotations

import itertools
import json
import os
import zlib

from htmap_run.frames.form import ENTRY, HEADER, INDEX, INDEX_MARK, MARK, OF_ALL, PIECE, SUM, TRAILER, VERSION, Frame

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, Optional, Union

    from typing_extensions import Self

    Content = Union[bytes, bytearray, memoryview]

_encoded = json.JSONEncoder(separators=(",", ":")).encode  # ASCII: lone surrogates survive
_ENTRIES_AT_ONCE = 4096
_PARTS_AT_ONCE = 1023  # of whole frames; Linux takes 1024


class Writer:
    """Appends frames to a file. Processes that are forked may share it, one after the other.

    :param path: the path of the file; what it holds is kept.
    """

    def __init__(self, path: Union[str, os.PathLike[str]]) -> None:
        self.path = os.fspath(path)
        self.descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def add(
        self, kind: bytes, component: int = OF_ALL, record: Optional[Mapping[str, Any]] = None, payload: Content = b""
    ) -> int:
        """Append a frame, and return its size.

        :raises OSError: it cannot be written; nothing of it is left.
        """
        return self._write(parts(kind, component, record, payload))

    def add_whole(self, whole: bytes) -> None:
        """Append frames that others have put together from their :func:`parts`.

        :raises OSError: they cannot be written; nothing of them is left.
        """
        self._write([whole])

    def add_parts(self, parts: list[Content]) -> None:
        """Append the :func:`parts` of frames.

        :raises OSError: they cannot be written; nothing of the last ones is left.
        """
        for start in range(0, len(parts), _PARTS_AT_ONCE):
            self._write(parts[start : start + _PARTS_AT_ONCE])

    def add_from(self, kind: bytes, component: int, source: int, begin: int, end: int) -> None:
        """Append a frame whose payload is a part of another file, which memory need not hold.

        :param source: the descriptor of the other file.
        :param begin: the first byte of the part; *end* is the byte after it.
        :raises OSError: it cannot be written; nothing of it is left.
        """
        before, checksum = os.fstat(self.descriptor).st_size, 0
        try:
            self._write([_head(kind, component, None, end - begin)])
            while begin < end:
                # A function may cut the file that its output goes to: what is gone are zeros then.
                piece = os.pread(source, min(PIECE, end - begin), begin) or bytes(min(PIECE, end - begin))
                self._write([piece])
                checksum, begin = zlib.crc32(piece, checksum), begin + len(piece)
            self._write([SUM.pack(checksum)])
        except BaseException:
            os.ftruncate(self.descriptor, before)
            raise

    def add_index(self, frames: Iterable[Frame], count: int) -> None:
        """Append an index of *frames*, with which a reader need not go through the file. Memory need not hold it.

        :param count: how many frames there are.
        :raises OSError: it cannot be written; nothing of it is left.
        """
        at, checksum = os.fstat(self.descriptor).st_size, 0
        entries = (ENTRY.pack(*frame) for frame in frames)
        try:
            self._write([_head(INDEX, OF_ALL, None, count * ENTRY.size)])
            while piece := b"".join(itertools.islice(entries, _ENTRIES_AT_ONCE)):
                self._write([piece])
                checksum = zlib.crc32(piece, checksum)
            self._write([SUM.pack(checksum), TRAILER.pack(at, INDEX_MARK)])
        except BaseException:
            os.ftruncate(self.descriptor, at)
            raise

    def close(self) -> None:
        """Close the file."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, parts: list[Content]) -> int:
        size = written = 0
        for part in parts:
            size += len(part)
        try:
            written = os.writev(self.descriptor, parts)
            while written < size:  # the disk is nearly full, or a part is larger than one call can write
                written += os.write(self.descriptor, _from(parts, written))
        except BaseException:
            os.ftruncate(self.descriptor, os.fstat(self.descriptor).st_size - written)
            raise
        return size


def _from(parts: list[Content], written: int) -> memoryview:
    """Return what is left of the first part that is not written whole."""
    for part in parts:
        if written < len(part):
            return memoryview(part)[written:]
        written -= len(part)
    raise AssertionError("there is nothing left to write")


def parts(
    kind: bytes, component: int, record: Union[Mapping[str, Any], bytes, None], payload: Content
) -> list[Content]:
    """Return the parts of a frame, in their order.

    :param record: the record, or its JSON.
    """
    return [_head(kind, component, record, len(payload)), payload, SUM.pack(zlib.crc32(payload))]


def _head(kind: bytes, component: int, record: Union[Mapping[str, Any], bytes, None], size: int) -> bytes:
    text = record if isinstance(record, bytes) else _encoded(record).encode("ascii") if record else b""
    head = HEADER.pack(MARK, kind, VERSION, len(text), component, size) + text
    return head + SUM.pack(zlib.crc32(head))
