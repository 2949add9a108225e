"""Folders that jobs have filled: their size, and their removal whatever permissions they came with."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator


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
