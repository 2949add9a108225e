"""Change the tags of maps."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from htmap_core import names
from htmap_core.condor.connection import Connection
from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import (
    CondorError,
    ExecutorInUse,
    ExecutorKeepsTag,
    JobsKeepTag,
    MapWasRemoved,
    TagAlreadyExists,
    TagInUse,
)
from htmap_core.language.expressions import quoted
from htmap_core.language.submit_text import batch_name
from htmap_core.maps.queue.edits import edit_jobs
from htmap_core.plugins.pools import reach
from htmap_core.storage import operations
from htmap_core.storage.executors.opened import kept_closed
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.operations import Operation
from htmap_core.storage.tags import claim_tag, has_tag, move_tag, release_tag
from htmap_core.tags import check_tag


def retag(map_dir: MapDir, old: str, new: str, *, ended: bool) -> None:
    """Change the tag of a map from *old* to *new*, on disk and in the queue.

    :param ended: whether the map has no job left in the queue.
    :raises InvalidTag: the tag is invalid.
    :raises TagInUse: another map has the tag.
    :raises JobsKeepTag: the schedd that has the map's jobs does not answer. Nothing was changed.
    :raises ExecutorKeepsTag: an executor is open that adds calls to the map, or would to one with the new tag.
    """
    check_tag(new)
    with _without_executors(map_dir, old, new), operations.perform(names.RETAGGING, map_dir, old, new_tag=new):
        if new != old:
            _claim(map_dir, old, new)
        if not ended and not map_dir.is_here:
            _rename_batch(map_dir, old, new)
        move_tag(map_dir, old, new)


@contextlib.contextmanager
def _without_executors(map_dir: MapDir, old: str, new: str) -> Iterator[None]:
    """Let nobody have an executor with these tags open during the block: by the new one, another could not know of it.

    :raises ExecutorKeepsTag: somebody has one open.
    """
    with contextlib.ExitStack() as stack:
        if map_dir.record.executor:
            try:
                stack.enter_context(kept_closed(map_dir.root, old, new))
            except ExecutorInUse as error:
                raise ExecutorKeepsTag(new, old, error.tag, error.host, error.pid) from error
        yield


def _claim(map_dir: MapDir, old: str, new: str) -> None:
    """Give the map its new tag, unless another process is removing it: that deletes all tags of the map which it finds.

    :raises TagInUse: another map has the tag.
    :raises MapWasRemoved: the map is gone.
    """
    try:
        claim_tag(map_dir.root, map_dir.id, new)
    except TagAlreadyExists:
        raise TagInUse(new, old) from None
    if not map_dir.exists:
        release_tag(map_dir.root, map_dir.id, new)
        raise MapWasRemoved(old)


def finish(begun: Operation, ask: Callable[[PoolAddress], Connection | None]) -> bool:
    """Finish an interrupted change of a tag, if the new tag was already claimed, and return whether it is over.

    :param ask: connects to a pool; returns None where it is not to be asked now.
    :raises CondorError: the pool does not answer, so that jobs in its queue still have the old name.
    """
    if not (begun.new_tag and has_tag(begun.map_dir, begun.new_tag)):
        return True
    move_tag(begun.map_dir, begun.tag, begun.new_tag)
    if begun.map_dir.is_here:
        return True
    connection = ask(begun.map_dir.pool)
    if connection is not None:
        edit_jobs(connection, begun.map_dir.own_jobs, "JobBatchName", quoted(batch_name(begun.new_tag)))
    return connection is not None


def _rename_batch(map_dir: MapDir, old: str, new: str) -> None:
    try:
        edit_jobs(reach(map_dir.pool, map_dir.plugin_files), map_dir.own_jobs, "JobBatchName", quoted(batch_name(new)))
    except CondorError as error:
        if new != old:
            release_tag(map_dir.root, map_dir.id, new)
        raise JobsKeepTag(new, old, str(error)) from error
