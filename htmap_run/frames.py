"""The file of frames, which both sides write and read: everything that travels, and everything that a job leaves.

Frames are only appended. Each has a header of 24 bytes (:data:`HEADER`: mark, kind, version, size of the record, component, size
of the payload), a record in JSON, a CRC-32 of header and record, a payload, and a CRC-32 of the payload. Numbers are
little-endian. So a file that was cut short is good up to its last whole frame, and a flipped bit is noticed in the piece that it
hits.

There are four such files:

- ``_htmap_function``: one frame of the kind :data:`FUNCTION`. Record: ``python`` ``[3, 11, 7]``, ``implementation``
  ``"CPython"``, ``cloudpickle`` and ``htmap`` (versions), ``by_value``, ``allow_mismatch``, ``checkpoints`` and
  ``checkpoint_exit`` (booleans), and ``checkpoint_interval`` (seconds).
- ``_htmap_inputs_<n>``: a frame of the kind :data:`INPUT` for each of some consecutive components. The payload is a pickle of
  ``(args, kwargs)``. Record, mostly empty: ``by_value``, and ``files`` (see :mod:`htmap_run.files.placing`).
- A checkpoint: one frame of the kind :data:`CHECKPOINT`, whose payload is a tar archive. In place of a component
  it has the number of the checkpoint, which rises with each call.
- The results of a job; see :mod:`htmap_run.job.results`. They end with an index (:data:`INDEX`), which is only a cache.
"""

from __future__ import annotations

import itertools
import json
import os
import stat
import struct
import zlib
from collections import namedtuple

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any, Optional, Union

    from typing_extensions import Self

PICKLE_PROTOCOL = 5
"""The protocol of Python 3.8 and newer. A newer Python's default could be unknown to the other side."""

MARK, VERSION = b"\x93h", 1

HEADER = struct.Struct("<2scBIqQ")
_SUM = struct.Struct("<I")
_INTACT = 0x2144DF1C  # the CRC-32 of any bytes with their own CRC-32 behind them: one look at both, and nothing to unpack
_AROUND = HEADER.size + 2 * _SUM.size  # the bytes of a frame that are neither record nor payload
_ENTRY = struct.Struct("<cqQIQ")  # the fields of a Frame
_encoded = json.JSONEncoder(separators=(",", ":")).encode  # ASCII: lone surrogates survive
_TRAILER = struct.Struct("<Q4s")  # the place of the index, and its mark
_INDEX_MARK = b"\x93idx"
_AHEAD = 64 * 1024  # bytes to read at once; most files have fewer, and are read by one call
_PIECE = 1024 * 1024
_ENTRIES_AT_ONCE = 4096

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
        return int(self.offset + HEADER.size + self.record_size + _SUM.size)

    @property
    def end(self) -> int:
        """The byte after the frame."""
        _, _, offset, record_size, size = self
        return offset + _AROUND + record_size + size  # type: ignore[no-any-return]


_made = tuple.__new__  # half the time of Frame(), for millions


class Writer:
    """Appends frames to a file. Processes that are forked may share it, one after the other.

    :param path: the path of the file; what it holds is kept.
    """

    def __init__(self, path: Union[str, os.PathLike[str]]) -> None:
        self.path = os.fspath(path)
        self.descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def add(
        self, kind: bytes, component: int = OF_ALL, record: Optional[Mapping[str, Any]] = None, payload: bytes = b""
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
                piece = os.pread(source, min(_PIECE, end - begin), begin) or bytes(min(_PIECE, end - begin))
                self._write([piece])
                checksum, begin = zlib.crc32(piece, checksum), begin + len(piece)
            self._write([_SUM.pack(checksum)])
        except BaseException:
            os.ftruncate(self.descriptor, before)
            raise

    def add_index(self, frames: Iterable[Frame], count: int) -> None:
        """Append an index of *frames*, with which a reader need not go through the file. Memory need not hold it.

        :param count: how many frames there are.
        :raises OSError: it cannot be written; nothing of it is left.
        """
        at, checksum = os.fstat(self.descriptor).st_size, 0
        entries = (_ENTRY.pack(*frame) for frame in frames)
        try:
            self._write([_head(INDEX, OF_ALL, None, count * _ENTRY.size)])
            while piece := b"".join(itertools.islice(entries, _ENTRIES_AT_ONCE)):
                self._write([piece])
                checksum = zlib.crc32(piece, checksum)
            self._write([_SUM.pack(checksum), _TRAILER.pack(at, _INDEX_MARK)])
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

    def _write(self, parts: list[bytes]) -> int:
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


def _from(parts: list[bytes], written: int) -> memoryview:
    """Return what is left of the first part that is not written whole."""
    for part in parts:
        if written < len(part):
            return memoryview(part)[written:]
        written -= len(part)
    raise AssertionError("there is nothing left to write")


def parts(kind: bytes, component: int, record: Union[Mapping[str, Any], bytes, None], payload: bytes) -> list[bytes]:
    """Return the parts of a frame, in their order.

    :param record: the record, or its JSON.
    """
    return [_head(kind, component, record, len(payload)), payload, _SUM.pack(zlib.crc32(payload))]


def _head(kind: bytes, component: int, record: Union[Mapping[str, Any], bytes, None], size: int) -> bytes:
    text = record if isinstance(record, bytes) else _encoded(record).encode("ascii") if record else b""
    head = HEADER.pack(MARK, kind, VERSION, len(text), component, size) + text
    return head + _SUM.pack(zlib.crc32(head))


class Reader:
    """Reads the frames of one file. Any number of threads may share it; it closes the file when nobody has it any more.

    :param source: the path of the file, or the descriptor of an open one, which stays open.
    :param begin: the byte to begin at.
    :param is_lazy: whether to leave the frames to :meth:`walk`.
    :ivar frames: the frames, or those of the index, in their order; none where it is lazy.
    :ivar end: the byte after the last whole frame, without an index.
    :ivar problem: what is wrong there; empty where the file just ends.
    :raises CorruptFile: the file does not begin with a frame.
    :raises FileNotFoundError: there is no such file.
    """

    def __init__(self, source: Union[str, os.PathLike[str], int], begin: int = 0, *, is_lazy: bool = False) -> None:
        self._owned = -1
        self.path = str(source) if isinstance(source, int) else os.fspath(source)
        if isinstance(source, int):
            self._descriptor = source
        else:  # a link or a pipe in place of the file would be somebody's trick
            how = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
            try:
                self._descriptor = self._owned = os.open(self.path, how)
            except FileNotFoundError:
                raise
            except OSError as error:
                raise CorruptFile(self.path, f"it cannot be opened ({error.strerror})") from error
        found = os.fstat(self._descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise CorruptFile(self.path, "it is no regular file")
        self._size = found.st_size
        self._window = (0, b"")  # the offset and the bytes of a part of the file; only ever replaced as a whole
        self.problem = ""
        self.end = begin
        self.frames: list[Frame] = []
        if not is_lazy:
            indexed = None if begin else self._indexed()
            self.frames, self.end = indexed or (list(self.walk(begin)), self.end)

    def walk(self, at: int = 0) -> Iterator[Frame]:
        """Yield all whole frames from a byte on, without an index; :attr:`end` follows them.

        :raises CorruptFile: there is no frame.
        """
        begin, window, is_first = at, b"", True
        self.end, self.problem = at, ""
        while True:
            frame = _frame_in(window, at - begin, at)
            if (frame is None and begin != at) or not window:
                begin, window = self._window = at, _read(self._descriptor, at, _AHEAD)
                frame = _frame_in(window, 0, at)
            end = 0 if frame is None else at + _AROUND + frame.record_size + frame.size
            if frame is None or end > self._size:  # whatever is not as usual
                try:
                    frame = self._frame_at(at)
                except CorruptFile as error:
                    if is_first:
                        raise
                    self.problem = error.problem
                    return
                end = 0 if frame is None else frame.end
            if frame is None or frame.kind == INDEX:
                return
            self.end = at = end
            is_first = False
            yield frame

    def only(self, kind: bytes) -> Frame:
        """Return the frame of a file that has only one.

        :raises CorruptFile: it has none of this kind.
        """
        if [frame.kind for frame in self.frames] != [kind]:
            raise CorruptFile(self.path, "it is cut short, or is another file")
        return self.frames[0]

    def record(self, frame: Frame) -> dict[str, Any]:
        """Return the record of a frame.

        :raises CorruptFile: it is damaged.
        """
        head = self._head(frame)
        try:
            record = json.loads(head[HEADER.size :] or b"{}")
        except (ValueError, RecursionError) as error:
            raise CorruptFile(self.path, f"the record at byte {frame.offset} is not JSON ({error})") from error
        if not isinstance(record, dict):
            raise CorruptFile(self.path, f"the record at byte {frame.offset} is no object")
        return record

    def payload(self, frame: Frame) -> bytes:
        """Return the payload of a frame.

        :raises CorruptFile: it is damaged.
        """
        _, component, offset, record_size, size = frame
        offset += HEADER.size + record_size + _SUM.size
        begin, window = self._window  # another thread may put another window there meanwhile
        whole = window[offset - begin : offset - begin + size + _SUM.size] if begin <= offset else b""
        if len(whole) == size + _SUM.size and zlib.crc32(whole) == _INTACT:
            return whole[:size]
        is_inside = offset >= 0 and offset + size < self._size
        if is_inside and size < _AHEAD:  # one look is quicker than two, and to copy it is no matter
            whole = self._bytes(offset, size + _SUM.size)
            found, checksum = whole[:size], whole[size:]
        else:
            found = self._bytes(offset, size) if is_inside else b""
            checksum = self._bytes(offset + size, _SUM.size) if is_inside else b""
        if len(found) < size or _SUM.pack(zlib.crc32(found)) != checksum:
            whose = "" if component == OF_ALL else f" of component {component}"
            raise CorruptFile(
                self.path, f"the data{whose} ({size} bytes from byte {offset} on) do not fit their checksum"
            )
        return found

    def pieces(self, frame: Frame) -> Iterator[bytes]:
        """Yield the payload of a frame in pieces.

        :raises CorruptFile: it is damaged, which shows after the last piece.
        """
        self._check_inside(frame)
        at, checksum = frame.payload_at, 0
        while at < frame.end - _SUM.size:
            piece = self._bytes(at, min(_PIECE, frame.end - _SUM.size - at))
            if not piece:
                break
            checksum, at = zlib.crc32(piece, checksum), at + len(piece)
            yield piece
        if _SUM.pack(checksum) != self._bytes(frame.end - _SUM.size, _SUM.size):
            raise CorruptFile(
                self.path, f"the {frame.size} bytes from byte {frame.payload_at} on do not fit their checksum"
            )

    def _check_inside(self, frame: Frame) -> None:
        if frame.payload_at > self._size:
            raise CorruptFile(
                self.path, f"its index names a frame at byte {frame.offset}, and it has {self._size} bytes"
            )

    def _head(self, frame: Frame) -> bytes:
        """Return the header and the record of a frame."""
        self._check_inside(frame)
        size = HEADER.size + frame.record_size
        head = self._bytes(frame.offset, size + _SUM.size)
        text = head[:size]
        mark, kind, version, *numbers = HEADER.unpack_from(head) if len(text) == size else (b"", b"", 0, 0, 0, 0)
        if mark != MARK or _SUM.pack(zlib.crc32(text)) != head[size:]:
            raise CorruptFile(
                self.path, f"there is no frame at byte {frame.offset}, or its header does not fit its checksum"
            )
        if version > VERSION:
            raise NewerFile(self.path, version)
        if version != VERSION or (kind, numbers[1], frame.offset, numbers[0], numbers[2]) != frame:
            raise CorruptFile(
                self.path, f"the frame at byte {frame.offset} is of version {version}, or is not what the index says"
            )
        return text

    def _indexed(self) -> Optional[tuple[list[Frame], int]]:
        """Return the frames that the index names, and where it begins; None where there is no index, or a damaged one."""
        if self._size < _TRAILER.size:
            return None
        self._read_window(max(0, self._size - _AHEAD), _AHEAD)
        at, mark = _TRAILER.unpack(self._bytes(self._size - _TRAILER.size, _TRAILER.size))
        if mark != _INDEX_MARK or at >= self._size:
            return None
        try:
            frame = self._frame_at(at)
            if frame is None or frame.kind != INDEX:
                return None
            found = list(map(Frame._make, _ENTRY.iter_unpack(self.payload(frame))))
        except (CorruptFile, struct.error):
            return None  # the frames themselves tell as much
        return found, at

    def _frame_at(self, at: int) -> Optional[Frame]:
        """Return the frame that begins at a byte; None if the file ends there or within it."""
        header = self._bytes(at, HEADER.size)
        if len(header) < HEADER.size:
            return None
        _, kind, _, record, component, size = HEADER.unpack(header)
        frame = Frame(kind, component, at, record, size)
        if frame.payload_at > self._size:
            if header[:2] != MARK:
                raise CorruptFile(self.path, f"there is no frame at byte {at}")
            return None
        self._head(frame)
        return frame if frame.end <= self._size else None

    def _bytes(self, at: int, size: int) -> bytes:
        """Return *size* bytes; fewer at the end of the file."""
        begin, window = self._window  # another thread may put another window there meanwhile
        if begin <= at and at + size <= begin + len(window):
            return window[at - begin : at - begin + size]
        return self._read_window(at, size) if size < _AHEAD else _read(self._descriptor, at, size)

    def _read_window(self, at: int, size: int) -> bytes:
        """Read what comes after the wanted bytes, too: callers mostly ask for that next."""
        window = _read(self._descriptor, at, max(size, _AHEAD))
        self._window = (at, window)
        return window[:size]

    def __del__(self) -> None:
        if self._owned >= 0:
            os.close(self._owned)


def _frame_in(window: bytes, place: int, at: int) -> Optional[Frame]:
    """Return the frame whose header and record are at a place of *window*; None if they are not, or not as they should be.

    :param at: the byte of the file that is at this place.
    """
    if place + HEADER.size > len(window):
        return None
    mark, kind, version, record, component, size = HEADER.unpack_from(window, place)
    end = place + HEADER.size + record + _SUM.size
    if mark != MARK or version != VERSION or end > len(window) or zlib.crc32(window[place:end]) != _INTACT:
        return None
    return _made(Frame, (kind, component, at, record, size))


def _read(descriptor: int, at: int, size: int) -> bytes:
    found = os.pread(descriptor, size, at)
    if len(found) == size:
        return found
    pieces = [found]
    while found and (size := size - len(found)) > 0:
        at += len(found)
        found = os.pread(descriptor, size, at)
        pieces.append(found)
    return b"".join(pieces)
