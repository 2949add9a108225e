"""What plugins print goes to standard error, so that what programs read of standard output stays whole."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any, TextIO, cast

from htmap_core.settings.chain import settings

_lock = threading.Lock()
_calling: Counter[int] = Counter()  # the threads that are in a call of a plugin, which may call another one


class _ByThread:
    """Standard output, which is standard error for the threads that call plugins; others of the program print on as before.

    There is one object, for ever: up to Python 3.13 a ``print`` of another thread crashes the interpreter where ``sys.stdout``
    is replaced meanwhile and the object that it was is gone.
    """

    stdout: TextIO | None = None

    def write(self, text: str) -> int:
        stream = self._stream()
        return len(text) if stream is None else stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream(), name)

    def _stream(self) -> TextIO | None:
        return sys.stderr if threading.get_ident() in _calling or _is_of_plugin() else self.stdout


def _is_of_plugin() -> bool:
    """Return whether a thread that calls no plugin is one that a plugin has started: the command line itself has but one."""
    return bool(settings.get("CLI.IS_CLI")) and threading.current_thread() is not threading.main_thread()


_by_thread = _ByThread()


@contextlib.contextmanager
def to_stderr() -> Iterator[None]:
    """Send what this thread prints inside the block to standard error."""
    thread = threading.get_ident()
    with _lock:
        _calling[thread] += 1
        if sys.stdout is not None and sys.stdout is not _by_thread:
            _by_thread.stdout, sys.stdout = sys.stdout, cast("TextIO", _by_thread)
    try:
        yield
    finally:
        with _lock:
            _calling[thread] -= 1
            if not _calling[thread]:
                del _calling[thread]
            if not _calling and sys.stdout is _by_thread:
                sys.stdout = cast("TextIO", _by_thread.stdout)


@contextlib.contextmanager
def programs_to_stderr() -> Iterator[None]:
    """Do the same for the programs that are started inside the block, on the command line alone: its process is ours."""
    if not settings.get("CLI.IS_CLI"):
        yield
        return
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # one of the two is closed (`htmap ... 2>&-`), so nobody reads it
            _flush()
            stdout = os.dup(1)
            stack.callback(os.close, stdout)
            os.dup2(2, 1)
            stack.callback(os.dup2, stdout, 1)
            stack.callback(_flush)
        yield


def tell(text: str) -> None:
    """Tell something about plugins on standard error, at once: what the user has asked for, or waits for."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201 -- logs are not shown


def _flush() -> None:
    """Write what was printed past ``sys.stdout`` to where it belongs now. Who prints meets a pipe that nobody reads."""
    if sys.__stdout__ is not None:
        with contextlib.suppress(OSError, ValueError):
            sys.__stdout__.flush()
