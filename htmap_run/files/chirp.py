"""Access files of the submit side while the job runs: the few commands of HTCondor's chirp protocol that checkpoints need.

The starter takes the job's requests and hands them to the shadow, which carries them out in the map's directory. Paths have only
plain names and slashes, so the protocol's quoting is not needed.
"""

from __future__ import annotations

import contextlib
import os
import socket

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from typing import Any

    from typing_extensions import Self

_CONFIG = ".chirp.config"
_SECONDS = 120.0  # the time limit of one step; the starter waits for the shadow, which may be far away or busy
_DOES_NOT_EXIST, _EXISTS = -3, -4  # the two codes in chirp_protocol.h that callers expect
_PIECE = 256 * 1024
_FILE_MODE, _FOLDER_MODE = 0o600, 0o700


class NotTaken(OSError):
    """The submit side had no room for the whole file."""


class Chirp:
    """A connection to the starter's proxy; a context manager.

    :param scratch: the job's scratch directory, where the starter writes how to reach it.
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
        """Copy the file *source* of the submit side to *target* on the execute node.

        :raises FileNotFoundError: there is no such file.
        """
        size = self._ask(f"getfile {source}")
        with open(target, "wb") as file:
            _copy(self._stream, file, size)

    def put(self, source: str, target: str) -> None:
        """Copy the file *source* of the execute node to *target* on the submit side, and replace what is there.

        The folder of *target* must exist.

        :raises NotTaken: there was no room for the whole file; a part of it is there.
        """
        with open(source, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            self._ask(f"putfile {target} {_FILE_MODE} {size}")
            _copy(file, self._stream, size)
        if self._answer() != size:
            raise NotTaken(f"the submit side has no room for the file ({size} bytes)")

    def rename(self, old: str, new: str) -> None:
        """Rename a file of the submit side in one step, and replace the file that has the new name."""
        self._ask(f"rename {old} {new}")

    def remove(self, path: str) -> None:
        """Remove a file of the submit side."""
        self._ask(f"unlink {path}")

    def names(self, folder: str) -> list[str]:
        """Return the names of the files in a folder of the submit side."""
        size = self._ask(f"getdir {folder}")
        listed = self._stream.read(size)
        if len(listed) < size:
            raise ConnectionError("the connection to the submit side was lost")
        return [os.fsdecode(name) for name in listed.split(b"\n") if name]

    def make_folder(self, path: str) -> None:
        """Make a folder on the submit side, if it is missing."""
        with contextlib.suppress(FileExistsError):
            self._ask(f"mkdir {path} {_FOLDER_MODE}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()  # closing the stream would try to write what a lost connection did not take

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
            raise FileExistsError("the file or folder is there already on the submit side")
        raise OSError(f"the submit side refused a request (chirp error {answer})")


def _address(scratch: str) -> tuple[str, str, str]:
    """Return host, port and cookie. The scratch directory may have another name inside a container than outside."""
    places = [os.environ.get("_CONDOR_CHIRP_CONFIG", ""), os.path.join(scratch, _CONFIG)]
    for path in places:
        if os.path.isfile(path):
            with open(path, encoding="ascii") as file:
                host, port, cookie = file.read().split()
            return host, port, cookie
    raise OSError("HTCondor gives this job no access to the submit side (chirp is switched off, or hidden)")


def _copy(source: Any, target: Any, size: int) -> None:
    while size:
        piece = source.read(min(size, _PIECE))
        if not piece:
            raise ConnectionError("the connection to the submit side was lost")
        target.write(piece)
        size -= len(piece)
