"""The processes of a personal pool, as the kernel tells of them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from htmap_core.testing import eventually

_PROC = Path("/proc")


def master(htmap_dir: Path) -> int:
    """Return the process id of the master of a pool."""
    return int(json.loads((htmap_dir / "pool" / "running.json").read_text())["pid"])


def of_pool(htmap_dir: Path, name: str) -> list[int]:
    """Return the processes of a pool that have a name, such as ``condor_startd``, of its master and all below it."""
    children: dict[int, list[int]] = {}
    names: dict[int, str] = {}
    for pid, parent, called in _all():
        children.setdefault(parent, []).append(pid)
        names[pid] = called
    found, left = [], [master(htmap_dir)]
    while left:
        pid = left.pop()
        left += children.get(pid, [])
        if names.get(pid) == name[:_LONGEST]:
            found.append(pid)
    return sorted(found)


_LONGEST = 15  # characters of a process's name that the kernel keeps


def _all() -> Iterator[tuple[int, int, str]]:
    for folder in _PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has just ended
            head, _, rest = (folder / "stat").read_text().rpartition(")")
            state, parent = rest.split()[:2]
            if state not in {"Z", "X"}:
                yield int(folder.name), int(parent), head.partition("(")[2]


def kill(htmap_dir: Path, name: str) -> None:
    """Kill the processes of a pool that have a name; there must be one."""
    found = eventually(lambda: of_pool(htmap_dir, name), says=f"{name} runs", within=180)
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
