"""The file of results, guarded against what components do to it: they know its path, and may cut, change, replace or delete it.

How long the file is stands in memory that all processes of the job share, and what is in it is written once more into a file
without a name. So whatever somebody else has done to it is noticed with the next write, and undone from there.
"""

from __future__ import annotations

import contextlib
import os

from htmap_run import frames
from htmap_run.journal.pending import Pending
from htmap_run.journal.trouble import is_full

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, Callable, Optional

_COPIED = (
    64 * 1024 * 1024
)  # bytes of the file that are written twice: what is behind them runs again if somebody cuts it
_ROOM = 1024 * 1024  # bytes of the disk that are kept for what must be written when it is full
_PIECE = 1024 * 1024


class Meddled(Exception):
    """Something else than the runner has written into the file of results, or has cut it."""


class SafeFile:
    """Appends frames to the file of results.

    :param path: the path of the file; what it holds is kept.
    :param pending: has the length of the file; a worker has its number there.
    """

    def __init__(self, path: str, pending: Pending) -> None:
        self._writer = frames.Writer(path)
        self._pending = pending
        folder = os.path.dirname(path)
        self._copy = nameless(folder)
        self._room = nameless(folder)
        with contextlib.suppress(OSError, AttributeError):  # the disk is full already; and macOS does not keep room
            os.posix_fallocate(self._room, 0, _ROOM)
        pending.size = os.fstat(self.descriptor).st_size
        self._copied = 0  # bytes; each process goes on from what the file without a name has
        self._add_to_copy()

    @property
    def descriptor(self) -> int:
        """The descriptor of the file."""
        return self._writer.descriptor

    def add(
        self,
        kind: bytes,
        component: int = frames.OF_ALL,
        record: Optional[Mapping[str, Any]] = None,
        payload: bytes = b"",
    ) -> None:
        """Append a frame.

        :raises OSError: it cannot be written; nothing of it is left.
        :raises Meddled: the file is not as it was.
        """
        self._append(lambda: self._writer.add(kind, component, record, payload))

    def add_whole(self, whole: bytes) -> None:
        """Append whole frames; see :meth:`add`."""
        self._append(lambda: self._writer.add_whole(whole))

    def add_from(self, kind: bytes, component: int, source: int, begin: int, end: int) -> None:
        """Append a frame whose payload is a part of another file; see :meth:`add`."""
        self._append(lambda: self._writer.add_from(kind, component, source, begin, end))

    def add_index(self, entries: Iterable[frames.Frame], count: int) -> None:
        """Append an index, which is only a cache: without room for it there is none."""
        with contextlib.suppress(OSError):
            self._writer.add_index(entries, count)

    def cut(self, size: int) -> None:
        """Drop what is behind some byte, because it is no whole frame."""
        if os.fstat(self.descriptor).st_size != size:
            os.ftruncate(self.descriptor, size)
            os.ftruncate(self._copy, min(size, os.fstat(self._copy).st_size))
        self._pending.size = size

    def mend(self, *, anyway: bool = False) -> bool:
        """Put back what something else has done to the file, as far as there is a copy; return whether there was anything.

        :param anyway: whether its length does not count, because it has what is no frame.
        """
        size, expected = os.fstat(self.descriptor).st_size, self._pending.size
        if size == expected and not anyway:
            return False
        copied = os.fstat(self._copy).st_size
        if copied < expected <= size and not anyway:
            os.ftruncate(self.descriptor, expected)  # only something behind it, as far as can be told
            return False
        os.ftruncate(self.descriptor, 0)
        for piece in _pieces(self._copy, 0, copied):
            self._writer.add_whole(piece)
        self._pending.size = copied
        return True

    def put_in_place(self, path: str) -> None:
        """Write the file again if the function has deleted it, or put something else in its place."""
        found = os.fstat(self.descriptor)
        with contextlib.suppress(OSError):
            there = os.lstat(path)
            if (there.st_dev, there.st_ino) == (found.st_dev, found.st_ino):
                return
        from htmap_run.files.own_archive import clear_away, copy_from, make_sure_of

        make_sure_of(os.path.dirname(path))
        clear_away(path)
        copy_from(self.descriptor, path)

    def close(self) -> None:
        """Close the file."""
        self._writer.close()
        for descriptor in (self._copy, self._room):
            os.close(descriptor)

    def _append(self, write: Callable[[], object]) -> None:
        if os.fstat(self.descriptor).st_size != self._pending.size:
            raise Meddled("something else has written into the file of results, or has cut it")
        try:
            write()
        except OSError as error:
            if not is_full(error) or not self.give_room():
                raise
            write()
        self._pending.size, before = os.fstat(self.descriptor).st_size, self._pending.size
        if before == os.fstat(self._copy).st_size:
            self._add_to_copy()

    def _add_to_copy(self) -> None:
        begin, end = os.fstat(self._copy).st_size, self._pending.size
        if end > _COPIED:
            return
        try:
            for piece in _pieces(self.descriptor, begin, end):
                os.pwrite(self._copy, piece, begin)
                begin += len(piece)
        except OSError:  # such as a full disk: what is there is the beginning of the file all the same
            pass

    def give_room(self) -> bool:
        """Give the room away that was kept for the supervising process, and return whether there was any."""
        if self._pending.worker == os.getpid() or not os.fstat(self._room).st_size:
            return False  # a worker must not fill it
        os.ftruncate(self._room, 0)
        return True


def nameless(folder: str) -> int:
    """Return the descriptor of a new file that nobody finds by a name."""
    try:
        return os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except (OSError, AttributeError):  # not all file systems have it, and of systems only Linux
        path = os.path.join(folder, f"nameless-{os.getpid()}")
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        os.unlink(path)
        return descriptor


def _pieces(descriptor: int, begin: int, end: int) -> Iterable[bytes]:
    while begin < end and (piece := os.pread(descriptor, min(_PIECE, end - begin), begin)):
        yield piece
        begin += len(piece)
