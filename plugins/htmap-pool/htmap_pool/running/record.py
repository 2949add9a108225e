"""Record which condor_master is the pool's; the record counts only if the kernel confirms it."""

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

# Daemons touch their logs once a minute. If a log on a shared disk is older than this, its daemon does not run.
_SILENCE = 300


@attrs.frozen
class Record:
    """A condor_master that was started for a pool.

    :param pid: its process id on *host*.
    :param born: its start time: see :class:`htmap_pool.running.processes.Process`.
    :param since: when it was started, in seconds since 1970.
    :param host: the name of the machine.
    :param kernel: the boot of the machine and the container in which the process id is valid.
    :param version: the version of HTCondor.
    :param release: the folder of HTCondor.
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


_FIELDS = frozenset(attrs.fields_dict(Record))


def write(places: Places, process: Process, version: str, release: Path) -> Record:
    """Record *process* as the pool's master, and return the record."""
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
    """Return the record of the pool's master if the master runs, else None.

    :raises RunningElsewhere: the master seems to run on another machine that shares the disk.
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
    """Return the last record, even if it is out of date; None if there is no readable record."""
    try:
        said = json.loads(places.record.read_text(encoding="utf-8"))
        return Record(**{key: value for key, value in said.items() if key in _FIELDS})  # a newer version may say more
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, AttributeError):
        # It was cut short by a full disk, or another version of HTMap wrote it. Running processes are found by their environment.
        return None


def kernel() -> str:
    """Return the boot and the namespace of process ids, which make a process id unambiguous."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    identity = boot.read_text(encoding="utf-8").strip() if boot.exists() else "?"
    namespace = Path("/proc/self/ns/pid")
    return f"{identity} {namespace.readlink() if namespace.is_symlink() else '?'}"


def _is_fresh(log: Path) -> bool:
    return log.exists() and time.time() - log.stat().st_mtime < _SILENCE
