"""Folders that get another place, on the same file system or on another one."""

from __future__ import annotations

import errno
import filecmp
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from htmap_core.files.folders import remove_tree


def relocate(folder: Path, to: Path, meanwhile: Callable[[], object]) -> None:
    """Rename a folder, or copy and compare it where the new place is on another file system.

    After an interruption, *to* is not there or whole.

    :param meanwhile: called for each file that is copied, and for each that is compared.
    :raises OSError: it cannot be moved, or the copy is not the same; the folder is as it was.
    """
    try:
        folder.rename(to)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        undo(to)
        shutil.copytree(folder, _half(to), symlinks=True, copy_function=_Copying(meanwhile))
        if different := next(_differences(folder, _half(to), meanwhile), None):
            raise OSError(errno.EIO, "the copy is not the same", str(different)) from error
        _half(to).rename(to)
        put_away(folder)


class _Copying:
    """Copies files, and links those that are one file with several names, as maps share what runs their jobs.

    :param meanwhile: called for each.
    """

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        self._meanwhile = meanwhile
        self._copies: dict[tuple[int, int], str] = {}

    def __call__(self, file: str, to: str) -> None:
        self._meanwhile()
        found = os.lstat(file)
        if found.st_nlink > 1:
            first = self._copies.setdefault((found.st_dev, found.st_ino), to)
            if first != to and _is_linked(first, to):
                return
        shutil.copy2(file, to)


def _is_linked(first: str, to: str) -> bool:
    try:
        os.link(first, to)
    except OSError:  # there are too many, or the file system has none; a copy will do
        return False
    return True


def undo(to: Path) -> None:
    """Delete what an interrupted copy to a place has left."""
    remove_tree(_half(to))


def put_away(copied: Path) -> None:
    """Delete a folder that was copied. It gets another name first, so that nobody takes the rest of it for the whole."""
    clear_away(copied)
    copied.rename(_away(copied))
    clear_away(copied)


def clear_away(copied: Path) -> None:
    """Delete what an interrupted :func:`put_away` has left."""
    remove_tree(_away(copied))


def _away(copied: Path) -> Path:
    return copied.with_name(f".{copied.name}.moved")


def _half(to: Path) -> Path:
    return to.with_name(f".{to.name}.moving")


def _differences(one: Path, other: Path, meanwhile: Callable[[], object]) -> Iterator[Path]:
    """Yield the files of a folder that another one does not have likewise."""
    for folder, _, files in os.walk(one):
        for path in (Path(folder, name) for name in files):
            meanwhile()
            copy = other / path.relative_to(one)
            is_link = path.is_symlink()
            if (path.readlink() != copy.readlink()) if is_link else not filecmp.cmp(path, copy, shallow=False):
                yield path
