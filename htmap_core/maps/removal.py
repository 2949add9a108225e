"""Remove maps: their jobs from the queue, their tags, their files.

HTCondor recreates the directory of a removed map for a late event, or for the output of a job that is ending. It writes
nothing more for a job that has left the queue. So the marker of a removal stays until no job is in the queue, and a later
command deletes what has arrived meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import attrs

from htmap_core import names
from htmap_core.condor.connection import Connection
from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import BusyMap, CondorError, CorruptMap
from htmap_core.plugins.pools import reach
from htmap_core.storage import deletion, operations
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.operations import Operation
from htmap_core.storage.tags import tag_of

PATIENCE = 30.0  # seconds until the jobs have left the queue; a job on a host that is gone takes longer


def remove(map_dir: MapDir, tag: str, *, ended: bool, force: bool) -> None:
    """Remove a map.

    :param ended: whether all its jobs are known to have left the queue.
    :param force: do not wait until its jobs have left the queue, and remove the data even if the pool does not answer.
    :raises CondorError: the pool does not answer, and *force* is false. Nothing was changed.
    :raises BusyMap: components are being run again at this moment, and *force* is false. Nothing was changed.
    """
    if not force and operations.is_under_way(names.RERUNNING, map_dir):
        raise BusyMap(tag, names.RERUNNING)
    with deletion.announced(map_dir, tag, *_jobs_of(map_dir)) as removal:
        try:
            is_empty = (
                ended or removal.pool is None or _empty_queue(reach(removal.pool), removal, 0 if force else PATIENCE)
            )
        except CondorError:
            if not force:
                deletion.withdraw(removal)
                raise
            is_empty = False
        deletion.delete_map(removal)
        if is_empty:
            deletion.conclude(removal)


def finish(removal: Operation, ask: Callable[[PoolAddress], Connection | None]) -> bool:
    """Finish an interrupted removal as far as possible without waiting, and return whether it is over.

    The data go also where the pool is not asked, but for those that alone tell which jobs are the map's.

    :param ask: connects to a pool; returns None where it is not to be asked now.
    :raises CondorError: the pool does not answer.
    :raises CorruptMap: the marker is damaged, and the map's directory, which could tell as much, is gone.
    """
    is_known = bool(removal.tag)
    removal = removal if is_known else _looked_up(removal)
    connection = None if removal.pool is None else ask(removal.pool)
    is_empty = removal.pool is None or (connection is not None and _empty_queue(connection, removal, 0))
    if is_known or is_empty or connection is not None:
        deletion.delete_map(removal)
    if is_empty:
        deletion.conclude(removal)
    return is_empty


def _looked_up(removal: Operation) -> Operation:
    """Return a removal whose marker does not say what it should, with what the map's directory says."""
    map_dir = removal.map_dir
    if removal.is_damaged and not map_dir.path.exists():
        reason = (
            "is damaged, so it is not known which pool has jobs of a map that was removed; `htmap doctor` says more"
        )
        raise CorruptMap(removal.marker, reason)
    pool, constraint = _jobs_of(map_dir)
    return attrs.evolve(removal, tag=tag_of(map_dir) or "", pool=pool, constraint=constraint)


def _jobs_of(map_dir: MapDir) -> tuple[PoolAddress | None, str]:
    """Return the pool of a map's jobs, and a constraint that selects them; no pool if the map has no jobs."""
    try:
        pool = map_dir.pool
    except CorruptMap:
        return None, "false"  # it was never submitted, or its record is lost
    try:
        return (pool, map_dir.constraint()) if map_dir.submissions.all() else (None, "false")
    except CorruptMap:
        return pool, map_dir.own_jobs


def _empty_queue(connection: Connection, removal: Operation, patience: float) -> bool:
    """Remove a map's jobs, wait up to *patience* seconds until they have left the queue, and return whether they have."""
    connection.remove(removal.constraint, "removed with htmap")
    give_up = time.monotonic() + patience
    while connection.query_jobs(removal.constraint, ["ClusterId"], limit=1):
        if time.monotonic() > give_up:
            return False
        time.sleep(0.1)
    return True
