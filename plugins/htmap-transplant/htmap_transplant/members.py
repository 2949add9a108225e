"""The files of an archive, before they are packed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Optional

import attrs

# Compiled code stays here: it would be a quarter of the bytes sent with each job. Python compiles the imported modules again in
# less time than many jobs need to get compiled code from one submit node.
_CACHES = "__pycache__"

# A digest says as well how the files are packed: who changes that changes this number, and everything is packed anew.
_FORMAT = 3

_PERMISSIONS = 0o777  # set-user-ID would let others than the job's user act as this one


@attrs.frozen
class Member:
    """A file of the archive.

    :param name: its path in the archive.
    :param source: the file of which it is a copy.
    :param size: the size of that file, in bytes.
    :param mtime_ns: the modification time of that file, in nanoseconds.
    :param mode: its permissions.
    :param link: the target of a link; None for a file.
    :param content: the changed content; None if it is that of the file.
    :param run_path: where it has to look for libraries in the archive; None if it needs no change for that.
    """

    name: str
    source: Path
    size: int
    mtime_ns: int
    mode: int
    link: Optional[str] = None
    content: Optional[bytes] = None
    run_path: Optional[tuple[str, ...]] = None


def digest(files: Iterable[Member], more: str = "") -> str:
    """Return a name for what is in some files; it changes if one is added, removed or changed.

    :param more: what else the name is for.
    """
    found = hashlib.sha256(f"{_FORMAT} {more}\n".encode())
    for each in files:
        facts = (each.name, each.size, each.mtime_ns, each.mode, each.link, each.run_path)
        found.update("\0".join(map(str, facts)).encode("utf-8", "surrogateescape"))
        found.update(b"\0" + (each.content or b"") + b"\n")
    return found.hexdigest()[:32]


Skip = Callable[[str], bool]


def member(source: Path, name: str, content: bytes | None = None) -> Member:
    """Return the archive's entry for a file; links to it are followed."""
    status = source.stat()
    return Member(name, source, status.st_size, status.st_mtime_ns, status.st_mode & _PERMISSIONS, content=content)


def tree(folder: Path, name: str, skip: Skip = lambda _: False) -> Iterator[Member]:
    """Yield the files below *folder*, which is called *name* in the archive.

    Links to something inside the folder are kept; the targets of other links are copied.

    :param skip: says whether to leave out a file or folder, given its name in the archive.
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
                if real not in above:  # a link may lead to a folder that contains it
                    yield from _walk(Path(entry.path), below, skip, top, (*above, real))
            elif entry.is_file():
                status = entry.stat()
                yield Member(below, Path(entry.path), status.st_size, status.st_mtime_ns, status.st_mode & _PERMISSIONS)


def _inner_link(entry: os.DirEntry[str], top: str) -> str | None:
    """Return the target of a link if it is a relative path to something below *top*, else None."""
    path = Path(entry.path)
    target = path.readlink()
    if target.is_absolute() or not os.path.realpath(path).startswith(top + os.sep) or not path.exists():
        return None
    return str(target)
