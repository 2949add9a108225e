"""The jobs of a map on this machine: in this very process, one after the other, or in processes of their own.

What happens is written into the map's event log, in HTCondor's notation. So whatever tracks maps tracks these.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Mapping

from htmap_core import names
from htmap_core.components import ComponentStatus
from htmap_core.condor import eventlog
from htmap_core.exceptions import MapWasRemoved
from htmap_core.files.folders import remove_tree
from htmap_core.maps.here import interrupted
from htmap_core.maps.here.job import LocalJob, jobs_of
from htmap_core.maps.here.processes import Children
from htmap_core.progress.interruption import tell_how_to_go_on
from htmap_core.progress.line import Line
from htmap_core.progress.pace import Pace
from htmap_core.settings import tables
from htmap_core.storage.mapdir import MapDir
from htmap_core.submission.handshake import tell_runner
from htmap_core.tracking import source
from htmap_run import codes


def run(map_dir: MapDir, tag: str) -> None:
    """Run the jobs of a map's last submission. The caller has the marker that says so.

    :raises KeyboardInterrupt: Ctrl-C ended it; what has ended stays. So it does if somebody left the debugger (``bdb.BdbQuit``).
    :raises MapWasRemoved: another process has removed the map by force.
    """
    submission = map_dir.submissions.all()[-1]
    jobs, log = jobs_of(map_dir, submission), _Log(map_dir, submission.cluster or 0)
    try:
        with _line(map_dir, tag) as line:
            if map_dir.record.delivery_method == names.PROCESSES:
                _in_processes(jobs, log, line)
            else:
                _in_this_process(jobs, log, line)
    except BaseException as error:
        if not map_dir.exists:
            raise MapWasRemoved(tag) from error
        interrupted.end_all(map_dir, "the program that ran it on this machine was interrupted")
        if not isinstance(error, Exception):
            tell_how_to_go_on(tag)
        raise


def _line(map_dir: MapDir, tag: str) -> Line:
    """Return the line that tells how far a map is."""
    placement = map_dir.placement
    states = functools.lru_cache(maxsize=1)(lambda: source.of(map_dir))  # most runs end before anybody looks

    def counts() -> Mapping[ComponentStatus, int]:
        states().poll()
        return states().counts()

    over = [status for status in ComponentStatus if status.is_final]
    per_job = placement.components / placement.first_jobs
    return Line(tag, counts, placement.components, over, Pace(per_job), asked=None)


class _Log:
    """Writes the events of jobs.

    :param cluster: the number of their cluster.
    """

    def __init__(self, map_dir: MapDir, cluster: int) -> None:
        self._map_dir = map_dir
        self._cluster = cluster

    def executing(self, job: LocalJob) -> None:
        """Write that a job begins."""
        self._map_dir.add_event(eventlog.executing(self._cluster, job.job.row))

    def terminated(self, job: LocalJob, code: int, memory: int) -> None:
        """Write that a job has ended."""
        self._map_dir.add_event(eventlog.terminated(self._cluster, job.job.row, code, memory))


def _in_this_process(jobs: Iterable[LocalJob], log: _Log, line: Line) -> None:
    from htmap_run.job import in_this_process  # the runner, which other maps do not need here

    tell_runner()
    for job in jobs:
        log.executing(job)
        line.look()  # it stands there until the function prints something
        try:
            scratch = job.prepare()
            try:
                given = os.fspath(job.map_dir.runtime), scratch, job.block, job.components
                code = in_this_process.run(
                    *given, remapped=job.remapped, environment=job.environment, before_output=line.hide
                )
                memory = job.finish(scratch)
            finally:
                remove_tree(scratch)
        except OSError as error:  # those of the function are results
            code, memory = _could_not_finish(job, error)
        log.terminated(job, code, memory)


def _in_processes(jobs: Iterable[LocalJob], log: _Log, line: Line) -> None:
    most = tables.setting("PROCESSES") or _processors()
    with Children() as children:
        for job in jobs:
            if len(children) >= most:
                _end_one(children, log, line)
            log.executing(job)
            try:
                children.start(job)
            except OSError as error:
                log.terminated(job, *_could_not_finish(job, error))
        while children:
            _end_one(children, log, line)


def _processors() -> int:
    """Return how many processors this process may use; macOS does not limit them."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _end_one(children: Children, log: _Log, line: Line) -> None:
    job, scratch, code = children.next_ended(line.look)
    try:
        memory = job.finish(scratch)
    except OSError as error:
        code, memory = _could_not_finish(job, error)
    finally:
        remove_tree(scratch)
    log.terminated(job, code, memory)
    line.has_news()


def _could_not_finish(job: LocalJob, error: OSError) -> tuple[int, int]:
    """Write down why a job has no results, and return its exit code and its memory."""
    job.map_dir.outputs.tell(
        job.job, f"htmap: this job could not run on this machine: {type(error).__name__}: {error}\n"
    )
    return codes.CANNOT_FINISH, 0
