"""Finishes or undoes what a process began that is gone.

Called by whatever looks at the user's maps; costs two listings of empty directories where there is nothing to do.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from htmap_core import names, removal, storage
from htmap_core.exceptions import CondorError, CorruptMap
from htmap_core.finding import reach
from htmap_core.storage import Interrupted, MapDir, Submission

logger = logging.getLogger("htmap")

_SUBMIT_EVENT = re.compile(rb"^000 \((\d+)\.", re.MULTILINE)


def settle() -> None:
    """Finish interrupted removals; finish or undo interrupted creations.

    What needs a pool that does not answer now is left to a later command.
    """
    for begun in storage.interrupted_removals():
        _settle(begun, removal.finish)
    for creation in storage.interrupted_creations():
        _settle(creation, _finish_creation)


def _settle(interrupted: Interrupted, finish: Callable[[Interrupted], None]) -> None:
    try:
        finish(interrupted)
    except (CondorError, OSError) as error:
        logger.warning("map %r: an interrupted operation is left to a later command: %s", interrupted.tag, error)


def _finish_creation(creation: Interrupted) -> None:
    """Find out whether the schedd took the submission that the vanished process intended.

    The event log knows, or the queue: a job that is in neither was never submitted.
    """
    try:
        open_submissions = [s for s in creation.map_dir.submissions() if s.cluster is None]
        created = bool(creation.map_dir.submissions())
    except CorruptMap:
        open_submissions, created = [], False
    for submission in open_submissions:
        cluster = _cluster_of(creation.map_dir, submission)
        if cluster is None:
            created = False
        else:
            creation.map_dir.submitted(submission, cluster)
    if created:
        creation.marker.unlink(missing_ok=True)
        logger.info("map %r was submitted although its creation was interrupted", creation.tag)
    else:
        storage.undo_creation(creation)
        logger.info("undid the interrupted creation of map %r", creation.tag)


def _cluster_of(map_dir: MapDir, submission: Submission) -> int | None:
    known = {other.cluster for other in map_dir.submissions()}
    if map_dir.events.exists():
        logged = {int(cluster) for cluster in _SUBMIT_EVENT.findall(map_dir.events.read_bytes())}
        if logged - known:
            return max(logged - known)
    ads = reach(map_dir.record.pool).query(f'{names.SUBMISSION_TOKEN} == "{submission.token}"', ["ClusterId"], limit=1)
    return int(ads[0]["ClusterId"]) if ads else None
