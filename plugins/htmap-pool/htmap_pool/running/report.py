"""Show the state and the logs of a personal pool."""

from __future__ import annotations

import collections
import json
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import attrs

from htmap_pool.errors import NoSuchLog
from htmap_pool.places import Places
from htmap_pool.release import Release, at
from htmap_pool.running import daemons, record

# People's name of each daemon, and HTCondor's name of its log. A starter has a log for each slot.
_LOG_NAMES = {
    "master": "MasterLog",
    "schedd": "SchedLog",
    "startd": "StartLog",
    "starter": "StarterLog",
    "shadow": "ShadowLog",
    "collector": "CollectorLog",
    "negotiator": "NegotiatorLog",
    "shared_port": "SharedPortLog",
    "procd": "ProcLog",
}


@attrs.frozen
class Status:
    """The state of a running pool.

    :param pid: the master's process id.
    :param since: when it was started, in ISO 8601.
    :param version: HTCondor's version.
    :param release: the folder of HTCondor.
    :param directory: the folder of the pool's files.
    :param configuration: the value of CONDOR_CONFIG for HTCondor's own tools.
    :param cpus: how many processors the pool offers.
    :param free_cpus: how many of them have no job.
    :param memory: how much memory the pool offers, in MB.
    :param free_memory: how much of it has no job, in MB.
    :param enforces_memory: whether jobs are held that use more memory than their slot has.
    :param jobs: how many jobs are idle, running and held.
    """

    pid: int
    since: str
    version: str
    release: str
    directory: str
    configuration: str
    cpus: int
    free_cpus: int
    memory: int
    free_memory: int
    enforces_memory: bool
    jobs: Mapping[str, int]


def status(places: Places) -> Status | None:
    """Return the state of the pool, or None if it does not run.

    :raises ToolFailed: the pool runs but does not answer.
    :raises RunningElsewhere: another machine runs the pool.
    """
    running = daemons.usable(places)
    if running is None:
        return None
    release = at(Path(running.release), "the running pool") or Release(Path(running.release), "the running pool")
    slots = _ads(places, release, "-constraint", 'SlotType =!= "Dynamic"')
    schedds = _ads(places, release, "-schedd")
    return Status(
        pid=running.pid,
        since=datetime.fromtimestamp(running.since, tz=timezone.utc).astimezone().isoformat(timespec="seconds"),
        version=running.version,
        release=running.release,
        directory=str(places.root),
        configuration=str(places.configuration),
        cpus=sum(int(slot["TotalSlotCpus"]) for slot in slots),
        free_cpus=sum(int(slot["Cpus"]) for slot in slots),
        memory=sum(int(slot["TotalSlotMemory"]) for slot in slots),
        free_memory=sum(int(slot["Memory"]) for slot in slots),
        enforces_memory=any(slot.get("HTMapEnforcesMemory") is True for slot in slots),
        jobs={
            name.lower(): sum(int(schedd.get(f"Total{name}Jobs", 0)) for schedd in schedds)
            for name in ("Idle", "Running", "Held")
        },
    )


def _ads(places: Places, release: Release, *arguments: str) -> list[dict[str, Any]]:
    said = daemons.ask(places, release, "condor_status", *arguments, "-json")
    ads: list[dict[str, Any]] = json.loads(said) if said.strip() else []
    return ads


def logs(places: Places) -> list[Path]:
    """Return the pool's log files; those that people look at first come first."""
    order = {name: number for number, name in enumerate(_LOG_NAMES.values())}
    found = [path for path in places.log.glob("*Log*") if path.is_file() and not path.name.endswith(".old")]
    return sorted(found, key=lambda path: (order.get(path.name.partition(".")[0], len(order)), path.name))


def log(places: Places, daemon: str) -> Path:
    """Return the log of *daemon*; the newest if there are several.

    :param daemon: the name of the daemon (``schedd``) or of its log (``SchedLog``).
    :raises NoSuchLog: there is no such log.
    """
    known = logs(places)
    wanted = _LOG_NAMES.get(daemon.lower().replace("condor_", ""), daemon).lower()
    matching = [path for path in known if wanted in (path.name.lower(), path.name.lower().partition(".")[0])]
    if not matching:
        raise NoSuchLog(daemon, tuple(sorted({path.name for path in known})))
    return max(matching, key=lambda path: path.stat().st_mtime)


def tail(path: Path, lines: int) -> list[str]:
    """Return the last *lines* lines of the file *path*."""
    with path.open(encoding="utf-8", errors="replace") as file:
        return [line.rstrip("\n") for line in collections.deque(file, maxlen=lines)]


def is_stale(places: Places) -> bool:
    """Return whether the recorded master has ended."""
    return places.record.exists() and record.running(places) is None
