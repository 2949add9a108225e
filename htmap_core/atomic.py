"""Files that several processes use at the same time: one lock and one atomic write for the whole house."""

from __future__ import annotations

import contextlib
import fcntl
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write a file so that readers see all of it or what was there before; it keeps the permissions that it had.

    Of two processes that write at the same time the later one wins. Where both change what they have read, they need
    :func:`locked`, too.

    :param content: text is written as UTF-8.
    :raises OSError: it cannot be written; what was there is untouched.
    """
    with put_in_place(path) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        with contextlib.suppress(FileNotFoundError):  # a new file
            temporary.chmod(path.stat().st_mode)


@contextlib.contextmanager
def put_in_place(path: Path) -> Iterator[Path]:
    """Give a name beside *path*; whatever the block makes of that name, a file or a link, is at *path* afterwards, at once.

    Where the block raises, *path* is as it was before.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        yield temporary
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def locked(
    path: Path, *, wait: bool = True, create: bool = True, on_wait: Callable[[], None] = lambda: None
) -> Iterator[IO[str]]:
    """Hold the lock of a file, and give the open file; the lock ends with the block, or with the process that holds it.

    The file may be replaced or deleted while it is locked: whoever waited for it goes for the one that has the name by then. So a
    file can be locked by its own name while :func:`write_atomically` changes it.

    :param wait: wait for as long as another process holds it.
    :param create: make the file where there is none.
    :param on_wait: called before each wait.
    :raises BlockingIOError: another process holds it, and *wait* is false.
    :raises FileNotFoundError: there is no such file, and *create* is false.
    """
    while True:
        with path.open("a+" if create else "r+", encoding="utf-8") as file:
            _lock(file, wait=wait, on_wait=on_wait)
            if _is_still(file, path):
                file.seek(0)
                yield file
                return


def _lock(file: IO[str], *, wait: bool, on_wait: Callable[[], None]) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if not wait:
            raise
        on_wait()
        fcntl.flock(file, fcntl.LOCK_EX)


def _is_still(file: IO[str], path: Path) -> bool:
    """Return whether an open file is still the one of that name."""
    try:
        named = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(named, os.fstat(file.fileno()))
