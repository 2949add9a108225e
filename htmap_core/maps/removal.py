"""Removes maps: their jobs from the queue, their tag, their files.

HTCondor makes the directory of a removed map again, for an event or for the output of a job that just ends. Of a job that has
left the queue nothing comes any more. So the marker of a removal stays until no job is in the queue, and a later command
deletes what has come meanwhile.
"""

from __future__ import annotations

import time

from htmap_core.condor.connection import Connection
from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import CondorError, CorruptMap
from htmap_core.plugins.pools import reach
from htmap_core.storage import deletion
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.operations import Operation

PATIENCE = 30.0  # seconds for jobs to leave the queue; a job on a host that is gone takes longer


def remove(map_dir: MapDir, tag: str, *, ended: bool, force: bool) -> None:
    """Remove a map.

    :param ended: whether all its jobs are known to have left the queue.
    :param force: do not wait until its jobs have left the queue, and remove the data also where the pool does not answer.
    :raises CondorError: the pool does not answer, and *force* is false; nothing was changed then.
    """
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


def finish(removal: Operation) -> None:
    """Finish a removal that has begun, as far as that is possible now; starts no pool for it, and does not wait.

    :raises CondorError: the pool does not answer.
    """
    is_empty = removal.pool is None or _empty_queue(Connection(removal.pool), removal, 0)
    deletion.delete_map(removal)
    if is_empty:
        deletion.conclude(removal)


def _jobs_of(map_dir: MapDir) -> tuple[PoolAddress | None, str]:
    """Return where a map's jobs are and what finds them: their clusters, which the schedd finds fast, or the map's id."""
    try:
        submissions, pool = map_dir.submissions.all(), map_dir.record.pool
    except CorruptMap:
        return None, "false"  # it was never submitted, or nothing can be known of it
    return (pool, map_dir.constraint()) if submissions else (None, "false")


def _empty_queue(connection: Connection, removal: Operation, patience: float) -> bool:
    """Take a map's jobs out of the queue, wait a while until the last one has left it, and return whether it has."""
    connection.remove(removal.constraint, "removed with htmap")
    give_up = time.monotonic() + patience
    while connection.query_jobs(removal.constraint, ["ClusterId"], limit=1):
        if time.monotonic() > give_up:
            return False
        time.sleep(0.1)
    return True
