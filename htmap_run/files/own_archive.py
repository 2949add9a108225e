"""The files that a job came with: a function may delete them with all else in its directory, and they are needed again later."""

from __future__ import annotations

import contextlib
import os

from htmap_run.names import RETURN

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Iterable

_ALL = os.R_OK | os.W_OK | os.X_OK


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
        self._mode = os.stat(scratch).st_mode
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
        if not os.access(self.path, os.R_OK):  # twice as quick as to ask for all that is known of it
            os.makedirs(self._scratch, exist_ok=True)
            self.unlock()
            clear_away(self.path)
            copy_from(self._file, self.path)
            os.chmod(self.path, 0o700)  # HTCondor runs it again after a save

    def restore_all(self) -> None:
        """Write it again, and the other files, as far as they are gone."""
        self.unlock()
        self.restore_returned()
        self.restore()
        for path, file in self._others.items():
            if not os.access(path, os.R_OK):
                clear_away(path)
                copy_from(file, path)

    def unlock(self) -> None:
        """Let the scratch directory be written to again if a function has forbidden it."""
        with contextlib.suppress(OSError):  # it is gone, or not this user's
            if os.stat(self._scratch).st_mode != self._mode:
                os.chmod(self._scratch, self._mode & 0o7777)
                self.restore_returned()

    def restore_returned(self) -> None:
        """Make the folder that comes back again if it is gone, and let it be read and written to again."""
        returned = os.path.join(self._scratch, RETURN)
        make_sure_of(returned)
        with contextlib.suppress(OSError):
            if not os.access(returned, _ALL):
                os.chmod(returned, 0o700)
            for folder, inside, files in os.walk(returned):
                for names, needed, mode in ((inside, _ALL, 0o700), (files, os.R_OK, 0o600)):
                    for name in names:
                        if not os.access(path := os.path.join(folder, name), needed) and not os.path.islink(path):
                            os.chmod(path, mode)


def make_sure_of(folder: str) -> None:
    """Make a folder if there is none, also where something else has its name."""
    if os.path.islink(folder) or not os.path.isdir(folder):
        clear_away(folder)
        os.makedirs(folder, exist_ok=True)


def clear_away(path: str) -> None:
    """Remove whatever is at a path, or nothing."""
    with contextlib.suppress(FileNotFoundError):
        if os.path.isdir(path) and not os.path.islink(path):
            import shutil

            shutil.rmtree(path)
        else:
            os.unlink(path)


def copy_from(descriptor: int, path: str) -> None:
    """Write the content of an open file, which may have lost its name, to *path*."""
    at = 0
    with open(path, "wb") as again:
        while piece := os.pread(descriptor, 1024 * 1024, at):
            at += again.write(piece)
