"""Give file operations below a folder a delay, and count them, within this process.

Counted is what asks a server of a network file system something: to open, list, look at, make, rename, link and delete a file
or folder, to lock it, and to force it to disk. Not counted: to read, write and close open files, what `os.scandir` knows by
itself, and whatever HTCondor's libraries and daemons do.
"""

from __future__ import annotations

import functools
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Python tells of these operations by itself, whoever asks for them; beside each is where it says the descriptor of a folder.
_TOLD = {
    **dict.fromkeys(("open", "os.listdir", "os.scandir", "os.truncate", "fcntl.flock", "fcntl.lockf")),
    "os.mkdir": 2,
    "os.remove": 1,
    "os.rmdir": 1,
    "os.utime": 3,
    "os.chmod": 2,
    "os.rename": 2,
    "os.link": 2,
    "os.symlink": 2,
}
# Not of these.
_SILENT = ("stat", "lstat", "access", "readlink", "statvfs", "fsync", "fdatasync")


@dataclass
class Delays:
    """What was delayed so far.

    :param counts: how often which operation.
    :param seconds: how long all of them together.
    """

    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


def delayed(folder: Path, seconds: float) -> Delays:
    """Delay all operations below a folder from now on, and return what keeps count of it.

    :param folder: the folder.
    :param seconds: the delay of each.
    """
    delays = Delays()
    below = os.path.realpath(folder)
    busy = False  # what is done to find out about an operation is none

    def met(name: str, target: object, descriptor: object = None) -> None:
        nonlocal busy
        if busy:
            return
        busy = True
        try:
            if _path(target, descriptor).startswith(below):
                begin = time.perf_counter()
                time.sleep(seconds)
                delays.counts[name] += 1
                delays.seconds += time.perf_counter() - begin
        finally:
            busy = False

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _TOLD and not (event == "open" and isinstance(arguments[0], int)):
            at = _TOLD[event]
            met(event.rpartition(".")[2], arguments[0], None if at is None else arguments[at])

    for name in _SILENT:
        setattr(os, name, _wrapped(getattr(os, name), name, met))
    sys.addaudithook(hook)
    return delays


def _wrapped(function: Any, name: str, met: Any) -> Any:
    @functools.wraps(function)
    def wrapper(path: Any, *arguments: Any, **options: Any) -> Any:
        met(name, path, options.get("dir_fd"))
        return function(path, *arguments, **options)

    return wrapper


def _path(target: object, descriptor: object) -> str:
    """Return the path of a file that is named, or known by a descriptor, or named within a folder known by one."""
    if hasattr(target, "fileno"):
        target = target.fileno()
    if isinstance(target, int):
        return os.readlink(f"/proc/self/fd/{target}")
    path = os.fsdecode(target)  # type: ignore[arg-type]  # what os functions take
    if isinstance(descriptor, int) and descriptor >= 0:
        path = os.path.join(os.readlink(f"/proc/self/fd/{descriptor}"), path)
    return os.path.abspath(path)
