"""Create a map that runs on this machine, and run it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from typing import Any

from htmap_core import names
from htmap_core.maps.drafts.draft import Draft
from htmap_core.maps.here.machine import LocalQueue, ThisMachine
from htmap_core.maps.here.place import how
from htmap_core.maps.here.running import run
from htmap_core.maps.map import Map
from htmap_core.maps.resuming import replacing
from htmap_core.settings.moment import of_one_moment
from htmap_core.storage import operations
from htmap_core.storage.creation import Creation
from htmap_core.storage.log import logger
from htmap_core.storage.mapdir import MapDir
from htmap_core.submission.submit import submit_map


def create_here(
    draft: Draft,
    calls: Iterable[Any],
    replaces: MapDir | None,
    *,
    total: int,
    tag: str | None,
    where: str,
    begins: Callable[[Map], object] = lambda _: None,
) -> Map:
    """Create a map, run it on this machine to its end, and return it.

    :param replaces: the map that has the tag so far.
    :param total: the number of *calls*, for the progress bar; 0 where it is not known.
    :param where: ``here`` or ``processes``.
    :param begins: is given the map before it runs.
    :raises KeyboardInterrupt: Ctrl-C ended it. The map stays, with what has ended.
    """
    with contextlib.ExitStack() as marked:
        with of_one_moment(), draft.written_for_here(calls, total, tag, ThisMachine(), replaces=replaces) as written:
            described = written.describe()
            written.check(described)
            plan, creation = written.plan, written.creation
            assert isinstance(creation, Creation)
            map_dir, queue = creation.map_dir, LocalQueue(creation.map_dir)
            marked.enter_context(operations.perform(names.RUNNING, map_dir, plan.tag))
            record = written.record(draft.kept, where, how(where), untagged=tag is None)
            submit_map(creation, record, described.commands, queue, described.authors)
            if replaces is not None:
                replacing.take_place(replaces, map_dir, plan.tag, queue)
        logger.info("created map %r, which runs on this machine: %d components", plan.tag, plan.components)
        made: Map = Map(tag=plan.tag, map_dir=map_dir)
        begins(made)
        run(map_dir, plan.tag)
    return made
