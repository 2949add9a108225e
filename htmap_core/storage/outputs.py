"""The files that the jobs of a map returned: results, errors, output, and files of the user's.

Each job has files of its own, with endings that the submit side fixed. Nothing about them is trusted: links are not followed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from htmap_core.exceptions import CorruptMap
from htmap_core.files.folders import FileBelow, files_below, open_below, remove_tree
from htmap_core.files.ownership import make_folder, private_opener
from htmap_core.names import EARLY
from htmap_core.storage.content.packs import ReturnedPack, is_pack
from htmap_core.storage.content.returned import Returned, ReturnedFrames
from htmap_core.storage.jobs import Job
from htmap_run.names import FILES, RESULTS, STDERR, STDOUT


class Outputs:
    """The files that the jobs of a map returned.

    :param path: the folder of these files.
    """

    def __init__(self, path: Path) -> None:
        self._folder = os.fspath(path)

    def submissions(self) -> Iterator[int]:
        """Yield the numbers of the submissions of which a job has returned something."""
        with contextlib.suppress(FileNotFoundError), os.scandir(self._folder) as entries:
            for entry in entries:
                if entry.name.isdecimal() and entry.name.isascii():
                    yield int(entry.name)

    def open(self, job: Job) -> Returned:
        """Open what a job has returned at its end.

        :raises FileNotFoundError: it has returned no results (yet).
        :raises CorruptMap: the file is damaged.
        """
        path = f"{self._folder}/{job.output}.{RESULTS}"  # making a Path would take as long as reading the file
        try:
            return ReturnedFrames(path)
        except CorruptMap:
            if is_pack(path):  # in maps of 0.7.0
                return ReturnedPack(Path(path))
            raise

    def open_for(self, job: Job, component: int) -> Returned:
        """Open what a job has returned at its end, or else what has come of a component before.

        A job that has failed may run again (``retry_exceptions``). What has come of a component since then counts.

        :raises FileNotFoundError: the job has returned nothing, and nothing has come of the component.
        :raises CorruptMap: the file is damaged.
        """
        try:
            returned = self.open(job)
        except FileNotFoundError:
            try:
                early = ReturnedFrames(self.early(job))
            except FileNotFoundError:
                return self.open(
                    job
                )  # the job may have ended just now, and another process has deleted what came early
            if component not in early.statuses:
                raise
            return early
        if os.path.lexists(self.early(job)) and isinstance(returned, ReturnedFrames):
            # It is gone if the job has just ended; if one is damaged, whoever reads the other is told.
            with contextlib.suppress(FileNotFoundError, CorruptMap):
                early = ReturnedFrames(self.early(job))
                return early if early.attempt(component) > returned.attempt(component) else returned
        return returned

    def exists(self, job: Job) -> bool:
        """Return whether a job has returned results, or some have come before its end."""
        return os.path.lexists(f"{self._folder}/{job.output}.{RESULTS}") or os.path.lexists(self.early(job))

    def has_ended(self, job: Job) -> bool:
        """Return whether a job has returned the results of its end."""
        return os.path.lexists(f"{self._folder}/{job.output}.{RESULTS}")

    def early(self, job: Job) -> str:
        """Return the path of the copy of what a job has left before its end."""
        return f"{self._folder}/{EARLY}/{job.submission}-{job.row}"

    def open_early(self, job: Job) -> Returned:
        """Open what has come of a job before its end; raises the errors of :meth:`open`."""
        return ReturnedFrames(self.early(job))

    def jobs_with_early(self) -> list[Job]:
        """Return the jobs of which something has come before their end. Cheap where there are none."""
        try:
            found = os.listdir(f"{self._folder}/{EARLY}")
        except FileNotFoundError:
            return []
        names = (name.partition("-") for name in found)  # others begin with a dot, because they are being written
        return [Job(int(number), int(row)) for number, _, row in names if number.isdigit() and row.isdigit()]

    def version_of_early(self, job: Job) -> tuple[int, int] | None:
        """Return what changes with the copy of what a job has left before its end; None if there is none."""
        try:
            found = os.lstat(self.early(job))
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_size

    def delete_early(self, job: Job) -> None:
        """Delete what has come of a job before its end."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.early(job))

    def last_words(self, job: Job, stream: str, size: int) -> bytes | None:
        """Return the end of what a job that could not finish has written to a stream; None if nothing came back.

        :param stream: ``stdout`` or ``stderr``.
        :param size: how many bytes at most.
        """
        try:
            return _tail(f"{self._folder}/{job.output}.{stream}", size)
        except OSError:
            return None

    def files(self, job: Job, component: int) -> Path:
        """Return the folder of the files that a component sent back, and make it if it does not exist.

        :raises CorruptMap: there is something else in its place.
        """
        return folder_below(Path(self._folder), *_place_of_files(job, component).split("/"))

    def sent_files(self, job: Job, component: int) -> list[FileBelow]:
        """Return the files that a component sent back, also in folders, and what else lies there. Nothing is made.

        :raises CorruptMap: there is something else in the place of their folder.
        """
        place = _place_of_files(job, component)
        if not folder_exists(Path(self._folder), *place.split("/")):
            return []
        return list(files_below(f"{self._folder}/{place}"))

    def open_sent(self, job: Job, component: int, path: str) -> IO[bytes]:
        """Open a file that a component sent back. Links are not followed, also if the job puts one there at this moment.

        :param path: as :meth:`sent_files` gives it.
        :raises OSError: it is gone, or is no regular file.
        """
        return open_below(self._folder, f"{_place_of_files(job, component)}/{path}")

    def bring_back(self, job: Job, returned: str) -> None:
        """Move what a job of this machine has returned to where HTCondor puts what others return.

        :param returned: the folder that the job returns.
        """
        make_folder(Path(f"{self._folder}/{job.output}").parent)
        for name in (STDOUT, STDERR, FILES, RESULTS):  # results come last: with them, the others are there
            if os.path.lexists(f"{returned}/{name}"):
                _delete(f"{self._folder}/{job.output}.{name}")
                shutil.move(f"{returned}/{name}", f"{self._folder}/{job.output}.{name}")

    def tell(self, job: Job, text: str) -> None:
        """Write down why a job of this machine has returned nothing, as its standard error."""
        make_folder(Path(f"{self._folder}/{job.output}").parent)
        with open(f"{self._folder}/{job.output}.{STDERR}", "w", encoding="utf-8", opener=private_opener) as file:
            file.write(text)

    def delete_files(self, job: Job, component: int) -> None:
        """Delete the files that a component sent back with a job."""
        folder = f"{self._folder}/{job.output}.{FILES}"
        if not os.path.islink(folder):
            _delete(f"{folder}/{component}")
        with contextlib.suppress(OSError):  # it has files of other components, or there are none
            os.rmdir(folder)

    def delete(self, job: Job) -> None:
        """Delete the files that a job returned, except those that its components sent back."""
        for ending in (RESULTS, STDOUT, STDERR):
            _delete(f"{self._folder}/{job.output}.{ending}")
        self.delete_early(job)


def _place_of_files(job: Job, component: int) -> str:
    """Return the path of the files of a component below the outputs."""
    return f"{job.output}.{FILES}/{component}"


def folder_exists(outputs: Path, *parts: str) -> bool:
    """Return whether there is a folder below the outputs of a map; raises the error of :func:`folder_below`."""
    folder = outputs
    for part in parts:
        folder /= part
        if not _is_folder(folder):
            return False
    return True


def folder_below(outputs: Path, *parts: str) -> Path:
    """Return a folder below the outputs of a map, and make it if it does not exist.

    HTCondor brings no links, but a job that may reach the submit side while it runs can make one. It is never followed.

    :param outputs: the folder of the outputs, which is HTMap's own.
    :param parts: the names of the folders below it.
    :raises CorruptMap: the job has put something else in the place of one of the folders.
    """
    folder = outputs
    for part in parts:
        folder /= part
        if not _is_folder(folder):
            folder.mkdir(mode=0o700, exist_ok=True)  # another process may make it, too
    return folder


def _is_folder(path: Path) -> bool:
    """Return whether there is a folder; False where there is nothing, and CorruptMap where there is something else."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return False
    if not stat.S_ISDIR(found.st_mode):
        raise CorruptMap(path, "is not a folder: the job has put something else in its place")
    return True


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
        remove_tree(path)
    else:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(path)
