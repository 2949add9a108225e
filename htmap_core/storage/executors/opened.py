"""Which process has the executor with a tag open. A lock tells, which ends with its process."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Optional

import attrs

from htmap_core import names
from htmap_core.exceptions import ExecutorInUse
from htmap_core.files.holders import Holder, this_process
from htmap_core.files.locks import locked, rewrite
from htmap_core.files.ownership import make_folder
from htmap_core.files.reading import UNREADABLE, read_file
from htmap_core.files.sealed import seal, unseal
from htmap_core.storage.faults.storing import NOTHING_CHANGED, storing

_PAUSES = (0.02, 0.2, 1.0)  # seconds


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
                _let_go(self._path, held)


@contextlib.contextmanager
def kept_closed(root: Path, *tags: str) -> Iterator[None]:
    """Let nobody open an executor with one of these tags during the block.

    :param root: HTMAP_DIR.
    :raises ExecutorInUse: this process or another one has one open.
    """
    with contextlib.ExitStack() as stack:
        for path in sorted({root / names.EXECUTORS / tag for tag in tags}):
            stack.callback(_let_go, path, _locked(path))
        yield


def clear_left(root: Path) -> None:
    """Delete the locks that killed programs have left. They lock nothing any more, and would only be there.

    :param root: HTMAP_DIR.
    """
    with contextlib.suppress(OSError), os.scandir(root / names.EXECUTORS) as entries:
        for path in [Path(entry.path) for entry in entries if not entry.name.startswith(".")]:
            with contextlib.suppress(OSError), locked(path, wait=False, create=False):  # an error: it is open
                if (said := _said(path)) is None or not said.holder.may_hold_what_is_free(said.at):
                    path.unlink()


@attrs.frozen
class _Said:
    """What the lock of a tag says: which process has locked it, and when."""

    holder: Holder
    at: float


def _said(path: Path) -> Optional[_Said]:
    try:
        content: dict[str, Any] = unseal(read_file(path))
        return _Said(Holder(**content["holder"]), float(content["at"]))
    except UNREADABLE:
        return None


def _locked(path: Path) -> _Held:
    with contextlib.ExitStack() as stack:
        with storing(path, NOTHING_CHANGED):
            make_folder(path.parent)
            file = _acquired(path, stack)
            rewrite(file, seal({"holder": attrs.asdict(this_process()), "at": time.time()}))
        return _Held(stack.pop_all(), file)


def _acquired(path: Path, stack: contextlib.ExitStack) -> IO[str]:
    """Lock a file. Who has it and is not named in it has just taken it: to delete it, or to write its name into it.

    :raises ExecutorInUse: another process has it.
    """
    for pause in _PAUSES:
        try:
            return stack.enter_context(locked(path, wait=False))
        except BlockingIOError as error:
            said = _said(path)
            if said is not None and said.holder.may_be_alive(said.at):
                raise ExecutorInUse(path.name, said.holder.host, said.holder.pid) from error
            time.sleep(pause)
    raise ExecutorInUse(path.name)


def _let_go(path: Path, held: _Held) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
    held.stack.close()


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
