"""Which kind of file system a path is on."""

from __future__ import annotations

from pathlib import Path

import pytest
from htmap_shared.filesystems import kind_of

# As the kernel writes them; the automounter's mount point is there twice.
MOUNTS = r"""
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:26 / /home rw,relatime shared:9 - autofs systemd-1 rw,fd=29
31 30 0:44 / /home rw,relatime shared:14 master:2 - nfs4 server:/home rw,vers=4.2
32 31 0:45 / /home/with\040space rw,relatime - tmpfs tmpfs rw
33 22 0:46 / /cvmfs/sw.example.org ro,nosuid - fuse.cvmfs2 cvmfs2 ro
34 22 0:47 / /cvmfs/nameless.example.org ro,nosuid - fuse cvmfs2 ro
""".strip().splitlines()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/opt/python", "ext4"),
        ("/home/ada/venv", "nfs4"),
        ("/homeless", "ext4"),
        ("/home/with space/venv", "tmpfs"),
        ("/cvmfs/sw.example.org/python", "fuse.cvmfs2"),
        ("/cvmfs/nameless.example.org/python", "fuse.cvmfs2"),
    ],
)
def test_the_innermost_and_last_mount_counts(path: str, kind: str) -> None:
    assert kind_of(Path(path), MOUNTS) == kind


def test_it_is_not_known_where_the_kernel_does_not_say() -> None:
    assert kind_of(Path("/anywhere"), []) == ""


def test_this_machines_own_mounts_are_looked_at_by_default() -> None:
    assert kind_of(Path("/proc")) == "proc"
