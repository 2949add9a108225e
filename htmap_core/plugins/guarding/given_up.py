"""Calls of plugins that were given up: they go on in threads that are left behind, and must not keep a command from its end."""

from __future__ import annotations

import contextlib
import os
import sys
import threading

_threads: list[threading.Thread] = []


def leave_behind(thread: threading.Thread) -> None:
    """Note that nobody waits for a thread any more."""
    _threads.append(thread)


def end_process_if_any(code: object) -> None:
    """End the process of a command at once with an exit code, if a call that was given up still goes on.

    At its end, Python waits for the threads of all executors of ``concurrent.futures``, and so for what the call waits for.
    """
    if not any(thread.is_alive() for thread in _threads) or not isinstance(code, (int, type(None))):
        return
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # closed, or none: nobody reads it
            stream.flush()
    os._exit(code or 0)
