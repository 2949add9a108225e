"""Create a map that runs on this machine, and run it."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable

from htmap_core import names
from htmap_core.maps import recovery
from htmap_core.maps.drafts.draft import Call, Draft, Written
from htmap_core.maps.here.machine import LocalQueue, ThisMachine
from htmap_core.maps.here.running import run
from htmap_core.plugins.calls import plugins
from htmap_core.plugins.record import one_off_files
from htmap_core.settings.moment import of_one_moment
from htmap_core.storage import operations
from htmap_core.storage.creation import Creation
from htmap_core.storage.log import logger
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.record import MapRecord
from htmap_core.submission.handshake import versions
from htmap_core.submission.submit import submit_map

_HOW = {names.HERE: "in the process of its program", names.PROCESSES: "in processes of their own"}


def create_here(
    drafted: Callable[[], Draft], calls: Iterable[Call], total: int, tag: str | None, where: str
) -> tuple[str, MapDir]:
    """Create a map, run it on this machine to its end, and return its tag and directory.

    :param drafted: makes its draft.
    :param total: the number of *calls*, for the progress bar; 0 where it is not known.
    :param where: ``here`` or ``processes``.
    :raises KeyboardInterrupt: Ctrl-C ended it. The map stays, with what has ended.
    """
    with contextlib.ExitStack() as marked:
        with of_one_moment():
            draft = drafted()
            recovery.settle()
            with draft.written_for_here(calls, total, tag, ThisMachine()) as written:
                described = written.describe()
                written.check(described)
                plan, creation = written.plan, written.creation
                assert isinstance(creation, Creation)
                map_dir = creation.map_dir
                marked.enter_context(operations.perform(names.RUNNING, map_dir, plan.tag))
                record = _record(written, where, untagged=tag is None)
                submit_map(creation, record, described.commands, LocalQueue(map_dir), described.authors)
        logger.info("created map %r, which runs on this machine: %d components", plan.tag, plan.components)
        run(map_dir, plan.tag)
    return plan.tag, map_dir


def _record(written: Written, where: str, *, untagged: bool) -> MapRecord:
    return MapRecord(
        components=written.plan.components,
        chunksize=written.creation.chunksize,
        delivery_method=where,
        pool=written.plan.pool.address,
        versions=versions(),
        options=written.plan.options.to_dict(),
        created=time.time(),
        untagged=untagged,
        delivery_reason=f"{_HOW[where]} on {os.uname().nodename}, without HTCondor",
        plugin_files=one_off_files(plugins.records_for_maps()),
    )
