"""Components that have ended in jobs that have not: their results are in the schedd's spool, or have been copied from there.

HTCondor fetches what a job has finished when it is evicted, and when it ends for that (:mod:`htmap_run.files.saves`). The event
log tells only of the first time. So the spool is looked at, if it can be: where the schedd runs on this machine. Elsewhere the
results come with the end of the job.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Mapping

from htmap_core.components import ComponentStatus
from htmap_core.condor import clusters
from htmap_core.condor.connection import Connection
from htmap_core.contract.option_values import RETRY_EXCEPTIONS
from htmap_core.exceptions import CondorError, CorruptMap, MadeByNewerHTMap
from htmap_core.storage.content.early import Saved
from htmap_core.storage.jobs import Job
from htmap_core.storage.mapdir import MapDir
from htmap_core.tracking.jobs import Tracker
from htmap_run import frames

logger = logging.getLogger("htmap")

_PAUSE = 1.0  # seconds between two looks at least,
_TIMES = 100  # and so many times what one takes
_ENDS = {"OK": ComponentStatus.COMPLETED, "ERR": ComponentStatus.ERRORED}
_NOTHING: Mapping[int, ComponentStatus] = {}


class EarlyResults:
    """What has come of the jobs of a map before their end, as of the last :meth:`look`. Threads share it.

    :ivar ends: the statuses of the components that have ended, by job; it is only ever replaced as a whole.
    """

    def __init__(self, map_dir: MapDir, tracker: Tracker) -> None:
        self._map_dir = map_dir
        self._tracker = tracker
        self._looking = threading.Lock()
        self._next = -math.inf
        self._spool: str | None = None
        self._is_asked = False
        self._unreadable: set[Job] = set()
        self._versions: dict[Job, tuple[object, ...]] = {}  # of what was read
        self.ends: Mapping[Job, Mapping[int, ComponentStatus]] = {}

    def of(self, job: Job) -> Mapping[int, ComponentStatus]:
        """Return the statuses of the components of a job that have ended before it."""
        return self.ends.get(job, _NOTHING)

    def look(self, *, has_news: bool) -> bool:
        """Look for results, but not often, and return whether some have come. Between two looks it takes no time.

        :param has_news: whether the event log has told something since the last call.
        """
        if has_news:
            self._drop_errors()
        now = time.monotonic()
        if now < self._next and not (has_news and self._next == math.inf):
            return False  # the usual case
        if not self._looking.acquire(blocking=False):
            return False  # another thread looks
        try:
            before, is_over = self.ends, not self._look()
            took = time.monotonic() - now
            # Where no job is left that has begun, only the event log can tell of another.
            self._next = math.inf if is_over else now + max(_PAUSE, _TIMES * took)
            return self.ends is not before
        finally:
            self._looking.release()

    def _drop_errors(self) -> None:
        """Drop the errors of jobs that have failed since: the components run again."""
        failed = [job for job in self.ends if self._tracker.has_failed(job)]
        if failed:
            self.ends = {**self.ends, **{job: _succeeded(self.ends[job]) for job in failed}}

    def _look(self) -> bool:
        """Look for results, and return whether more can come without another event."""
        if self._map_dir.placement.has_job_each or self._map_dir.is_here:
            return False  # of a job with one component nothing comes before its end, and no schedd has a spool of those here
        is_any = False
        for submission in self._map_dir.submissions.all():
            rows = self._tracker.begun_rows(submission.number)
            is_any = is_any or bool(rows)
            spool = self._spool_here() if rows else None
            if spool is not None and submission.cluster is not None:
                for row in rows:
                    folder = clusters.saved(spool, submission.cluster, row)
                    self._copy(Job(submission.number, row), Saved(folder, submission.token, row))
        self._read_copies()
        return is_any

    def _read_copies(self) -> None:
        """Read the copies that are new, whichever process has made them."""
        kept = {job: version for job in self._map_dir.outputs.jobs_with_early() if (version := self._version(job))}
        changed = {job for job, version in kept.items() if self._versions.get(job) != version}
        if changed or self._versions.keys() - kept.keys():
            same = {job: ends for job, ends in self.ends.items() if job in kept and job not in changed}
            self.ends = {**same, **{job: self._ends_in(job) for job in changed}}
            self._versions = kept

    def _version(self, job: Job) -> tuple[object, ...] | None:
        """Return what changes with what a job has left, and what counts of it; None if there is none, or results of its end."""
        outputs = self._map_dir.outputs
        if self._tracker.status(job).is_final and outputs.has_ended(job):
            outputs.delete_early(job)
            return None
        version = outputs.version_of_early(job)
        return None if version is None else (version, self._tracker.has_failed(job))

    def _ends_in(self, job: Job) -> Mapping[int, ComponentStatus]:
        """Return how the components of a job have ended, as the copy says, without those that will run again.

        These are the failed ones of a job that has ended and could not finish, such as by a signal.
        """
        portions = self._map_dir.placement.portions
        is_retried = any(str(each.options.get(RETRY_EXCEPTIONS, "false")).casefold() != "false" for each in portions)
        try:
            found = self._map_dir.outputs.open_early(job).statuses
        except FileNotFoundError:
            return _NOTHING  # another process has deleted it
        except (CorruptMap, MadeByNewerHTMap) as error:
            logger.info("what job %s of %s has saved cannot be read: %s", job.output, self._map_dir.id, error)
            return _NOTHING
        ends = {component: _ENDS[end] for component, end in found.items() if end in _ENDS}
        return _succeeded(ends) if is_retried or self._tracker.has_failed(job) else ends

    def _spool_here(self) -> str | None:
        if not self._is_asked:
            self._is_asked = True
            try:
                self._spool = clusters.spool(Connection(self._map_dir.pool))
            except CondorError as error:
                logger.info("results of %s come with the end of its jobs: %s", self._map_dir.id, error)
        return self._spool

    def _copy(self, job: Job, saved: Saved) -> None:
        try:
            saved.copy_to(self._map_dir.outputs.early(job))
        except FileNotFoundError:
            pass  # nothing was saved yet
        except (OSError, frames.CorruptFile) as error:
            if job not in self._unreadable:  # else the log would have it each second
                logger.info("what job %s of %s has saved cannot be read: %s", job.output, self._map_dir.id, error)
            self._unreadable.add(job)  # it is looked at again all the same: a full disk gets room


def _succeeded(ends: Mapping[int, ComponentStatus]) -> Mapping[int, ComponentStatus]:
    return {component: status for component, status in ends.items() if status is ComponentStatus.COMPLETED}
