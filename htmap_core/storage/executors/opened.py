"""Which process has the executor with a tag open. A lock tells, which ends with its process."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from pathlib import Path
from typing import IO, Any

import attrs

from htmap_core import names
from htmap_core.exceptions import ExecutorInUse
from htmap_core.files.holders import this_process
from htmap_core.files.locks import locked, rewrite
from htmap_core.files.ownership import make_folder
from htmap_core.files.reading import UNREADABLE, read_file
from htmap_core.files.sealed import seal, unseal
from htmap_core.storage.faults.storing import NOTHING_CHANGED, storing


@attrs.define(eq=False)
class _Held:
    """The lock of a tag that this process holds.

    :param users: how many executors of this process have the tag open.
    """

    stack: contextlib.ExitStack
    file: IO[str]
    users: int = 0


_held: dict[Path, _Held] = {}
_of_parent: list[_Held] = []
_changing = threading.RLock()


class OpenTag:
    """This process has an executor with a tag open, until :meth:`close`. It may have several, and other processes none.

    :param root: HTMAP_DIR.
    :raises ExecutorInUse: another process has one open.
    """

    def __init__(self, root: Path, tag: str) -> None:
        self._path = root / names.EXECUTORS / tag
        self._is_open = True
        with _changing:
            if self._path not in _held:
                _held[self._path] = _locked(self._path)
            _held[self._path].users += 1

    def close(self) -> None:
        """Let executors of other processes have the tag, unless this process has another one."""
        with _changing:
            held = _held.get(self._path)
            if held is None or not self._is_open:  # or this is a copy in a process that was forked
                return
            self._is_open = False
            held.users -= 1
            if not held.users:
                del _held[self._path]
                with contextlib.suppress(OSError):
                    self._path.unlink(missing_ok=True)
                held.stack.close()


def _locked(path: Path) -> _Held:
    with contextlib.ExitStack() as stack:
        with storing(path, NOTHING_CHANGED):
            make_folder(path.parent)
            try:
                file = stack.enter_context(locked(path, wait=False))
            except BlockingIOError as error:
                raise _in_use(path) from error
            rewrite(file, seal({"holder": attrs.asdict(this_process()), "at": time.time()}))
        return _Held(stack.pop_all(), file)


def _in_use(path: Path) -> ExecutorInUse:
    try:
        holder: dict[str, Any] = unseal(read_file(path))["holder"]
        return ExecutorInUse(path.name, str(holder["host"]), int(holder["pid"]))
    except UNREADABLE:  # it is about to write it
        return ExecutorInUse(path.name)


def _forget() -> None:
    """Give up the copies of locks that the parent of this process holds.

    Else a child that lives on would hold the tag of a parent that was killed. To unlock them would take them from the parent.
    """
    global _changing  # noqa: PLW0603 -- another thread of the parent may have held it
    _changing = threading.RLock()
    for each in _held.values():
        each.file.close()
        _of_parent.append(each)
    _held.clear()


os.register_at_fork(after_in_child=_forget)
