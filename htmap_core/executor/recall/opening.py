"""The map that earlier runs of a program have left."""

from __future__ import annotations

from typing import Any, Optional

from htmap_core import names
from htmap_core.exceptions import BusyMap, CorruptMap, MadeByNewerHTMap, NotOfExecutor, PoolUnavailable, TagNotFound
from htmap_core.maps import recovery
from htmap_core.maps.map import Map
from htmap_core.maps.resuming.finding import existing
from htmap_core.storage import operations
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.tags import find_map


def check(tag: str) -> None:
    """Check that the map with a tag is an executor's, if there is one that can be read. Nothing is asked or finished for it.

    :raises NotOfExecutor: it is not.
    """
    try:
        _check(tag, find_map(tag))
    except (TagNotFound, CorruptMap, MadeByNewerHTMap):
        return  # who opens it is told


def opened(tag: str) -> Optional[Map[Any]]:
    """Return the map with a tag, once it is known which calls it has; None if there is none.

    What a killed program was submitting is settled before: calls whose jobs the schedd has are there, and others are not.

    :raises NotOfExecutor: the map is not an executor's.
    :raises CorruptMap: the map is damaged.
    :raises PoolUnavailable: the pool does not answer, which has to tell what became of a submission.
    :raises BusyMap: another process may be submitting calls.
    """
    recovery.tidy()
    map_dir = existing(tag)
    if map_dir is None:
        return None
    _check(tag, map_dir)
    while _is_submitted_to(map_dir):  # to go on could submit these calls again
        if operations.is_under_way(names.RERUNNING, map_dir):  # by another executor of this process
            operations.await_end(names.RERUNNING, map_dir)
        else:
            _settle(tag, map_dir)
    map_dir.refresh()
    map_dir.make_persistent()
    return Map(tag=tag, map_dir=map_dir)


def _check(tag: str, map_dir: MapDir) -> None:
    if not map_dir.record.executor or map_dir.is_here:
        raise NotOfExecutor(tag)


def _is_submitted_to(map_dir: MapDir) -> bool:
    """Return whether it is not known of calls whether the schedd has their jobs."""
    return any(each.cluster is None for each in map_dir.submissions.all())


def _settle(tag: str, map_dir: MapDir) -> None:
    """Find out what became of the submissions of a killed program."""
    attempts = recovery.settle(at_once=True, only=map_dir)  # what others wait for may need pools that are gone
    for problem in filter(None, (each.problem for each in attempts)):
        advice = "the calls that a program was submitting when it ended may be there; `htmap settle` tries again"
        raise PoolUnavailable(map_dir.pool.pool, problem, advice)
    if _is_submitted_to(map_dir):
        raise BusyMap(tag, names.RERUNNING)
