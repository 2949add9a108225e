"""Terminals for tests: what a program sends to one, or writes to a stream that says it is one."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import sys
import termios


def sent_to_a_terminal(
    *arguments: str, keys: str = "", size: tuple[int, int] = (24, 80), **environment: str
) -> tuple[bytes, int]:
    """Return what Python, run with *arguments*, sends to a terminal where *keys* are typed, and its exit code.

    :param size: the rows and columns of the terminal.
    """
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        os.environ.update({"COLUMNS": "80", "LINES": "24", "TERM": "xterm-256color", **environment})
        os.execv(sys.executable, [sys.executable, *arguments])
    os.write(terminal, keys.encode())
    sent = b""
    try:
        while chunk := os.read(terminal, 4096):
            sent += chunk
    except OSError:
        pass  # how a terminal says that its program has ended
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    return sent, os.waitstatus_to_exitcode(status)


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
