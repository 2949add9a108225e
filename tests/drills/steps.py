"""Processes that do something with HTMap, and kill themselves before one of the steps that they take.

A step is a change in HTMAP_DIR, or a question to the schedd. The interpreter tells of them: audit events come before each call
that changes the file system, and a profile function sees the methods of open files and the functions of the bindings.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs

_CHANGES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_OF_PATHS = frozenset(
    f"os.{name}" for name in ("chmod", "link", "mkdir", "remove", "rename", "rmdir", "symlink", "truncate", "utime")
)
_OF_FILES = frozenset({"write", "writelines", "flush", "truncate", "close"})
_OF_SCHEDD = "_schedd_"

Deed = Callable[..., object]


@attrs.define
class _Steps:
    """Counts the steps of this process, and kills it before one of them.

    :param top: HTMAP_DIR.
    :param last: the number of the step that is not taken; 0 for none.
    """

    top: str
    last: int
    taken: list[str] = attrs.field(factory=list)

    def watch(self) -> None:
        sys.addaudithook(self._on_event)
        threading.setprofile(self._on_call)  # of threads that begin from now on
        sys.setprofile(self._on_call)

    def _on_event(self, event: str, given: tuple[Any, ...]) -> None:
        if event == "open":
            if isinstance(given[2], int) and given[2] & _CHANGES and self._is_inside(given[0]):
                self._step(f"open {given[0]}")
        elif event in _OF_PATHS and self._is_inside(given[0]):
            self._step(f"{event} {given[0]}")

    def _on_call(self, frame: Any, event: str, function: Any) -> None:
        if event != "c_call":
            return
        name = function.__name__
        if name in _OF_FILES:
            path = getattr(function.__self__, "name", None)
            if isinstance(path, (str, os.PathLike)) and os.fspath(path).startswith(self.top):
                self._step(f"{name} {path}")
        elif name.startswith(_OF_SCHEDD):
            self._step(name)

    def _is_inside(self, path: Any) -> bool:
        """Return whether a path is in HTMAP_DIR. A name alone is in a folder that is being deleted."""
        if isinstance(path, int):
            return False
        path = os.fsdecode(path)
        return path.startswith(self.top) or not os.path.isabs(path)

    def _step(self, what: str) -> None:
        self.taken.append(what.replace(self.top, ""))
        if len(self.taken) == self.last:
            os.kill(os.getpid(), signal.SIGKILL)


def _do(deed: Deed, given: tuple[Any, ...], environment: dict[str, str], last: int, told: str) -> None:
    """Do something in this process, which is new and imports HTMap now."""
    os.environ.clear()
    os.environ.update(environment)
    output = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    steps = _Steps(environment["HTMAP_DIR"], last)
    import htmap  # noqa: F401 -- its imports are no steps

    steps.watch()
    try:
        deed(*given)
    finally:
        sys.setprofile(None)
        if not last:
            os.write(output, f"\n{json.dumps(steps.taken)}".encode())


def kill_in_a_fork(deed: Deed, top: Path, before: int) -> bool:
    """Do something in a fork of this process, and return whether that was killed. It must have one thread.

    :param top: the folder whose changes are steps.
    :param before: the number of the step before which it kills itself.
    """
    if (child := os.fork()) == 0:
        _Steps(str(top), before).watch()
        deed()
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@attrs.frozen
class Did:
    """What became of such a process.

    :param was_killed: whether it was killed.
    :param steps: what it did, if it was not to be killed at a step.
    """

    was_killed: bool
    steps: list[str]
    seconds: float


def do(deed: Deed, *given: Any, before: int = 0, after: float = 0.0, told: Path) -> Did:
    """Do something in a process of its own.

    :param deed: a function of a module, with its arguments.
    :param before: the number of the step before which the process kills itself; 0 for none.
    :param after: the seconds after which it is killed; 0 for never.
    :param told: the file that gets what it writes.
    """
    processes = multiprocessing.get_context("forkserver")
    arguments = (deed, given, dict(os.environ), before, str(told))
    process = processes.Process(target=_do, args=arguments, daemon=True)
    began = time.monotonic()
    process.start()
    if after:
        process.join(after)
        process.kill()
    process.join(300)
    assert process.exitcode is not None, f"{deed.__name__} hangs: {told.read_text()}"
    assert process.exitcode in {0, -signal.SIGKILL}, told.read_text()
    said = told.read_text().rpartition("\n")[2] if told.exists() else ""
    steps = json.loads(said) if process.exitcode == 0 and said.startswith("[") else []
    return Did(process.exitcode != 0, steps, time.monotonic() - began)


def preload() -> None:
    """Have the process that these are forked of import what they need."""
    multiprocessing.get_context("forkserver").set_forkserver_preload([__name__])
