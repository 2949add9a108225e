"""The one way to read a file that may be damaged, or that something else may have taken the place of.

A pipe would keep its reader waiting for ever, and a link may lead to something of the user's. Neither is opened.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import IO

UNREADABLE = (OSError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What reading a damaged file and making sense of its content raises: whoever does both says what it means."""


def open_file(path: str | os.PathLike[str], folder: int | None = None) -> IO[bytes]:
    """Open a regular file to read its bytes.

    :param folder: the open folder in which *path* begins; None for the current one.
    :raises FileNotFoundError: there is nothing.
    :raises OSError: there is something else, such as a folder, a pipe, or a link, which is not followed.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except OSError as error:
        if error.errno == errno.ELOOP and (folder is not None or os.path.islink(path)):
            raise OSError(errno.ELOOP, "it is a link", os.fspath(path)) from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no regular file", os.fspath(path))
    return open(descriptor, "rb")


def read_file(path: str | os.PathLike[str]) -> bytes:
    """Return the content of a regular file; raises the errors of :func:`open_file`."""
    with open_file(path) as file:
        return file.read()


def is_file(path: str | os.PathLike[str]) -> bool | None:
    """Return whether a regular file is there, and not a link or something else; None where there is nothing.

    Another process may delete it at any moment: whoever has just listed it asks this.
    """
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except FileNotFoundError:
        return None
