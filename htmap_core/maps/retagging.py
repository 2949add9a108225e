"""Gives maps other tags."""

from __future__ import annotations

from htmap_core import names
from htmap_core.condor.connection import Connection
from htmap_core.exceptions import CannotRetagMap, CondorError
from htmap_core.language.expressions import quoted
from htmap_core.plugins.pools import reach
from htmap_core.storage import operations
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.operations import Operation
from htmap_core.storage.tags import claim_tag, has_tag, move_tag, release_tag
from htmap_core.tags import check_tag


def retag(map_dir: MapDir, old: str, new: str, *, ended: bool) -> None:
    """Give a map the tag *new* instead of *old*, on disk and in the queue.

    :param ended: whether the map has no job left in the queue.
    :raises InvalidTag: no map can have it.
    :raises TagAlreadyExists: another map has it.
    :raises CannotRetagMap: the map has jobs in a queue that does not answer; nothing was changed.
    """
    check_tag(new)
    with operations.perform(names.RETAGGING, map_dir, old, new_tag=new):
        if new != old:
            claim_tag(map_dir.root, map_dir.id, new)
        if not ended:
            _rename_batch(map_dir, old, new)
        move_tag(map_dir, old, new)


def finish(begun: Operation) -> None:
    """Finish giving a map another tag, if the process that began it came as far as to claim the tag; starts no pool for it.

    :raises CondorError: the pool does not answer, so the jobs in its queue, if there are any, are still called as before.
    """
    if begun.new_tag and has_tag(begun.map_dir, begun.new_tag):
        move_tag(begun.map_dir, begun.tag, begun.new_tag)
        edit_jobs(Connection(begun.map_dir.record.pool), begun.map_dir, "JobBatchName", quoted(begun.new_tag))


def edit_jobs(connection: Connection, map_dir: MapDir, attribute: str, value: object) -> None:
    """Change an attribute of all jobs that a map has in the queue, be it none: they may all have ended a moment ago.

    :raises CondorError: the schedd does not answer, or does not change it.
    """
    constraint = map_dir.constraint()
    try:
        connection.edit(constraint, attribute, value)
    except CondorError:
        if connection.query_jobs(constraint, ["ClusterId"], limit=1):
            raise


def _rename_batch(map_dir: MapDir, old: str, new: str) -> None:
    try:
        edit_jobs(reach(map_dir.record.pool), map_dir, "JobBatchName", quoted(new))
    except CondorError as error:
        if new != old:
            release_tag(map_dir.root, map_dir.id, new)
        raise CannotRetagMap(old, str(error)) from error
