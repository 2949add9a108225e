"""The archive that a job runs from. The function may delete it with all else in its directory, and it is needed again later."""

from __future__ import annotations

import os


class OwnArchive:
    """Modules are imported from the archive late, and processes that multiprocessing starts anew run it.

    :param path: its absolute path.
    :param scratch: the job's scratch directory.
    """

    def __init__(self, path: str, scratch: str) -> None:
        self.path = path
        self._scratch = scratch
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)  # open as long as this process lives

    def restore(self) -> None:
        """Write it again if it is gone, and make the scratch directory again."""
        if not os.access(self.path, os.F_OK):  # twice as quick as to ask for all that is known of it
            os.makedirs(self._scratch, exist_ok=True)
            copy_from(self._file, self.path)


def copy_from(descriptor: int, path: str) -> None:
    """Write the content of an open file, which may have lost its name, to *path*."""
    at = 0
    with open(path, "wb") as again:
        while piece := os.pread(descriptor, 1024 * 1024, at):
            at += again.write(piece)
