"""Removes maps: their jobs from the queue, their tag, their files.

HTCondor makes a directory again in which it wants to write an event, so a map's files can be deleted for good only when its jobs
have left the queue. Where that is not certain, a marker stays behind, and a later command looks again.
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

PATIENCE = 30  # seconds for jobs to leave the queue; a job on a host that is gone takes longer
_SETTLED = 10  # seconds after which no event of a job that has left the queue will be written any more


def remove(map_dir: MapDir, tag: str, *, ended: bool, force: bool) -> None:
    """Remove a map.

    :param ended: whether all its jobs are known to have left the queue.
    :param force: do not wait until its jobs have left the queue, and remove the data also where the pool does not answer.
    :raises CondorError: the pool does not answer, and *force* is false; nothing was changed then.
    """
    begun = deletion.announce(map_dir, tag, *_jobs_of(map_dir))
    certain = ended
    if not ended and begun.pool is not None:
        try:
            connection = reach(begun.pool)
            connection.remove(begun.constraint, "removed with htmap")
            certain = not force and _await_departure(connection, begun.constraint)
        except CondorError:
            if not force:
                deletion.withdraw(begun)
                raise
    deletion.delete_map(begun)
    if certain:
        deletion.conclude(begun)


def finish(begun: Operation) -> None:
    """Finish a removal that has begun, as far as that is possible now; starts no pool for it.

    :raises CondorError: the pool does not answer.
    """
    queued = False
    if begun.pool is not None:
        connection = Connection(begun.pool)
        connection.remove(begun.constraint, "removed with htmap")
        queued = bool(connection.query(begun.constraint, ["ClusterId"], limit=1))  # only the remover itself waits
    deletion.delete_map(begun)
    if not queued and time.time() > begun.since + _SETTLED:
        deletion.conclude(begun)


def _jobs_of(map_dir: MapDir) -> tuple[PoolAddress | None, str]:
    """Return where a map's jobs are and what finds them: their clusters, which the schedd finds fast, or the map's id."""
    try:
        submissions, pool = map_dir.submissions(), map_dir.record.pool
    except CorruptMap:
        return None, "false"  # it was never submitted, or nothing can be known of it
    return (pool, map_dir.constraint()) if submissions else (None, "false")


def _await_departure(connection: Connection, constraint: str) -> bool:
    """Wait until no job is in the queue that could still write into the map's directory; return whether that came about."""
    give_up = time.monotonic() + PATIENCE
    while connection.query(constraint, ["ClusterId"], limit=1):
        if time.monotonic() > give_up:
            return False
        time.sleep(0.1)
    return True
