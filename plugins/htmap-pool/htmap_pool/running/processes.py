"""Find the processes of a pool, from what the kernel says about them.

A process is identified by its id and its start time, because ids are used again. The environment of a pool's daemons has a
variable that nobody else sets. The environment of its jobs has a scratch directory below the pool's folder.
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

# The variable in the environment of the daemons. It must not be a setting of HTMap's, nor one that clients have.
MARK = "_HTMAP_POOL_OF"

_PROC = Path("/proc")


@attrs.frozen
class Process:
    """One process.

    :param pid: its process id.
    :param born: its start time, in clock ticks after the boot.
    """

    pid: int
    born: int

    @classmethod
    def of(cls, pid: int) -> Process | None:
        """Return the running process that has *pid* now, or None."""
        try:
            stat = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        # The name, in parentheses, may contain any character; the state and numbers follow it: see proc(5).
        state, *numbers = stat.rpartition(")")[2].split()
        return None if state in ("Z", "X") else cls(pid, int(numbers[18]))

    @property
    def is_alive(self) -> bool:
        """Whether this very process still runs."""
        return Process.of(self.pid) == self

    @property
    def is_child(self) -> bool:
        """Whether it is a child of this process, which then has to wait for it."""
        try:
            stat = (_PROC / str(self.pid) / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return False
        return stat.rpartition(")")[2].split()[1] == str(os.getpid())

    def send(self, number: signal.Signals) -> None:
        """Send the process a signal, if it still runs."""
        if self.is_alive:
            with contextlib.suppress(ProcessLookupError):  # it ended just now, and all our signals end processes
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
            continue  # it is another user's, or has ended
        if (b"\0" + daemon in environment or b"\0" + job in environment) and (process := Process.of(int(entry.name))):
            found.append(process)
    return found


def wait_for_end(
    processes: Callable[[], Iterable[Process]], timeout: float, meanwhile: Callable[[], object] = int
) -> list[Process]:
    """Wait until all processes have ended; return those that still run after *timeout* seconds.

    :param processes: returns the processes to wait for; it is called again and again.
    :param meanwhile: called at each look.
    """
    deadline = time.monotonic() + timeout
    while left := [process for process in processes() if process.is_alive]:
        if time.monotonic() > deadline:
            return left
        meanwhile()
        time.sleep(0.05)
    return []
