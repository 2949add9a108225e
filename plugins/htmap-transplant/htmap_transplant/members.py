"""Files on their way into an archive."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Optional

import attrs

# Compiled code stays at home: it is a quarter of what would be sent with each job, and Python makes it anew, of the modules that
# are imported, in less time than many jobs take to get it from one submit node.
_CACHES = "__pycache__"


@attrs.frozen
class Member:
    """A file of the archive.

    :param name: its path there.
    :param source: the file that it is a copy of.
    :param size: that file's size, in bytes.
    :param mtime_ns: when that file was changed last.
    :param mode: its permissions.
    :param link: where a link points to; None for what is no link.
    :param content: what is written instead of the file's own content, where that must be another one.
    """

    name: str
    source: Path
    size: int
    mtime_ns: int
    mode: int
    link: Optional[str] = None
    content: Optional[bytes] = None


Skip = Callable[[str], bool]


def member(source: Path, name: str, content: bytes | None = None) -> Member:
    """Return a file as it will be in the archive, whatever links lead to it."""
    status = source.stat()
    return Member(name, source, status.st_size, status.st_mtime_ns, stat.S_IMODE(status.st_mode), content=content)


def tree(folder: Path, name: str, skip: Skip = lambda _: False) -> Iterator[Member]:
    """Yield the files below *folder*, which is called *name* in the archive.

    Links that stay inside are kept as links; what others lead to is copied.

    :param skip: gets the name in the archive of each file or folder, and says whether to leave that out.
    """
    yield from _walk(folder, name, skip, os.path.realpath(folder), (os.path.realpath(folder),))


def _walk(folder: Path, name: str, skip: Skip, top: str, above: tuple[str, ...]) -> Iterator[Member]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            below = f"{name}/{entry.name}" if name else entry.name
            if entry.name == _CACHES or skip(below):
                continue
            link = _inner_link(entry, top) if entry.is_symlink() else None
            if link is not None:
                yield Member(below, Path(entry.path), 0, 0, 0o777, link)
            elif entry.is_dir():
                real = os.path.realpath(entry.path) if entry.is_symlink() else entry.path
                if real not in above:  # a link to a folder that it is in
                    yield from _walk(Path(entry.path), below, skip, top, (*above, real))
            elif entry.is_file():
                status = entry.stat()
                yield Member(below, Path(entry.path), status.st_size, status.st_mtime_ns, stat.S_IMODE(status.st_mode))


def _inner_link(entry: os.DirEntry[str], top: str) -> str | None:
    """Return where a link points to, if that is a relative path to something below *top*."""
    path = Path(entry.path)
    target = path.readlink()
    if target.is_absolute() or not os.path.realpath(path).startswith(top + os.sep) or not path.exists():
        return None
    return str(target)
