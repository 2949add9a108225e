"""What kind of file system a path is on: whether another machine may see it, too."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

# As the kernel names them. Files of a server that many machines may have mounted.
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

# Gone with this machine's memory or container: nothing that could be exported.
PRIVATE = frozenset({"overlay", "ramfs", "squashfs", "tmpfs"})

_MOUNTS = Path("/proc/self/mountinfo")


def kind_of(path: Path, mounts: Iterable[str] | None = None) -> str:
    """Return the kernel's name for the file system that *path* is on, such as ``ext4``; empty where it does not say.

    :param mounts: lines of ``/proc/self/mountinfo``, see proc(5); those of this process unless given.
    """
    if mounts is None:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines() if _MOUNTS.exists() else []
    real = path.resolve()
    found, depth = "", 0
    for line in mounts:
        before, _, after = line.partition(" - ")
        point = Path(_unescaped(before.split(" ")[4]))
        # Of those mounted at one point, the last hides the others: an automounter's is followed by what it mounts.
        if (point == real or point in real.parents) and len(point.parts) >= depth:
            found, depth = _kind(*after.split(" ")[:2]), len(point.parts)
    return found


def _kind(name: str, source: str) -> str:
    """Return the name of a kind of file system; of those in user space that do not give theirs, what is mounted is a name."""
    return f"{name}.{source}" if name == "fuse" else name


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
