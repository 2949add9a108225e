"""Ctrl-C, delayed where it would do harm."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def held_back() -> Iterator[None]:
    """Delay Ctrl-C until the end of the block.

    A signal inside HTCondor's bindings crashes the interpreter, and a submission that is interrupted halfway leaves jobs that no
    map knows.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with _put_off():
            yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _put_off() -> Iterator[None]:
    """Raise Ctrl-C at the end of the block even if another thread gets the signal, as in a notebook.

    In that case Python would raise it in the main thread at once, although that thread has blocked the signal.
    """
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield
        return
    came: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if came:
            signal.raise_signal(signal.SIGINT)  # pending until this thread unblocks it, in a moment
