"""Processes as the kernel sees them: a process with all below it, the processor time and memory that they took, their end."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PATIENCE = 10  # seconds between asking processes to end and ending them


def tree(pid: int) -> list[int]:
    """Return a process and all that descend from it, as far as they live."""
    children = defaultdict(list)
    for name in os.listdir("/proc"):
        if name.isdecimal() and (fields := _stat(int(name))):
            children[int(fields[1])].append(int(name))
    found = [pid]
    for each in found:  # it grows meanwhile
        found += children[each]
    return found


def of_session(pid: int) -> list[int]:
    """Return the processes of the session that a process leads or has led: also those whose parents have ended."""
    numbers = [int(name) for name in os.listdir("/proc") if name.isdecimal()]
    return [number for number in numbers if (fields := _stat(number)) and int(fields[3]) == pid]


def cpu_seconds(pids: Iterable[int], *, children: bool = True) -> float:
    """Return the processor time of processes, and of those of their children that have ended."""
    last = 15 if children else 13
    return sum(sum(map(int, fields[11:last])) for pid in pids if (fields := _stat(pid))) / _TICKS


def peak_mb(pids: Iterable[int]) -> float:
    """Return the sum of the peak memories of processes, in MB."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):  # it has ended
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    return total / 1024


def named(name: str, pids: Iterable[int]) -> list[int]:
    """Return those of some processes that have this name."""
    found = []
    for pid in pids:
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/comm").read_text().strip() == name:
                found.append(pid)
    return found


def end(pids: list[int]) -> None:
    """End processes by their ids: ask them, and kill those that still live after some seconds."""
    for number, patience in ((signal.SIGTERM, _PATIENCE), (signal.SIGKILL, _PATIENCE)):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        until = time.monotonic() + patience
        while pids and time.monotonic() < until:
            time.sleep(0.05)
            pids = [pid for pid in pids if _stat(pid)]


def _stat(pid: int) -> list[str] | None:
    """Return what the kernel says of a process from its state on, or None if it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields
