"""Reach files of the submit side while the job runs: the few commands of HTCondor's chirp protocol that checkpoints need.

The starter listens for the job, and hands its requests to the shadow, which does them in the map's directory. Paths are plain
names and slashes: the protocol's way to quote others is not needed.
"""

from __future__ import annotations

import contextlib
import os
import socket

TYPE_CHECKING = False  # as typing's, whose import every job would pay for
if TYPE_CHECKING:
    from typing import Any

    from typing_extensions import Self

_CONFIG = ".chirp.config"
_SECONDS = 120.0  # for one step; the starter waits for the shadow, which may be far away or busy
_DOES_NOT_EXIST, _EXISTS = -3, -4  # the two of chirp_protocol.h that are no failures
_PIECE = 256 * 1024
_FILE_MODE, _FOLDER_MODE = 0o600, 0o700


class NotTaken(OSError):
    """The submit side had no room for all of a file."""


class Chirp:
    """A connection to the starter's proxy; a context manager.

    :param scratch: the job's scratch directory, where the starter says how to reach it.
    :raises OSError: there is no proxy, or it cannot be reached from here.
    """

    def __init__(self, scratch: str) -> None:
        host, port, cookie = _address(scratch)
        self._socket = socket.create_connection((host, int(port)), _SECONDS)
        self._stream = self._socket.makefile("rwb")
        try:
            self._ask(f"cookie {cookie}")
        except BaseException:
            self._socket.close()
            raise

    def get(self, source: str, target: str) -> None:
        """Copy a file of the submit side to *target* here.

        :raises FileNotFoundError: there is no such file.
        """
        size = self._ask(f"getfile {source}")
        with open(target, "wb") as file:
            _copy(self._stream, file, size)

    def put(self, source: str, target: str) -> None:
        """Copy a file from here to *target* on the submit side, in place of what is there.

        Its folder must exist.

        :raises NotTaken: there was no room for all of it; a part is there.
        """
        with open(source, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            self._ask(f"putfile {target} {_FILE_MODE} {size}")
            _copy(file, self._stream, size)
        if self._answer() != size:
            raise NotTaken(f"the submit side has no room for {target!r} ({size} bytes)")

    def rename(self, old: str, new: str) -> None:
        """Give a file of the submit side another name, at once and in place of what has it."""
        self._ask(f"rename {old} {new}")

    def remove(self, path: str) -> None:
        """Remove a file of the submit side."""
        self._ask(f"unlink {path}")

    def make_folder(self, path: str) -> None:
        """Make a folder on the submit side, unless it is there."""
        with contextlib.suppress(FileExistsError):
            self._ask(f"mkdir {path} {_FOLDER_MODE}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()  # the stream is not closed: that would try to write what a lost connection did not take

    def _ask(self, command: str) -> int:
        self._stream.write(f"{command}\n".encode("ascii"))
        return self._answer()

    def _answer(self) -> int:
        self._stream.flush()
        line = self._stream.readline()
        if not line.endswith(b"\n"):
            raise ConnectionError("the connection to the submit side was lost")
        answer = int(line)
        if answer >= 0:
            return answer
        if answer == _DOES_NOT_EXIST:
            raise FileNotFoundError("there is no such file or folder on the submit side")
        if answer == _EXISTS:
            raise FileExistsError("it is there already, on the submit side")
        raise OSError(f"the submit side refused it (chirp error {answer})")


def _address(scratch: str) -> tuple[str, str, str]:
    """Return host, port and cookie; inside a container the scratch directory may have another name than outside."""
    places = [os.environ.get("_CONDOR_CHIRP_CONFIG", ""), os.path.join(scratch, _CONFIG)]
    for path in places:
        if os.path.isfile(path):
            with open(path, encoding="ascii") as file:
                host, port, cookie = file.read().split()
            return host, port, cookie
    raise OSError("HTCondor gives this job no way to reach the submit side (chirp is switched off, or hidden)")


def _copy(source: Any, target: Any, size: int) -> None:
    while size:
        piece = source.read(min(size, _PIECE))
        if not piece:
            raise ConnectionError("the connection to the submit side was lost")
        target.write(piece)
        size -= len(piece)
