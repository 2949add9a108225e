"""Maps whose run on this machine came to no end: what has not ended is written down as removed, and can run again."""

from __future__ import annotations

from collections.abc import Callable

from htmap_core.condor import eventlog
from htmap_core.storage import operations
from htmap_core.storage.jobs import Job
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.operations import Operation
from htmap_core.tracking import source


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
    if running.map_dir.exists:
        end_all(running.map_dir, "the process that ran the map on this machine is gone")
    operations.end(running)
    return True
