"""Unpickle what has large parts, which lie in files of their own: pickles name these files by persistent ids.

The large parts of one pickle are new objects each time it is read, as if they had been in the pickle itself: what one call does
to them reaches no other.
"""

from __future__ import annotations

import io
import os
import pickle

from htmap_run import frames, names

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from typing import Any, Callable, Optional

BYTES, BYTEARRAY, PICKLE = "bytes", "bytearray", "pickle"
"""What the file of a large part has: the bytes of an immutable object, those of one that can be changed, or a pickle."""

RECORDED = "arguments"
"""The key in the record of a function or an input: the names of the large parts that it has."""


class Unpickler(pickle.Unpickler):
    """Unpickles what may have large parts.

    A persistent id has the kind of a part, its name, and the number of the object among those of its pickle: two equal ones stay
    two objects, and one that is met twice stays one.

    :param path_of: returns the path of the file of a large part by its name. By default, it is in the scratch directory.
    """

    def __init__(self, payload: bytes, path_of: Optional[Callable[[str], str]] = None) -> None:
        super().__init__(io.BytesIO(payload))
        self._path_of = path_of or _in_scratch_directory
        self._made: dict[int, Any] = {}

    def persistent_load(self, pid: Any) -> Any:
        """Return the large part that a pickle names.

        :raises CorruptFile: its file is damaged.
        """
        kind, name, number = pid
        if number not in self._made:
            self._made[number] = self.read(kind, name)
        return self._made[number]

    def read(self, kind: str, name: str) -> Any:
        """Return the object in a file.

        :raises CorruptFile: the file is damaged.
        """
        file = frames.Reader(self._path_of(name))
        frame = file.only(frames.INPUT)
        if kind == BYTEARRAY:
            return _changeable(file, frame)
        payload = file.payload(frame)
        return payload if kind == BYTES else loads(payload, self._path_of)


def loads(payload: bytes, path_of: Optional[Callable[[str], str]] = None) -> Any:
    """Return what was pickled; *path_of* is that of :class:`Unpickler`."""
    return Unpickler(payload, path_of).load()  # the user's own map has it


def _changeable(file: frames.Reader, frame: frames.Frame) -> bytearray:
    """Return the payload of a frame in memory that can be changed, without a second copy of all of it."""
    content, at = bytearray(frame.size), 0
    for piece in file.pieces(frame):
        content[at : at + len(piece)] = piece
        at += len(piece)
    return content


def _in_scratch_directory(name: str) -> str:
    from htmap_run.files.placing import scratch_directory

    return os.path.join(scratch_directory(), names.ARGUMENT.format(name=name))
