"""The files that the jobs of a map returned: results, errors, output, and files of the user's.

Each job has a folder of its own, in which nothing is trusted: links are not followed. Maps of 0.7.0 have files with the names of
jobs instead.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from pathlib import Path

from htmap_core.exceptions import CorruptMap
from htmap_core.storage.content.packs import ReturnedPack
from htmap_core.storage.content.returned import Returned, ReturnedFrames
from htmap_core.storage.jobs import Job
from htmap_run import names as returned_names

_RESULTS, _STDERR, _FILES = returned_names.RESULTS, returned_names.STDERR, returned_names.FILES


class Outputs:
    """The files that the jobs of a map returned.

    :param path: the folder of these files.
    """

    def __init__(self, path: Path) -> None:
        self._folder = os.fspath(path)

    def open(self, job: Job) -> Returned:
        """Open what a job has returned.

        :raises FileNotFoundError: it has returned no results (yet).
        :raises CorruptMap: the file is damaged.
        """
        path = f"{self._folder}/{job.output}"  # making a Path would take as long as reading the file
        try:
            return ReturnedFrames(f"{path}/{_RESULTS}")
        except FileNotFoundError:
            return ReturnedPack(Path(f"{path}.result"))

    def exists(self, job: Job) -> bool:
        """Return whether a job has returned results."""
        path = f"{self._folder}/{job.output}"
        return os.path.lexists(f"{path}/{_RESULTS}") or os.path.lexists(f"{path}.result")

    def last_words(self, job: Job, size: int) -> str | None:
        """Return the end of what a job without results has said on standard error; None if it said nothing.

        :param size: how many bytes at most.
        """
        path = f"{self._folder}/{job.output}"
        for candidate in (f"{path}/{_STDERR}", f"{path}.stderr"):
            with contextlib.suppress(OSError):
                return _tail(candidate, size).decode(errors="replace")
        return None

    def files(self, job: Job, component: int) -> Path:
        """Return the folder of the files that a component sent back, and make it if it does not exist.

        :raises CorruptMap: there is something else in its place.
        """
        own = Path(self._folder, job.output)
        place = own / _FILES if own.is_dir() else own.with_name(f"{own.name}.{_FILES}")
        folder = place / str(component)
        for each in (own, place, folder):
            if os.path.lexists(each) and (each.is_symlink() or not each.is_dir()):
                raise CorruptMap(each, "is no folder, but something else that a component has put there")
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def delete_files(self, job: Job, component: int) -> None:
        """Delete the files that a component sent back with a job."""
        path = f"{self._folder}/{job.output}"
        for folder in (f"{path}/{_FILES}", f"{path}.{_FILES}"):
            _delete(f"{folder}/{component}")
            with contextlib.suppress(OSError):  # it has files of other components, or there are none
                os.rmdir(folder)

    def delete(self, job: Job) -> None:
        """Delete the files that a job returned, except those that its components sent back."""
        path = f"{self._folder}/{job.output}"
        for each in (
            f"{path}/{_RESULTS}",
            f"{path}/{_STDERR}",
            *(f"{path}.{end}" for end in ("result", "stdout", "stderr")),
        ):
            _delete(each)
        with contextlib.suppress(OSError):  # it has files of components, or does not exist
            os.rmdir(path)


def _tail(path: str, size: int) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(f"{path} is no regular file")
        size = min(size, found.st_size)
        return os.pread(descriptor, size, found.st_size - size)
    finally:
        os.close(descriptor)


def _delete(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(path)
