"""Folders that jobs have filled: their size, the files in them, and their removal whatever permissions they came with."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from typing import IO, NamedTuple

from htmap_core.files.reading import open_file

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class FileBelow(NamedTuple):
    """What is in a folder, or in one below it, and is no folder that can be looked into.

    :param path: its path below the folder.
    :param size: its size in bytes.
    :param changed: when its content was changed, in nanoseconds.
    :param is_program: whether its owner may run it.
    :param problem: why nobody should read it; empty for a regular file.
    """

    path: str
    size: int = 0
    changed: int = 0
    is_program: bool = False
    problem: str = ""


def files_below(folder: str) -> Iterator[FileBelow]:
    """Yield what is in a folder and in the folders below it, in the order of names. Links are not followed.

    :raises FileNotFoundError: there is no such folder.
    """
    left = [""]
    while left:
        below = left.pop()
        try:
            with os.scandir(os.path.join(folder, below)) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            if not below:
                raise
            yield FileBelow(below, problem=f"it cannot be looked into: {error.strerror}")
            continue
        left += [os.path.join(below, each.name) for each in reversed(found) if each.is_dir(follow_symlinks=False)]
        for each in found:
            if not each.is_dir(follow_symlinks=False):
                yield _file(os.path.join(below, each.name), each)


def _file(path: str, entry: os.DirEntry[str]) -> FileBelow:
    try:
        found = entry.stat(follow_symlinks=False)
    except OSError as error:  # the folder tells its names, but not what they are; or the file is gone by now
        return FileBelow(path, problem=f"it cannot be looked at: {error.strerror}")
    if stat.S_ISREG(found.st_mode):
        return FileBelow(path, found.st_size, found.st_mtime_ns, bool(found.st_mode & stat.S_IXUSR))
    return FileBelow(path, problem="it is a link" if stat.S_ISLNK(found.st_mode) else "it is no regular file")


def open_below(folder: str, path: str) -> IO[bytes]:
    """Open a regular file below a folder to read its bytes. No link is followed on the way, wherever it has just been put.

    :param path: its path below the folder, without ``..``.
    :raises FileNotFoundError: there is nothing.
    :raises OSError: there is something else, or a link on the way to it.
    """
    *folders, name = path.split("/")
    with contextlib.ExitStack() as opened:
        at = os.open(folder, _FOLDER)
        opened.callback(os.close, at)
        for each in folders:
            at = os.open(each, _FOLDER, dir_fd=at)
            opened.callback(os.close, at)
        return open_file(name, at)


def size_below(path: str) -> int:
    """Return the size of all files in a folder and the folders below it, in bytes.

    A file that has other names outside counts nothing: its space is not the folder's alone. One that has several inside counts
    once. What is removed meanwhile, or may not be read, counts nothing either.
    """
    shared: dict[tuple[int, int], list[int]] = {}  # by device and inode: the names that are still to come, and the size
    size = _alone_below(path, shared)
    return size + sum(bytes_of for missing, bytes_of in shared.values() if not missing)


def _alone_below(path: str, shared: dict[tuple[int, int], list[int]]) -> int:
    """Return the size of all files in a folder that have one name, and note those that have several."""
    size = 0
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    size += _alone_below(entry.path, shared)
                    continue
                found = entry.stat(follow_symlinks=False)
                if found.st_nlink == 1:
                    size += found.st_size
                else:
                    shared.setdefault((found.st_dev, found.st_ino), [found.st_nlink, found.st_size])[0] -= 1
    except OSError:
        pass
    return size


def remove_tree(path: str | os.PathLike[str], meanwhile: Callable[[], object] | None = None) -> None:
    """Remove a folder with all that is in it, or a file, as far as that is possible; of a link, only the link itself.

    Folders that their owner may not change are no obstacle: what a job returned has the permissions that the job gave it.

    :param meanwhile: called each time that a part of it is gone: a folder in it, or in one of these.
    """
    if os.path.islink(path) or (os.path.lexists(path) and not os.path.isdir(path)):
        with contextlib.suppress(OSError):  # as the rest: what is left stays
            os.unlink(path)
        return
    if meanwhile is not None:
        for part in _parts(os.fspath(path)):
            shutil.rmtree(part, ignore_errors=True)
            meanwhile()
    shutil.rmtree(path, ignore_errors=True)
    if os.path.isdir(path):
        _open_up(os.fspath(path))
        shutil.rmtree(path, ignore_errors=True)


def _parts(path: str, depth: int = 2) -> Iterator[str]:
    """Yield the folders in a folder and in these, the innermost first; a link is none."""
    try:
        with os.scandir(path) as entries:
            folders = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return  # there is none, or the file system refuses it
    for folder in folders:
        if depth > 1:
            yield from _parts(folder, depth - 1)
        yield folder


def _open_up(path: str) -> None:
    try:
        os.chmod(path, 0o700)
        with os.scandir(path) as entries:
            folders = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return  # the file system refuses it; what is left stays
    for folder in folders:
        _open_up(folder)
