"""Which processes belong to a pool, told by what the kernel says of them.

A process id alone proves nothing, since ids are used again: a process is known by its id and its time of birth. A pool's
daemons carry a variable in their environment that nobody else sets, its jobs a scratch directory below the pool's.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import attrs

from htmap_pool.places import Places

# In the environment of the daemons. It must be none of HTMap's settings, and none that clients have too.
MARK = "_HTMAP_POOL_OF"

_PROC = Path("/proc")


@attrs.frozen
class Process:
    """One process.

    :param pid: its number.
    :param born: when it was started, in clock ticks after the boot.
    """

    pid: int
    born: int

    @classmethod
    def of(cls, pid: int) -> Process | None:
        """Return the process that has *pid* now, or None if there is none that still runs."""
        try:
            stat = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        # The name, in parentheses, may hold anything; what follows are the state and numbers: see proc(5).
        state, *numbers = stat.rpartition(")")[2].split()
        return None if state in ("Z", "X") else cls(pid, int(numbers[18]))

    @property
    def is_alive(self) -> bool:
        """Whether this very process still runs."""
        return Process.of(self.pid) == self

    @property
    def is_child(self) -> bool:
        """Whether it is a child of this process, which has to ask for its exit code."""
        try:
            stat = (_PROC / str(self.pid) / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return False
        return stat.rpartition(")")[2].split()[1] == str(os.getpid())

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        if self.is_alive:
            with contextlib.suppress(ProcessLookupError):  # ended just now, which is all that a signal could want
                os.kill(self.pid, number)


def of_pool(places: Places) -> list[Process]:
    """Return all processes of the pool, its daemons and its jobs."""
    daemon = os.fsencode(f"{MARK}={places.root}") + b"\0"
    job = os.fsencode(f"_CONDOR_SCRATCH_DIR={places.execute}/")
    found: list[Process] = []
    for entry in _PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            environment = b"\0" + (entry / "environ").read_bytes()
        except OSError:
            continue  # another user's, or gone
        if (b"\0" + daemon in environment or b"\0" + job in environment) and (process := Process.of(int(entry.name))):
            found.append(process)
    return found


def wait_for_end(processes: Callable[[], Iterable[Process]], timeout: float) -> list[Process]:
    """Wait until none of *processes*, which is called again and again, is left; return those left after *timeout* seconds."""
    deadline = time.monotonic() + timeout
    while left := [process for process in processes() if process.is_alive]:
        if time.monotonic() > deadline:
            return left
        time.sleep(0.05)
    return []
