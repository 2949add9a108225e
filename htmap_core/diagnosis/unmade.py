"""Explain why the schedd has not made the jobs of components yet."""

from __future__ import annotations

import logging
from collections.abc import Collection

from htmap_core.condor import clusters
from htmap_core.condor.connection import Connection
from htmap_core.condor.errors import PER_OWNER
from htmap_core.exceptions import CondorError
from htmap_core.storage.mapdir import MapDir
from htmap_core.wording import in_shell

logger = logging.getLogger("htmap")

_BIT_BY_BIT = "the schedd makes the jobs of a large map bit by bit, while fewer than max_idle are idle"
_ALL_PLACES = (
    "the schedd makes its job when another one of the map has ended: the option max_materialize allows {} at a time"
)
_IDLE = 1  # HTCondor's JobStatus


def why_unmade(map_dir: MapDir, submissions: Collection[int], connection: Connection, tag: str) -> tuple[str, str]:
    """Return why the schedd has not made jobs of a map yet, and what to do about it.

    :param submissions: the numbers of the submissions that the jobs belong to.
    """
    try:
        for submission in map_dir.submissions.all():
            if submission.number in submissions:
                found = clusters.find(connection, submission.cluster, map_dir.id)
                if found.pause is not None:
                    text = f"the schedd makes no more jobs of this map for now: {found.pause}"
                    return text, f"`htmap release {in_shell(tag)}` lets it go on"
                if found.places is not None and len(found.jobs) >= found.places:
                    return _ALL_PLACES.format(found.places), ""
                if found.is_late and all(ad["JobStatus"] != _IDLE for ad in found.jobs):
                    return _of_limit(connection)
    except CondorError as error:
        logger.info("the schedd does not tell why it makes no more jobs: %s", error)
    return _BIT_BY_BIT, ""


def _of_limit(connection: Connection) -> tuple[str, str]:
    limit = connection.schedd_parameter(PER_OWNER)
    text = (
        f"no job of this map is idle, and the schedd makes none: most likely, you have as many jobs in the queue as it "
        f"allows ({PER_OWNER} is {limit or 'not known'}), or a rule of its administrator refuses the next one"
    )
    return text, "It goes on by itself when there is room; `condor_q` shows all your jobs"
