"""Who holds a lock: a process, told apart from others by its host, boot, container, process id and start time.

Hosts and containers that share a file system have processes of the same id, and containers may even have the same host name.
"""

from __future__ import annotations

import functools
import os
import socket
import time
from pathlib import Path

import attrs

OTHER_HOSTS_PATIENCE = 24 * 3600
"""For how many seconds the lock of a process counts that cannot be looked at from here."""

_PROC = Path("/proc")


@attrs.frozen
class Holder:
    """A process of any host.

    :param host: the name of its host.
    :param boot: the boot of its kernel.
    :param container: the namespace in which its id is valid.
    :param pid: its process id.
    :param born: its start time, in clock ticks after the boot.
    """

    host: str
    boot: str
    container: str
    pid: int
    born: int

    def may_be_alive(self, since: float) -> bool:
        """Return whether the process may still run; False only if it certainly does not.

        :param since: when it was seen alive, in seconds since the epoch.
        """
        here = this_process()
        if (self.boot, self.container) == (here.boot, here.container):
            return (_born(self.pid) or 0) == self.born  # 0 where there is no /proc: then nothing is certain
        has_restarted = self.host == here.host and since < _start_of_host()
        return not has_restarted

    def may_hold_what_is_free(self, since: float) -> bool:
        """Return whether the process may have a lock that is free here: those of other hosts may not reach a shared file system.

        :param since: when it had the lock, in seconds since the epoch.
        """
        is_elsewhere = self.boot != this_process().boot
        return is_elsewhere and self.may_be_alive(since) and time.time() < since + OTHER_HOSTS_PATIENCE


def this_process() -> Holder:
    """Return the process that calls."""
    return _process(os.getpid())


@functools.lru_cache(maxsize=1)  # a process that was forked has another id
def _process(pid: int) -> Holder:
    boot = _text(_PROC / "sys/kernel/random/boot_id").strip() or socket.gethostname()  # some sandboxes hide it
    container = _PROC / "self/ns/pid"
    return Holder(
        socket.gethostname(), boot, str(container.readlink()) if container.is_symlink() else "", pid, _born(pid) or 0
    )


def _born(pid: int) -> int | None:
    """Return the start time of a process of this container, in clock ticks after the boot; None if it does not run."""
    stat = _text(_PROC / str(pid) / "stat")
    # The name, in parentheses, may contain any character; the state and numbers follow it: see proc(5).
    state, *numbers = stat.rpartition(")")[2].split() or ["X"]
    return None if state in {"Z", "X"} else int(numbers[18])


def _start_of_host() -> float:
    """Return when this host, or this container, was started, in seconds since the epoch; 0 if that is not known."""
    first = _born(1)
    if first is None:
        return 0.0
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + first / os.sysconf("SC_CLK_TCK")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
