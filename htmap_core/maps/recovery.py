"""Finish or undo what vanished processes have begun.

Everything that looks at the user's maps calls :func:`tidy`, which asks no pool: one that is gone must not delay those who read.
What acts calls :func:`settle`. Without interrupted operations either costs a few listings of empty directories.
"""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Optional

import attrs

from htmap_core import names
from htmap_core.condor.connection import Connection
from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import CondorError, HTMapException, MadeByNewerHTMap
from htmap_core.files.reading import UNREADABLE
from htmap_core.maps import moving, removal, retagging
from htmap_core.maps.here import interrupted
from htmap_core.maps.resuming import replacing
from htmap_core.plugins import pools
from htmap_core.storage import deletion, operations
from htmap_core.storage.executors import opened
from htmap_core.storage.faults.leftovers import sweep
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.operations import Operation
from htmap_core.storage.root import htmap_dir, move_of, note_attempt_to_move
from htmap_core.storage.submissions import Submission
from htmap_core.submission.submit import take_back
from htmap_core.tracking import source

logger = logging.getLogger("htmap")

Ask = Callable[[PoolAddress], Optional[Connection]]  # None where the pool is not to be asked now
Finish = Callable[[Operation, Ask], bool]  # whether the operation is over

_JOBS_LEFT = "its jobs have not left the queue yet"


@attrs.frozen
class Attempt:
    """An attempt to finish an interrupted operation.

    :param kind: the operation, as in :data:`htmap_core.storage.operations.KINDS`.
    :param problem: why it could not be finished; empty if it was.
    """

    operation: Operation
    kind: str
    problem: str


def tidy() -> None:
    """Finish or undo interrupted operations as far as that needs no pool."""
    for _, finish, operation in _unfinished():
        _attempt(operation, finish, lambda _: None)


def settle(*, at_once: bool = False, only: MapDir | None = None) -> list[Attempt]:
    """Finish interrupted removals, reruns and changes of tags; finish or undo interrupted creations.

    An operation that needs a pool which does not answer, that the file system refuses, or whose map is damaged, is left to a
    later command: it is not tried again for ten minutes, and after a week no more. One on a map that a newer HTMap has made is
    left to that. An interrupted move of the whole HTMAP_DIR comes first.

    :param at_once: try all, whenever they were last tried, and start pools that can be started.
    :param only: the map whose operations these are; None for all maps.
    :returns: what was tried.
    """
    _finish_move(htmap_dir(), at_once=at_once)
    sweep(htmap_dir())
    opened.clear_left(htmap_dir())
    asked = _Pools(_reach if at_once else _ask)
    attempts: list[Attempt] = []
    for kind, finish, operation in _unfinished():
        if only is not None and operation.map_dir.id != only.id:
            continue
        if at_once or operation.is_due:
            problem = _attempt(operation, finish, asked.of_map(operation.map_dir))
            if problem and _is_understood(operation.map_dir):
                operations.note_attempt(operation, problem)
            attempts.append(Attempt(operation, kind, problem or ""))
        else:
            _attempt(operation, finish, lambda _: None)
    return attempts


def _is_understood(map_dir: MapDir) -> bool:
    """Return whether no newer HTMap has made or changed a map: that one's markers are its own."""
    try:
        map_dir.check_understood()
    except MadeByNewerHTMap:
        return False
    return True


def _unfinished() -> Iterator[tuple[str, Finish, Operation]]:
    root = htmap_dir()
    for kind, finish in _FINISH.items():
        for operation in operations.unfinished(root, kind):
            yield kind, finish, operation


def _finish_move(root: Path, *, at_once: bool) -> None:
    try:
        begun = move_of(root)
        if begun is not None and not at_once and time.time() < begun.tried + operations.TRY_AGAIN_AFTER:
            return
        moving.finish(root)
    except (HTMapException, *UNREADABLE) as error:
        logger.warning("the move of HTMAP_DIR is left to a later command: %s", error)
        note_attempt_to_move(root, str(error))


def _attempt(interrupted: Operation, finish: Finish, ask: Ask) -> str | None:
    """Try to finish an operation, and return why that was not possible; None if it was."""
    try:
        return None if finish(interrupted, ask) else _JOBS_LEFT
    except (HTMapException, OSError) as error:
        logger.warning("map %r: an interrupted operation is left to a later command: %s", interrupted.tag, error)
        return str(error)


class _Pools:
    """The pools that are asked. One that does not answer is asked once, however many operations need it.

    :param connect: connects to the pool of a map, by its address.
    """

    def __init__(self, connect: Callable[[PoolAddress, MapDir], Connection]) -> None:
        self._connect = connect
        self._known: dict[PoolAddress, Connection | CondorError] = {}

    def of_map(self, map_dir: MapDir) -> Ask:
        """Return what connects to the pool of a map."""
        return functools.partial(self._of, map_dir)

    def _of(self, map_dir: MapDir, address: PoolAddress) -> Connection:
        if address not in self._known:
            try:
                self._known[address] = self._connect(address, map_dir)
            except CondorError as error:
                self._known[address] = error
        found = self._known[address]
        if isinstance(found, CondorError):
            raise found
        return found


def _reach(address: PoolAddress, map_dir: MapDir) -> Connection:
    return pools.reach(address, map_dir.plugin_files)


def _ask(address: PoolAddress, _: MapDir) -> Connection:
    return pools.ask(address)


def _finish_creation(creation: Operation, ask: Ask) -> bool:
    """Keep the map if the schedd accepted its jobs; otherwise delete what exists of it.

    :raises CorruptMap: it is not known whether the schedd has jobs. The map stays, and can be removed.
    :raises MadeByNewerHTMap: a newer HTMap was creating it, which knows how to go on.
    """
    creation.map_dir.check_understood()
    if not _settle_submissions(creation.map_dir, ask):
        return False
    if creation.map_dir.submissions.all():
        if creation.replaces:
            replacing.finish(creation)
        operations.end(creation)
        logger.info("map %r was submitted although its creation was interrupted", creation.tag)
    else:
        deletion.undo_creation(creation)
        logger.info("undid the interrupted creation of map %r", creation.tag)
    return True


def _finish_rerun(rerun: Operation, ask: Ask) -> bool:
    """Find out whether the schedd accepted what runs again, or what was to be added to the map; delete what it did not.

    Of what counts together, all runs again or nothing.
    """
    rerun.map_dir.check_understood()
    if not _settle_submissions(rerun.map_dir, ask):
        return False
    taken = [each for each in rerun.map_dir.submissions.all() if each.number in rerun.together]
    if taken and len(taken) < len(rerun.together):
        connection = ask(rerun.map_dir.pool)
        if connection is None:
            return False
        take_back(rerun.map_dir, taken, connection)
        logger.info("map %r: undid an interrupted rerun: the schedd had a part of it", rerun.tag)
    rerun.map_dir.clear_unsubmitted()
    operations.end(rerun)
    return True


def _finish_retagging(interrupted: Operation, ask: Ask) -> bool:
    interrupted.map_dir.check_understood()
    if retagging.finish(interrupted, ask):
        operations.end(interrupted)
        return True
    return False


_FINISH: dict[str, Finish] = {
    names.REMOVED: removal.finish,
    names.CREATING: _finish_creation,
    names.RERUNNING: _finish_rerun,
    names.RETAGGING: _finish_retagging,
    names.RUNNING: interrupted.finish,
}


def _settle_submissions(map_dir: MapDir, ask: Ask) -> bool:
    """Find out which submissions of the vanished process the schedd accepted, and return whether all are known now.

    The source of the states tells, or the queue. Jobs that are in neither were never submitted.
    """
    for submission in map_dir.submissions.all():
        if submission.cluster is None:
            cluster = _logged_cluster(map_dir)
            if cluster is None and not map_dir.is_here:
                connection = ask(map_dir.pool)
                if connection is None:
                    return False
                cluster = _queued_cluster(connection, submission)
            if cluster is None:
                map_dir.submissions.not_taken(submission)
            else:
                map_dir.submissions.taken(submission, cluster)
    return True


def _logged_cluster(map_dir: MapDir) -> int | None:
    unrecorded = source.clusters_known(map_dir) - map_dir.submissions.clusters()
    return max(unrecorded) if unrecorded else None


def _queued_cluster(connection: Connection, submission: Submission) -> int | None:
    # With late materialization, a cluster may have no job yet.
    ads = connection.query_jobs(submission.constraint, ["ClusterId"], limit=1, clusters=True)
    return int(ads[0]["ClusterId"]) if ads else None
