"""A terminal for a test: the bytes that a program sends to it."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import sys
import termios


def sent_to_a_terminal(*arguments: str, keys: str = "", **environment: str) -> tuple[bytes, int]:
    """Return what Python, run with *arguments*, sends to a terminal of 80 columns where *keys* are typed, and its exit code."""
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        os.environ.update(COLUMNS="80", LINES="24", TERM="xterm-256color", **environment)
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
