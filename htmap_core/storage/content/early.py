"""What a job has left that has not ended: the results that HTCondor has fetched into the schedd's spool, and the map's copy.

The copy has the frames of :mod:`htmap_run.journal.results` and an index. It outlives the job, and the results that come with the
job's end take its place.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import attrs

from htmap_core.files.atomic import put_in_place
from htmap_core.files.ownership import is_private, make_folder
from htmap_run import frames
from htmap_run.names import FILES, REMAPPED, RESULTS

_PIECE = 1024 * 1024
_UNITS = (1, 100, 1000, 1_000_000, 1_000_000_000)  # nanoseconds


@attrs.frozen
class Saved:
    """The folder in which HTCondor keeps what it has fetched of a job.

    :param folder: the folder that the job returns, in the job's folder of the spool.
    :param token: the token of the job's submission, which its results name.
    :param row: the job's row.
    """

    folder: str
    token: str
    row: int

    def copy_to(self, path: str) -> None:
        """Copy the results to a file of the map's, if they are later than those that it has, and are the job's.

        :raises FileNotFoundError: there are none, or HTCondor replaces them at the moment.
        :raises OSError: they cannot be read or written.
        :raises CorruptFile: they are damaged.
        """
        source = f"{self.folder}/{RESULTS}"
        found = os.lstat(source)
        if not stat.S_ISREG(found.st_mode) or _modified(path) in _as_kept(found.st_mtime_ns):
            return
        if not is_private(os.path.dirname(self.folder)):
            return  # the spool gives each job a folder of its user's
        reader = frames.Reader(source)
        if not self._is_of_job(reader):
            return
        make_folder(Path(path).parent)
        with put_in_place(Path(path)) as temporary:
            self._copy(reader, temporary)
            os.utime(temporary, ns=(found.st_atime_ns, found.st_mtime_ns))

    def _is_of_job(self, reader: frames.Reader) -> bool:
        """Return whether the results are the job's: another schedd may have given its number to another job."""
        run = next((frame for frame in reader.frames if frame.kind == frames.RUN), None)
        job = reader.record(run).get("job") if run is not None else None
        return isinstance(job, dict) and (job.get("submission"), job.get("row")) == (self.token, str(self.row))

    def _copy(self, reader: frames.Reader, path: Path) -> None:
        with frames.Writer(path) as writer:
            at = 0
            with open(os.open(reader.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
                while at < reader.end and (piece := file.read(min(_PIECE, reader.end - at))):
                    writer.add_whole(piece)
                    at += len(piece)
            for component in self._with_files():
                writer.add(frames.BEGUN, component)  # it has not ended yet
            whole = frames.Reader(writer.descriptor)
            writer.add_index(whole.frames, len(whole.frames))

    def _with_files(self) -> Iterator[int]:
        """Yield the components that have handed over files, which only come with the end of the job."""
        for name in (FILES, REMAPPED):
            with contextlib.suppress(FileNotFoundError):
                for entry in os.listdir(f"{self.folder}/{name}"):
                    number = entry.partition("-")[0]
                    if number.isascii() and number.isdigit():
                        yield int(number)


def _as_kept(time: int) -> set[int]:
    """Return what file systems make of a time in nanoseconds: AFS keeps whole seconds, NFS what its server does."""
    return {time - time % unit for unit in _UNITS}


def _modified(path: str) -> int:
    try:
        return os.lstat(path).st_mtime_ns
    except FileNotFoundError:
        return -1
