"""A new map that takes the place of another one, which is removed once the schedd has accepted the jobs of the new one.

So whatever goes wrong with the new map, the other one is still there. Where the process is killed after the schedd has accepted
the jobs, the next command takes the last steps.
"""

from __future__ import annotations

import functools

from htmap_core import names
from htmap_core.exceptions import TagAlreadyExists
from htmap_core.maps import removal
from htmap_core.storage.log import logger
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.operations import Operation
from htmap_core.storage.tags import claim_tag, has_tag, take_tag_over
from htmap_core.submission.submit import Queue


def take_place(old: MapDir, new: MapDir, tag: str, queue: Queue) -> None:
    """Give the tag of one map to a new one, and begin the removal of the first, which the next command finishes.

    :param queue: the queue that has the jobs of the new one.
    :raises TagAlreadyExists: a third map has the tag by now. The jobs of the new one are gone then.
    """
    try:
        _take_place(old, new, tag)
    except Exception:
        queue.remove(new.own_jobs, "its tag belongs to another map")
        raise


def _take_place(old: MapDir, new: MapDir, tag: str) -> None:
    take = functools.partial(take_tag_over, new.root, new.id, tag, old.id)
    if old.exists and has_tag(old, tag):
        removal.announce(old, tag, take)
    else:  # it has another tag by now, or is removed already
        take()


def finish(creation: Operation) -> None:
    """Finish an interrupted creation whose jobs the schedd has accepted, of a map that takes the place of another."""
    new = creation.map_dir
    if has_tag(new, creation.tag):
        return
    try:
        _take_place(MapDir(new.root / names.MAPS / creation.replaces), new, creation.tag)
    except TagAlreadyExists:
        tag = claim_tag(new.root, new.id, None)
        logger.warning("the map that was to replace map %r is called %r: another has that tag", creation.tag, tag)
