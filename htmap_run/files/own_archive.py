"""The files that a job came with: a function may delete them with all else in its directory, and they are needed again later."""

from __future__ import annotations

import contextlib
import os

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Iterable


class OwnArchive:
    """Modules are imported from the archive late, and processes that multiprocessing starts anew run it.

    :param path: its absolute path.
    :param scratch: the job's scratch directory.
    :param others: the names of files there that the next worker of the job, and its next run in this place, read. What does not
        exist is left to whoever reads it.
    """

    def __init__(self, path: str, scratch: str, others: Iterable[str] = ()) -> None:
        self.path = path
        self._scratch = scratch
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)  # open as long as this process lives
        self._others: dict[str, int] = {}
        for name in others:
            with contextlib.suppress(OSError):
                other = os.path.join(scratch, name)
                self._others[other] = os.open(other, os.O_RDONLY | os.O_CLOEXEC)

    def close(self) -> None:
        """Close it, in a process that outlives the job."""
        os.close(self._file)

    def restore(self) -> None:
        """Write it again if it is gone, and make the scratch directory again."""
        if not os.access(self.path, os.F_OK):  # twice as quick as to ask for all that is known of it
            os.makedirs(self._scratch, exist_ok=True)
            copy_from(self._file, self.path)
            os.chmod(self.path, 0o700)  # HTCondor runs it again after a save

    def restore_all(self) -> None:
        """Write it again, and the other files, as far as they are gone."""
        self.restore()
        for path, file in self._others.items():
            if not os.access(path, os.F_OK):
                copy_from(file, path)


def copy_from(descriptor: int, path: str) -> None:
    """Write the content of an open file, which may have lost its name, to *path*."""
    at = 0
    with open(path, "wb") as again:
        while piece := os.pread(descriptor, 1024 * 1024, at):
            at += again.write(piece)
