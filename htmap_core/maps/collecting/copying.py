"""Copying output files into a folder of the user's. A file appears there whole or not at all, with the permissions of a new one.

The one that is being copied has a name of its own. There is one at a time, since the folder is locked, so what a killed process
has left of it is replaced by the next one.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import attrs

from htmap_core.exceptions import UnusableFolder
from htmap_core.files.locks import locked
from htmap_core.maps.collecting.sources import Source
from htmap_core.maps.collecting.target import OWN, PIECE, Copy, There, unusable
from htmap_core.progress.work import LongWork
from htmap_core.storage.outputs import Outputs


@attrs.define
class Copied:
    """What became of files that were to be copied.

    :param done: those that were copied.
    :param left: those that cannot be read.
    :param running_again: the components whose files are gone by now.
    """

    done: list[Copy] = attrs.field(factory=list)
    left: list[Source] = attrs.field(factory=list)
    running_again: set[int] = attrs.field(factory=set)


def copy_all(tag: str, folder: Path, wanted: list[Copy], outputs: Outputs) -> Copied:
    """Copy files, and return what became of them.

    :raises UnusableFolder: the folder cannot be written to, such as on a full disk. What was copied before stays.
    """
    copied = Copied()
    size = sum(each.source.file.size for each in wanted)
    try:
        if not wanted:
            _clear(folder)
            return copied
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder) as part, LongWork(f"copying files of {tag}", size, "B") as work:
            for each in wanted:
                _copy(each, part, outputs, copied, work)
    except BlockingIOError as error:
        reason = "another process is copying files into it; try again when it has finished"
        raise UnusableFolder(tag, folder, reason) from error
    except OSError as error:
        raise unusable(tag, folder, error, copied=len(copied.done)) from error
    return copied


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[Path]:
    """Lock the folder, and give the path for the file that is being copied. Neither is left in the end."""
    lock, part = folder / OWN, folder / f"{OWN}.part"
    with locked(lock, wait=False):
        try:
            yield part
        finally:
            part.unlink(missing_ok=True)
            lock.unlink(missing_ok=True)


def _clear(folder: Path) -> None:
    """Delete what a killed process has left."""
    if os.path.lexists(folder / OWN):
        with contextlib.suppress(BlockingIOError), _locked(folder):  # another process is at work
            pass


def _copy(copy: Copy, part: Path, outputs: Outputs, copied: Copied, work: LongWork) -> None:
    try:
        source = copy.source.open(outputs)
    except FileNotFoundError:
        copied.running_again.add(copy.source.component)
        return
    except OSError as error:
        copied.left.append(copy.source.with_problem(error.strerror or str(error)))
        return
    with source:
        _write(source, part, copy.source, work)
    copy.to.parent.mkdir(parents=True, exist_ok=True)
    if copy.there is There.NOTHING and os.path.lexists(copy.to):
        raise FileExistsError(errno.EEXIST, "a file has just appeared there", os.fspath(copy.to))
    part.replace(copy.to)
    copied.done.append(copy)


def _write(source: IO[bytes], part: Path, of: Source, work: LongWork) -> None:
    mode = 0o777 if of.file.is_program else 0o666  # without what the umask takes away
    part.unlink(missing_ok=True)
    with open(part, "xb", opener=lambda path, flags: os.open(path, flags, mode)) as file:
        for piece in iter(lambda: source.read(PIECE), b""):
            file.write(piece)
            work.advance(len(piece))
    os.utime(part, ns=(of.file.changed, of.file.changed))
