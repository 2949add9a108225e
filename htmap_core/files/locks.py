"""The one lock of HTMap: of a file, between processes and threads, on any file system.

It is ``flock``, which ends with its process. Some file systems refuse that, such as Lustre without an option of its mount. There
a symbolic link beside the file is the lock: making it is one atomic call, and its target tells who holds it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import attrs

from htmap_core.files.holders import OTHER_HOSTS_PATIENCE, Holder, this_process
from htmap_core.files.ownership import private_opener
from htmap_core.files.sealed import seal, unseal

REFUSED = frozenset({errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EPERM, errno.ENOLCK, errno.EINVAL})
"""What file systems say that have no such lock or link."""

_FIRST_WAIT, _LONGEST_WAIT = 0.01, 0.5  # seconds between two looks at the lock of another


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
    :raises OSError: the file system has neither locks nor symbolic links.
    """
    while True:
        with contextlib.ExitStack() as stack:
            file = stack.enter_context(open(path, "a+" if create else "r+", encoding="utf-8", opener=private_opener))
            if not _flocked(file, wait=wait, on_wait=on_wait):
                stack.enter_context(_linked(path, wait=wait, on_wait=on_wait))
            if _is_still(file, path):
                file.seek(0)
                yield file
                return


def rewrite(file: IO[str], text: str) -> None:
    """Give a locked file another content. Nothing of it is kept back, which would be tried again when the file is closed.

    :raises OSError: the disk is full; the file has a part of it then, or nothing.
    """
    left = text.encode()
    os.ftruncate(file.fileno(), 0)
    os.lseek(file.fileno(), 0, os.SEEK_SET)
    while left:
        left = left[os.write(file.fileno(), left) :]


def _flocked(file: IO[str], *, wait: bool, on_wait: Callable[[], None]) -> bool:
    """Lock an open file, and return whether its file system has such locks."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if not wait:
            raise
        on_wait()
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in REFUSED:
            raise
        return False
    return True


def _is_still(file: IO[str], path: Path) -> bool:
    """Return whether *path* still names the open file."""
    try:
        named = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(named, os.fstat(file.fileno()))


@contextlib.contextmanager
def _linked(path: Path, *, wait: bool, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the link beside *path* during the block."""
    link = path.with_name(f".{path.name}.lock")
    own = seal({**attrs.asdict(this_process()), "since": time.time(), "token": uuid.uuid4().hex})
    pause = _FIRST_WAIT
    while not _make(link, own):
        said = _said(link)
        if said is None:
            continue  # it has just been let go
        if _was_left(said):
            _take_away(link, said)
        elif not wait:
            raise BlockingIOError(errno.EWOULDBLOCK, os.strerror(errno.EWOULDBLOCK), str(link))
        else:
            on_wait()
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_WAIT)
    process = os.getpid()
    try:
        yield
    finally:
        if os.getpid() == process and _said(link) == own:  # what was forked meanwhile has a copy of this, and no lock
            link.unlink(missing_ok=True)


def _make(link: Path, said: str) -> bool:
    try:
        link.symlink_to(said)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in REFUSED:
            raise
        problem = "its file system has neither locks nor symbolic links"
        raise OSError(errno.EOPNOTSUPP, problem, str(link.parent)) from error
    return True


def _said(link: Path) -> str | None:
    try:
        return os.readlink(link)
    except FileNotFoundError:
        return None


def _was_left(said: str) -> bool:
    """Return whether the holder of a lock has ended without letting it go."""
    try:
        content = unseal(said.encode())
        since = float(content["since"])
        holder = Holder(**{name: content[name] for name in attrs.fields_dict(Holder)})
    except (ValueError, KeyError, TypeError):
        return False  # somebody else has made it, and has to remove it
    return not holder.may_be_alive(since) or time.time() > since + OTHER_HOSTS_PATIENCE


def _take_away(link: Path, said: str) -> None:
    """Delete a lock that was left. That needs a lock itself: another process may have done it, and made the lock anew."""
    with _linked(link, wait=True):
        if _said(link) == said:
            link.unlink(missing_ok=True)
