"""Files that several processes use at the same time: the one lock and the one atomic write of HTMap."""

from __future__ import annotations

import contextlib
import fcntl
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from htmap_core.files.ownership import private_opener


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write a file so that readers see either the old content or the new one, never a part.

    The file keeps its permissions; a new one is for the user alone.

    If two processes write at the same time, the later one wins. Processes that read, change and write a file also need
    :func:`locked`. Since 0.7. ::

        write_atomically(Path("state.json"), json.dumps(state))

    :param content: the new content; text is encoded as UTF-8.
    :raises OSError: the file cannot be written; the old content is untouched.
    """
    with put_in_place(path) as temporary:
        with open(temporary, "wb", opener=private_opener) as file:
            file.write(content.encode() if isinstance(content, str) else content)
        with contextlib.suppress(FileNotFoundError):  # a new file
            temporary.chmod(path.stat().st_mode)


@contextlib.contextmanager
def put_in_place(path: Path) -> Iterator[Path]:
    """Give a temporary path beside *path*, and rename the file or link that the block makes there to *path*.

    If the block raises, *path* stays as it was. Since 0.7. ::

        with put_in_place(Path("python.tar.gz")) as temporary:
            build_archive(temporary)
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
    """Lock a file, and give the open file. The lock ends with the block, or with the process that holds it.

    A new file is for the user alone.

    The locked file may be replaced or deleted: a process that waited then locks the file that has the name now. So a process can
    lock a file and change it with :func:`write_atomically`. Since 0.7. ::

        with locked(path):
            state = json.loads(path.read_text())
            write_atomically(path, json.dumps({**state, "count": state["count"] + 1}))

    :param wait: whether to wait while another process holds the lock.
    :param create: whether to create a missing file.
    :param on_wait: called before each wait.
    :raises BlockingIOError: another process holds the lock, and *wait* is false.
    :raises FileNotFoundError: the file does not exist, and *create* is false.
    """
    while True:
        with open(path, "a+" if create else "r+", encoding="utf-8", opener=private_opener) as file:
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
    """Return whether *path* still names the open file."""
    try:
        named = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(named, os.fstat(file.fileno()))
