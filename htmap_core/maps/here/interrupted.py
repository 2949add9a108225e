"""Maps whose run on this machine came to no end: what has not ended is written down as removed, and can run again."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable

from htmap_core.condor import eventlog
from htmap_core.files.folders import remove_tree
from htmap_core.storage import operations
from htmap_core.storage.jobs import Job
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.operations import Operation
from htmap_core.tracking import source

_ENOUGH = 12  # characters of a map's id: no two maps share so many, and programs want short paths for their sockets


def scratch_prefix(map_dir: MapDir) -> str:
    """Return what the names of the scratch directories of a map's jobs begin with."""
    return f"htmap-here-{map_dir.id[:_ENOUGH]}-"


def clear_scratch(map_dir: MapDir) -> None:
    """Delete the scratch directories of a map that no process runs: that of a killed one has left them."""
    with contextlib.suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in entries:
            if entry.name.startswith(scratch_prefix(map_dir)) and entry.is_dir(follow_symlinks=False):
                remove_tree(entry.path)


def end_all(map_dir: MapDir, why: str) -> None:
    """Write down that the jobs of a map that have not ended are not run to their ends.

    :param why: the reason, for people.
    """
    map_dir.refresh()
    states = source.of(map_dir)
    states.poll()
    for submission in map_dir.submissions.all():
        jobs = [Job(submission.number, row) for row in range(submission.jobs)]
        if submission.cluster is not None and (left := states.open_jobs(jobs)):
            map_dir.add_event(b"".join(eventlog.aborted(submission.cluster, job.row, why) for job in left))


def finish(running: Operation, _: Callable[..., object]) -> bool:
    """Finish the run of a map whose process has vanished, and return that it is over."""
    clear_scratch(running.map_dir)
    if running.map_dir.exists:
        end_all(running.map_dir, "the process that ran the map on this machine is gone")
    operations.end(running)
    return True
