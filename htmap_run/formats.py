"""The packed file, which both sides read and write: payloads, then an index that describes them.

A packed file has the payloads one after another, an index in JSON, and a trailer of 16 bytes: the length of the index
(big-endian, 8 bytes) and :data:`MAGIC`. It is written as a stream, so that memory never holds all payloads. It is read from its
end, so that status and error reports need no payload.

There are three packed files:

- ``_htmap_function``: one payload, the pickled function. Index: ``format``, ``python`` ``[3, 11, 7]``,
  ``implementation`` ``"CPython"``, ``cloudpickle`` and ``htmap`` (versions), ``by_value``, ``allow_mismatch`` and
  ``checkpoints`` (booleans), ``payload`` ``[0, size]``.
- ``_htmap_inputs_<n>``: the inputs of consecutive components; each payload is a pickle of ``(args, kwargs)``. Index: ``format``,
  ``first``, ``sizes``, ``by_value`` (the components with code by value in their inputs), and ``files`` if there are any.
- The result file of a job. Index: ``format``, ``runtime``, ``host``, ``components``; see
  :mod:`htmap_run.job.runner` and :mod:`htmap_run.reports.report`.
"""

from __future__ import annotations

import contextlib
import json
import os
import struct
from itertools import accumulate

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, BinaryIO, Optional, Union

    from typing_extensions import Self

FORMAT = 1
"""The version of the format; a reader refuses any other."""

MAGIC = b"HTMAP\x00\x00\x01"
PICKLE_PROTOCOL = 5
"""The protocol of Python 3.8 and newer. A newer Python's default could be unknown to the other side."""

_TRAILER = struct.Struct(">Q8s")
_GUESS = 16 * 1024  # most indices with their trailers fit, and so do small payloads: then a single read gets all
_AHEAD = 64 * 1024


class CorruptFile(ValueError):
    """A file is a damaged or incomplete packed file, or something else altogether.

    :ivar path: the file.
    :ivar problem: what is wrong with it.
    """

    def __init__(self, path: str, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(path, problem)

    def __str__(self) -> str:
        return f"{self.path!r} is not a complete HTMap file: {self.problem}"


def copy_from(file: BinaryIO, path: str) -> None:
    """Write the content of an open file to *path*; the file itself may have lost its name."""
    file.seek(0)
    with open(path, "wb") as again:
        again.writelines(iter(lambda: file.read(1024 * 1024), b""))


def _private_opener(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class PackWriter:
    """Writes a packed file; a context manager, which removes the file unless :meth:`close` was called.

    Until the file is complete, it has a temporary name beside the final one.

    :param path: the final path; an existing file is replaced.
    :ivar temporary: the temporary path.
    """

    def __init__(self, path: Union[str, os.PathLike[str]]) -> None:
        self.path = os.fspath(path)
        self.temporary = f"{self.path}.{os.getpid()}.part"
        self._file: Optional[BinaryIO] = open(self.temporary, "w+b", opener=_private_opener)
        self._size = 0

    def add(self, payload: bytes) -> list[int]:
        """Append *payload* and return its ``[offset, size]``, for the index."""
        place = [self._size, len(payload)]
        self._open_file().write(payload)
        self._size += len(payload)
        return place

    def flush(self) -> None:
        """Hand the added payloads to the system, so that they outlive this process."""
        self._open_file().flush()

    def catch_up(self) -> None:
        """Continue after the payloads that another process, which shares this writer, has added and flushed."""
        self._size = self._open_file().seek(0, os.SEEK_END)

    def begin_with(self, path: str, size: int) -> None:
        """Begin with another writer's payloads: take over the file *path*, and keep its first *size* bytes."""
        file = open(path, "r+b")
        file.truncate(size)
        os.replace(path, self.temporary)
        self._open_file().close()
        self._file = file
        self.catch_up()

    def close(self, index: Mapping[str, Any]) -> None:
        """Append *index*, and give the file its final name, atomically."""
        encoded = json.dumps(index, separators=(",", ":")).encode("ascii")  # ASCII: lone surrogates must survive
        file = self._open_file()
        file.write(encoded + _TRAILER.pack(len(encoded), MAGIC))
        file.flush()
        if not os.path.lexists(self.temporary):  # the function has deleted it
            copy_from(file, self.temporary)
        file.close()
        os.replace(self.temporary, self.path)
        self._file = None

    def _open_file(self) -> BinaryIO:
        if self._file is None:
            raise ValueError(f"{self.path!r} is written already; a new PackWriter replaces it")
        return self._file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is None:
            return
        with contextlib.suppress(OSError):  # on a full disk closing fails, too; the first error is already raised
            self._file.close()
        self._file = None
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.temporary)


class PackReader:
    """Reads the index and any number of payloads of one packed file; a context manager.

    :raises CorruptFile: the file is not a complete packed file; :meth:`payload` raises it for a payload that is not inside it.
    :raises FileNotFoundError: there is no such file.
    """

    def __init__(self, path: Union[str, os.PathLike[str]]) -> None:
        self.path = os.fspath(path)
        self._file = open(self.path, "rb", buffering=0)
        try:
            self.index, self._payloads_end, self._window = _read_end(self._file, self.path)
        except BaseException:
            self._file.close()
            raise
        self._at = self._payloads_end - len(self._window)  # the offset of the window in the file

    def payload(self, offset: int, size: int) -> bytes:
        """Return the payload at the place that :meth:`PackWriter.add` returned."""
        begin = offset - self._at
        if begin < 0 or size < 0 or begin + size > len(self._window):
            self._read_window(offset, size)
            begin = 0
        return self._window[begin : begin + size]

    def _read_window(self, offset: int, size: int) -> None:
        """Read a payload and the bytes after it: callers usually ask for the next payloads next."""
        if min(offset, size) < 0 or offset + size > self._payloads_end:
            problem = f"its index names bytes {offset} to {offset + size}, but its payloads end at {self._payloads_end}"
            raise CorruptFile(self.path, problem)
        self._file.seek(offset)
        self._window = _read_all(self._file, min(max(size, _AHEAD), self._payloads_end - offset))
        self._at = offset
        if len(self._window) < size:
            raise CorruptFile(self.path, f"it was cut short at byte {offset + len(self._window)} while it was read")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_index(path: Union[str, os.PathLike[str]]) -> dict[str, Any]:
    """Return the index of a packed file, by one open and one or two short reads.

    :raises CorruptFile: the file is not a complete packed file.
    :raises FileNotFoundError: there is no such file.
    """
    path = os.fspath(path)
    with open(path, "rb", buffering=0) as file:
        return _read_end(file, path)[0]


def read_payload(path: Union[str, os.PathLike[str]], offset: int, size: int) -> bytes:
    """Return one payload of a packed file. For several payloads, use a :class:`PackReader`, which opens the file once.

    :raises CorruptFile: the file is not a complete packed file, or the payload is not inside it.
    :raises FileNotFoundError: there is no such file.
    """
    with PackReader(path) as reader:
        return reader.payload(offset, size)


def input_places(index: Mapping[str, Any]) -> dict[int, list[int]]:
    """Return the place of each component's payload, ``{component: [offset, size]}``, from the index of an input block."""
    sizes = index["sizes"]
    offsets = accumulate([0, *sizes])
    return {component: [offset, size] for component, (offset, size) in enumerate(zip(offsets, sizes), index["first"])}


def _read_end(file: Any, path: str) -> tuple[dict[str, Any], int, bytes]:
    """Return the index, the offset at which the payloads end, and the last bytes of the payloads, as far as they were read."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _GUESS))
    tail = _read_all(file, min(size, _GUESS))
    if len(tail) < _TRAILER.size:
        raise CorruptFile(path, f"it has {size} bytes, too few for the end mark")
    length, magic = _TRAILER.unpack(tail[-_TRAILER.size :])
    if magic != MAGIC:
        raise CorruptFile(path, "the end mark is missing: the file is cut off, or HTMap did not write it")
    start = size - _TRAILER.size - length
    if start < 0:
        raise CorruptFile(path, f"its index should have {length} bytes, but the whole file has {size}")
    if length + _TRAILER.size > len(tail):
        file.seek(start)
        tail = _read_all(file, size - start)
    index_at = len(tail) - _TRAILER.size - length
    return _decode(tail[index_at : -_TRAILER.size], path), start, tail[:index_at]


def _read_all(file: Any, size: int) -> bytes:
    """Read *size* bytes, even if the system returns them in pieces; fewer at the end of the file."""
    pieces = []
    while size > 0:
        piece = file.read(size)
        if not piece:
            break
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _decode(encoded: bytes, path: str) -> dict[str, Any]:
    try:
        index = json.loads(encoded)
    except (ValueError, RecursionError) as error:
        raise CorruptFile(path, f"its index is not JSON ({error})") from error
    if not isinstance(index, dict) or index.get("format") != FORMAT:
        found = index.get("format") if isinstance(index, dict) else type(index).__name__
        raise CorruptFile(path, f"its index has format {found!r}, but this HTMap reads format {FORMAT}")
    return index
