"""Finish or undo what vanished processes have begun.

Everything that looks at the user's maps calls this. Without interrupted operations it costs two listings of empty directories.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from htmap_core import names
from htmap_core.exceptions import CannotRemoveMap, CondorError, CorruptMap, HTMapException, MadeByNewerHTMap
from htmap_core.maps import moving, removal, retagging
from htmap_core.plugins.pools import reach
from htmap_core.storage import deletion, operations
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.operations import Operation
from htmap_core.storage.root import htmap_dir
from htmap_core.storage.submissions import Submission
from htmap_core.tracking import source

logger = logging.getLogger("htmap")


def settle() -> None:
    """Finish interrupted removals, reruns and changes of tags; finish or undo interrupted creations.

    An operation that needs a pool which does not answer, that the file system refuses, or whose map is damaged, is left to a
    later command; one on a map that a newer HTMap has made, to that.
    """
    root = htmap_dir()
    _finish_move(root)
    for kind, finish in (
        (names.REMOVED, removal.finish),
        (names.CREATING, _finish_creation),
        (names.RERUNNING, _finish_rerun),
        (names.RETAGGING, _finish_retagging),
    ):
        for interrupted in operations.unfinished(root, kind):
            _settle(interrupted, finish)


def _finish_move(root: Path) -> None:
    try:
        moving.finish(root)
    except (HTMapException, ValueError, OSError) as error:
        logger.warning("the move of HTMAP_DIR is left to a later command: %s", error)


def _settle(interrupted: Operation, finish: Callable[[Operation], None]) -> None:
    try:
        finish(interrupted)
    except (CondorError, CannotRemoveMap, CorruptMap, MadeByNewerHTMap, OSError) as error:
        logger.warning("map %r: an interrupted operation is left to a later command: %s", interrupted.tag, error)


def _finish_creation(creation: Operation) -> None:
    """Keep the map if the schedd accepted its jobs; otherwise delete what exists of it.

    :raises CorruptMap: it is not known whether the schedd has jobs. The map stays, and can be removed.
    :raises MadeByNewerHTMap: a newer HTMap was creating it, which knows how to go on.
    """
    creation.map_dir.check_understood()
    if _settle_submissions(creation.map_dir):
        operations.end(creation)
        logger.info("map %r was submitted although its creation was interrupted", creation.tag)
    else:
        deletion.undo_creation(creation)
        logger.info("undid the interrupted creation of map %r", creation.tag)


def _finish_rerun(rerun: Operation) -> None:
    rerun.map_dir.check_understood()
    _settle_submissions(rerun.map_dir)
    operations.end(rerun)


def _finish_retagging(interrupted: Operation) -> None:
    interrupted.map_dir.check_understood()
    retagging.finish(interrupted)
    operations.end(interrupted)


def _settle_submissions(map_dir: MapDir) -> bool:
    """Find out which submissions of the vanished process the schedd accepted, and return whether there are any.

    The source of the states tells, or the queue. Jobs that are in neither were never submitted.
    """
    for submission in map_dir.submissions.all():
        if submission.cluster is None:
            cluster = _cluster_of(map_dir, submission)
            if cluster is None:
                map_dir.submissions.not_taken(submission)
            else:
                map_dir.submissions.taken(submission, cluster)
    return bool(map_dir.submissions.all())


def _cluster_of(map_dir: MapDir, submission: Submission) -> int | None:
    unrecorded = source.clusters_known(map_dir) - {other.cluster for other in map_dir.submissions.all()}
    if unrecorded:
        return max(unrecorded)
    ads = reach(map_dir.record.pool).query_jobs(submission.constraint, ["ClusterId"], limit=1)
    return int(ads[0]["ClusterId"]) if ads else None
