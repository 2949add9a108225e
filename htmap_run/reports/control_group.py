"""The kernel's control group for memory in which the job runs: its limit, what its processes use, and how many were killed."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Optional

_ROOT = "/sys/fs/cgroup"
_VERSIONS = ((f"{_ROOT}/memory", "memory.limit_in_bytes"), (_ROOT, "memory.max"))
_UNLIMITED = 1 << 60  # version 1 writes the largest number of pages, version 2 "max"
# What the kernel takes back before it kills: files that it has read or will write, and its own caches.
_CACHES = {b"total_inactive_file", b"total_active_file", b"inactive_file", b"active_file", b"slab_reclaimable"}


class ControlGroup:
    """A control group of version 1 or 2.

    :param folder: its folder below ``/sys/fs/cgroup``.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._is_first = os.path.exists(os.path.join(folder, "memory.limit_in_bytes"))

    def limit(self) -> int:
        """Return how many bytes the processes of this group may use together; 0 if there is no limit."""
        text = self._read("memory.limit_in_bytes" if self._is_first else "memory.max").strip()
        return int(text) if text.isdigit() and int(text) < _UNLIMITED else 0

    def used(self, above: int) -> int:
        """Return how many bytes they use; what the kernel can take back counts only if the sum is below *above*."""
        used = int(self._read("memory.usage_in_bytes" if self._is_first else "memory.current") or 0)
        if used < above:
            return used
        counts = dict(line.split() for line in self._read("memory.stat").splitlines())
        # Version 1 also has the counts without those of groups below.
        return used - sum(
            int(counts[name]) for name in _CACHES & counts.keys() if self._is_first == name.startswith(b"total")
        )

    def kills(self) -> int:
        """Return how many processes the kernel has killed because memory ran out; 0 if it does not say."""
        text = self._read("memory.oom_control" if self._is_first else "memory.events")
        return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith(b"oom_kill "))

    def _read(self, name: str) -> bytes:
        try:
            with open(os.path.join(self._folder, name), "rb", buffering=0) as file:
                return file.read(16384)
        except OSError:
            return b""  # older kernels have not all of them


def of_this_process() -> Optional[ControlGroup]:
    """Return the group of this process; None if there is none, or if a container hides it."""
    try:
        groups = [line.split(":", 2) for line in _lines("/proc/self/cgroup")]
        for (root, limit), controllers in zip(_VERSIONS, ("memory", "")):
            for path in (path for _, of, path in groups if of == controllers):
                for folder in _folders(root, path):
                    if os.path.exists(os.path.join(folder, limit)):
                        return ControlGroup(folder)
    except (OSError, ValueError):
        pass  # there is no /proc
    return None


def _folders(root: str, path: str) -> Iterator[str]:
    """Yield where a group may be. A container may see a part only mounted on *root*, and the path on its host."""
    yield f"{root}{path}"
    for line in _lines("/proc/self/mountinfo"):
        mounted, at = line.split(" ")[3:5]
        if at == root and path.startswith(mounted):
            yield root + path[len(mounted.rstrip("/")) :]


def _lines(path: str) -> list[str]:
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read().splitlines()
