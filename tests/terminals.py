"""Terminals for tests: what a program sends to one, or writes to a stream that says it is one."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

PATIENCE = 180.0  # seconds: what takes longer waits for something that nobody types


def sent_to_a_terminal(
    *arguments: str, keys: str = "", size: tuple[int, int] = (24, 80), **environment: str
) -> tuple[bytes, int]:
    """Return what Python, run with *arguments*, sends to a terminal where *keys* are typed, and its exit code.

    :param size: the rows and columns of the terminal.
    :raises AssertionError: it takes longer than ``PATIENCE``, as a debugger does that waits for another key. It is killed.
    """
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        os.environ.update({"COLUMNS": "80", "LINES": "24", "TERM": "xterm-256color", **environment})
        os.execv(sys.executable, [sys.executable, *arguments])
    try:
        os.write(terminal, keys.encode())
        sent, has_ended = _sent(terminal)
        if not has_ended:
            os.killpg(pid, signal.SIGKILL)  # a terminal's first process leads a session of its own
        _, status = os.waitpid(pid, 0)
    finally:
        os.close(terminal)
    assert has_ended, f"it has not ended after {PATIENCE:g} s, and has sent {sent.decode(errors='replace')}"
    return sent, os.waitstatus_to_exitcode(status)


def _sent(terminal: int) -> tuple[bytes, bool]:
    """Return what a program sends to a terminal, and whether it has ended by then."""
    sent, end = b"", time.monotonic() + PATIENCE
    while (left := end - time.monotonic()) > 0:
        if select.select([terminal], [], [], left)[0]:
            try:
                chunk = os.read(terminal, 4096)
            except OSError:  # how a terminal says that its program has ended
                return sent, True
            if not chunk:
                return sent, True
            sent += chunk
    return sent, False


def last_line(sent: str) -> str:
    """Return what can be seen on the last line of a terminal: what a carriage return goes back over is overwritten."""
    seen = ""
    for part in sent.rstrip("\n").split("\n")[-1].split("\r"):
        seen = part + seen[len(part) :]
    return seen.rstrip()


class Stream:
    """A stream that keeps what it gets. It may say that it is a terminal, or be one that nobody reads any more."""

    closed = False
    encoding = "utf-8"

    def __init__(self, *, terminal: bool = False, gone: bool = False) -> None:
        self.terminal, self.gone, self.got = terminal, gone, ""

    def write(self, text: str) -> int:
        if self.gone:
            raise BrokenPipeError
        self.got += text
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return self.terminal
