"""The reader of frames."""

from __future__ import annotations

import json
import os
import stat
import struct
import zlib

from htmap_run.frames.form import (
    AROUND,
    ENTRY,
    HEADER,
    INDEX,
    INDEX_MARK,
    INTACT,
    MARK,
    OF_ALL,
    PIECE,
    SUM,
    TRAILER,
    VERSION,
    CorruptFile,
    Frame,
    NewerFile,
)

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Optional, Union

_AHEAD = 64 * 1024  # bytes to read at once; most files have fewer, and are read by one call
_made = tuple.__new__  # half the time of Frame(), which matters for millions


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
            end = 0 if frame is None else at + AROUND + frame.record_size + frame.size
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
        offset += HEADER.size + record_size + SUM.size
        begin, window = self._window  # another thread may put another window there meanwhile
        whole = window[offset - begin : offset - begin + size + SUM.size] if begin <= offset else b""
        if len(whole) == size + SUM.size and zlib.crc32(whole) == INTACT:
            return whole[:size]
        is_inside = offset >= 0 and offset + size < self._size
        if is_inside and size < _AHEAD:  # one look is quicker than two, and to copy it is no matter
            whole = self._bytes(offset, size + SUM.size)
            found, checksum = whole[:size], whole[size:]
        else:
            found = self._bytes(offset, size) if is_inside else b""
            checksum = self._bytes(offset + size, SUM.size) if is_inside else b""
        if len(found) < size or SUM.pack(zlib.crc32(found)) != checksum:
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
        while at < frame.end - SUM.size:
            piece = self._bytes(at, min(PIECE, frame.end - SUM.size - at))
            if not piece:
                break
            checksum, at = zlib.crc32(piece, checksum), at + len(piece)
            yield piece
        if SUM.pack(checksum) != self._bytes(frame.end - SUM.size, SUM.size):
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
        head = self._bytes(frame.offset, size + SUM.size)
        text = head[:size]
        mark, kind, version, *numbers = HEADER.unpack_from(head) if len(text) == size else (b"", b"", 0, 0, 0, 0)
        if mark != MARK or SUM.pack(zlib.crc32(text)) != head[size:]:
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
        if self._size < TRAILER.size:
            return None
        self._read_window(max(0, self._size - _AHEAD), _AHEAD)
        at, mark = TRAILER.unpack(self._bytes(self._size - TRAILER.size, TRAILER.size))
        if mark != INDEX_MARK or at >= self._size:
            return None
        try:
            frame = self._frame_at(at)
            if frame is None or frame.kind != INDEX:
                return None
            found = list(map(Frame._make, ENTRY.iter_unpack(self.payload(frame))))
        except (CorruptFile, struct.error):
            return None  # the frames themselves tell as much
        return found, at

    def _frame_at(self, at: int) -> Optional[Frame]:
        """Return the frame that begins at a byte; None if the file ends there or within it."""
        begin, window = self._window
        if at >= begin and (frame := _frame_in(window, at - begin, at)) is not None and frame.end <= self._size:
            return frame
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
    end = place + HEADER.size + record + SUM.size
    if mark != MARK or version != VERSION or end > len(window) or zlib.crc32(window[place:end]) != INTACT:
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
