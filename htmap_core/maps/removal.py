"""Remove maps: their jobs from the queue, their tags, their files.

HTCondor recreates the directory of a removed map for a late event, or for the output of a job that is ending. It writes
nothing more for a job that has left the queue. So the marker of a removal stays until no job is in the queue, and a later
command deletes what has arrived meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

import attrs

from htmap_core import names
from htmap_core.condor.connection import Connection
from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import BusyMap, CondorError, CorruptMap, MadeByNewerHTMap
from htmap_core.maps import earlier_runs
from htmap_core.maps.here import interrupted
from htmap_core.plugins.pools import reach
from htmap_core.progress.work import LongWork
from htmap_core.settings.waiting import PATIENCE, tries
from htmap_core.storage import deletion, operations
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.operations import Operation
from htmap_core.storage.tags import tag_of

_LOOK = 0.1  # seconds between two looks at the event log, at most
_ASK = 0.2  # seconds after which the schedd is asked first; then twice as long each time
_LONGEST = 5.0  # seconds between two questions to the schedd, at most
_AT_ONCE = (None,)


def remove(map_dir: MapDir, tag: str, *, has_ended: Callable[[], bool], force: bool) -> None:
    """Remove a map.

    :param has_ended: looks whether all its jobs are known to have ended. Cheap.
    :param force: do not wait until its jobs have left the queue, and remove the data even if the pool does not answer.
    :raises CondorError: the pool does not answer, and *force* is false. Nothing was changed.
    :raises MadeByNewerHTMap: a newer HTMap has made it, or run it again, and *force* is false. Nothing was changed.
    :raises BusyMap: components are being run again at this moment, and *force* is false. Nothing was changed.
    """
    for kind in () if force else (names.RERUNNING, names.RUNNING):
        if operations.is_under_way(kind, map_dir):
            raise BusyMap(tag, kind)
    is_over = has_ended()
    with deletion.announced(map_dir, tag, *_jobs_of(map_dir, force=force)) as removal:
        try:
            files = map_dir.plugin_files
            with LongWork(f"removing the jobs of {tag}") as work:
                moments = _AT_ONCE if force else _worth_asking(has_ended, work.look)
                is_empty = is_over or removal.pool is None or _empty_queue(reach(removal.pool, files), removal, moments)
        except CondorError:
            if not force:
                deletion.withdraw(removal)
                raise
            is_empty = False
        earlier_runs.keep(map_dir)
        interrupted.clear_scratch(map_dir)
        deletion.delete_map(removal)
        if is_empty:
            deletion.conclude(removal)


def announce(map_dir: MapDir, tag: str, take_tag: Callable[[], None]) -> None:
    """Begin the removal of a map whose tag another one takes: it does not exist any more, and a later command finishes it.

    :param take_tag: gives its tag to the other map.
    :raises MadeByNewerHTMap: a newer HTMap has made it, or run it again. Nothing was changed.
    """
    with deletion.announced(map_dir, tag, *_jobs_of(map_dir)) as removal:
        try:
            take_tag()
        except BaseException:
            deletion.withdraw(removal)
            raise
        earlier_runs.keep(map_dir)


def finish(removal: Operation, ask: Callable[[PoolAddress], Connection | None]) -> bool:
    """Finish an interrupted removal as far as possible without waiting, and return whether it is over.

    The data go also where the pool is not asked, but for those that alone tell which jobs are the map's.

    :param ask: connects to a pool; returns None where it is not to be asked now.
    :raises CondorError: the pool does not answer.
    :raises CorruptMap: the marker is damaged, and the map's directory, which could tell as much, is gone.
    :raises MadeByNewerHTMap: the marker does not say enough, and this HTMap does not understand the map.
    """
    is_known = bool(removal.tag)
    removal = removal if is_known else _looked_up(removal)
    connection = None if removal.pool is None else ask(removal.pool)
    is_empty = removal.pool is None or (connection is not None and _empty_queue(connection, removal, _AT_ONCE))
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


def _jobs_of(map_dir: MapDir, *, force: bool = False) -> tuple[PoolAddress | None, str]:
    """Return the pool of a map's jobs, and a constraint that selects them; no pool if the map has no jobs.

    :raises MadeByNewerHTMap: this HTMap does not understand the map, and *force* is false.
    """
    try:
        map_dir.check_understood()
    except MadeByNewerHTMap:
        if not force:
            raise
        try:
            return map_dir.pool, map_dir.own_jobs
        except MadeByNewerHTMap:  # nothing tells where its jobs are
            return None, "false"
    try:
        pool = map_dir.pool
    except CorruptMap:
        return None, "false"  # it was never submitted, or its record is lost
    if map_dir.is_here:
        return None, "false"
    try:
        return (pool, map_dir.own_jobs) if map_dir.submissions.all() else (None, "false")
    except CorruptMap:
        return pool, map_dir.own_jobs


def _empty_queue(connection: Connection, removal: Operation, moments: Iterable[None]) -> bool:
    """Remove a map's jobs, and return whether the queue has none of them at one of the *moments*."""
    connection.remove(removal.constraint, "removed with htmap")
    return any(not connection.query_jobs(removal.constraint, ["ClusterId"], limit=1) for _ in moments)


def _worth_asking(has_ended: Callable[[], bool], meanwhile: Callable[[], object]) -> Iterator[None]:
    """Yield when the queue may be empty: once the event log has the end of all jobs, and else more and more seldom.

    For each question the schedd forks, and looks at its whole queue. A job leaves the queue after its last event.
    """
    is_over, asked, pause = False, time.monotonic(), _ASK
    for _ in tries(PATIENCE, _LOOK):
        meanwhile()
        if not is_over and has_ended():
            is_over, pause = True, 0.0
        if time.monotonic() >= asked + pause:
            yield
            asked, pause = time.monotonic(), min(max(2 * pause, _ASK / 2), _LONGEST)
