"""Find the kind of file system that a path is on, which tells whether another machine may see it, too."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

# The kernel's names of file systems on a server that many machines may have mounted.
NETWORK = frozenset({
    "9p",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "fuse.ceph",
    "fuse.cvmfs2",
    "fuse.eosxd",
    "fuse.glusterfs",
    "fuse.juicefs",
    "gfs2",
    "gpfs",
    "lustre",
    "nfs",
    "nfs4",
    "ocfs2",
    "orangefs",
    "panfs",
    "pvfs2",
    "smb3",
    "virtiofs",
    "wekafs",
})  # fmt: skip

# File systems in this machine's memory or container, which cannot be exported.
PRIVATE = frozenset({"overlay", "ramfs", "squashfs", "tmpfs"})

_MOUNTS = Path("/proc/self/mountinfo")


def kind_of(path: Path, mounts: Iterable[str] | None = None) -> str:
    """Return the kernel's name for the kind of file system that *path* is on, such as ``ext4``; empty if it is unknown.

    :param mounts: lines as in ``/proc/self/mountinfo``, see proc(5); by default those of this process.
    """
    if mounts is None:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines() if _MOUNTS.exists() else []
    real = path.resolve()
    found, depth = "", 0
    for line in mounts:
        before, _, after = line.partition(" - ")
        point = Path(_unescaped(before.split(" ")[4]))
        # Several may be mounted at one point, such as an automounter's and then the real one: the last hides the others.
        if (point == real or point in real.parents) and len(point.parts) >= depth:
            found, depth = _kind(*after.split(" ")[:2]), len(point.parts)
    return found


def _kind(name: str, source: str) -> str:
    """Return the name of a kind of file system. If a FUSE file system gives no kind, its source is part of the name."""
    return f"{name}.{source}" if name == "fuse" else name


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
