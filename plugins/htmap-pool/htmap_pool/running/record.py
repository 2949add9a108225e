"""Which condor_master is the pool's: a file that is believed only as far as the kernel confirms it."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path

import attrs

from htmap_core import write_atomically
from htmap_pool.errors import RunningElsewhere
from htmap_pool.places import Places
from htmap_pool.running.processes import Process

# Daemons touch their logs once a minute, so an older log on a shared disk is nobody's.
_SILENCE = 300


@attrs.frozen
class Record:
    """A condor_master that was started for a pool.

    :param pid: its process id, on *host*.
    :param born: its time of birth, see :class:`htmap_pool.running.processes.Process`.
    :param since: when it was started, in seconds since 1970.
    :param host: the machine's name.
    :param kernel: which boot of which machine, and which container: where the process id means something.
    :param version: the version of HTCondor.
    :param release: where its programs are.
    """

    pid: int
    born: int
    since: float
    host: str
    kernel: str
    version: str
    release: str

    @property
    def process(self) -> Process:
        """The master, as a process of this machine."""
        return Process(self.pid, self.born)


def write(places: Places, process: Process, version: str, release: Path) -> Record:
    """Record that *process* is the pool's master now."""
    record = Record(
        pid=process.pid,
        born=process.born,
        since=time.time(),
        host=socket.gethostname(),
        kernel=kernel(),
        version=version,
        release=str(release),
    )
    write_atomically(places.record, json.dumps(attrs.asdict(record), indent=1))
    return record


def running(places: Places) -> Record | None:
    """Return the record of the pool's master if that runs, else None.

    :raises RunningElsewhere: it seems to run on another machine that shares the disk.
    """
    record = read(places)
    if record is None:
        return None
    if record.kernel == kernel():
        return record if record.process.is_alive else None
    if record.host != socket.gethostname() and _is_fresh(places.log / "MasterLog"):
        raise RunningElsewhere(record.host, places.root)
    return None


def read(places: Places) -> Record | None:
    """Return what was recorded last, whether or not it still holds; None if nothing that can be understood was."""
    try:
        return Record(**json.loads(places.record.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        # Cut short by a full disk, or of another version of this program: whatever runs is found by its environment.
        return None


def kernel() -> str:
    """Return what makes a process id unambiguous: the boot, and the namespace of process ids."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    identity = boot.read_text(encoding="utf-8").strip() if boot.exists() else "?"
    namespace = Path("/proc/self/ns/pid")
    return f"{identity} {namespace.readlink() if namespace.is_symlink() else '?'}"


def _is_fresh(log: Path) -> bool:
    return log.exists() and time.time() - log.stat().st_mtime < _SILENCE
