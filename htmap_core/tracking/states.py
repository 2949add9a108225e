"""The states of a map's components, from the event log and, where components share a job, from its result file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from htmap_core.components import ComponentHold, ComponentStatus
from htmap_core.condor.connection import Connection
from htmap_core.exceptions import CorruptMap
from htmap_core.storage.jobs import Job
from htmap_core.storage.mapdir import MapDir, with_true_names
from htmap_core.tracking import holds
from htmap_core.tracking.jobs import Tracker

_SUCCEEDED = "OK"  # the status of a component in its job's result file
_HOLD = ("HoldReason", "HoldReasonCode")
_IS_HELD = 5  # the JobStatus of HTCondor


class LoggedStates:
    """The states of all components of a map, from its event log: a :class:`~htmap_core.tracking.source.StateSource`."""

    def __init__(self, map_dir: MapDir) -> None:
        self._map_dir = map_dir
        self._tracker = Tracker(map_dir)
        self._partly: dict[Job, frozenset[int]] = {}  # the components that succeeded in failed jobs

    def poll(self) -> bool:
        """Read the new events of the log, and return whether there were any.

        :raises CorruptEventLog: the log has text that is no event, or an event of another map.
        """
        return self._tracker.poll()

    def statuses(self) -> list[ComponentStatus]:
        """Return the status of every component."""
        placement, chunksize = self._map_dir.placement, self._map_dir.record.chunksize
        jobs = self._tracker.statuses(0) or [ComponentStatus.UNKNOWN] * self._map_dir.record.jobs
        if chunksize == 1:
            statuses = jobs
        else:
            statuses = []
            for row, status in enumerate(jobs):
                components = placement.components_of(Job(0, row))
                if status is ComponentStatus.ERRORED:
                    statuses += [self._within(Job(0, row), component, status) for component in components]
                else:
                    statuses += [status] * len(components)
        for component in placement.again:
            statuses[component] = self.status(component)
        return statuses

    def status(self, component: int) -> ComponentStatus:
        """Return the status of one component."""
        job = self._job(component)
        status = self._tracker.status(job)
        if status is ComponentStatus.UNKNOWN and job.submission:
            return ComponentStatus.IDLE  # another process is submitting it again right now
        return self._within(job, component, status)

    def _within(self, job: Job, component: int, status: ComponentStatus) -> ComponentStatus:
        """Return the status of a component, given its job's status.

        If a component of several fails, its job is ERRORED. The result file tells which components succeeded.
        """
        if status is not ComponentStatus.ERRORED or len(self._map_dir.placement.components_of(job)) == 1:
            return status
        if job not in self._partly:
            try:
                ends = self._map_dir.outputs.open(job).statuses
            except (FileNotFoundError, CorruptMap):  # whoever reads the component's error is told of the damage
                return status
            self._partly[job] = frozenset(each for each, end in ends.items() if end == _SUCCEEDED)
        return ComponentStatus.COMPLETED if component in self._partly[job] else status

    def _job(self, component: int) -> Job:
        return self._map_dir.placement.job_of(component)

    def hold(self, component: int) -> ComponentHold | None:
        """Return the hold of a component; None if it is not held."""
        hold = self._tracker.hold(self._job(component))
        if hold is None:
            return None
        reason = with_true_names(self._map_dir.path, hold.reason)
        return ComponentHold(hold.code, holds.shortened(reason))

    def note(self, component: int) -> str:
        """Return how the job of a component failed; an empty text if it did not."""
        return self._tracker.note(self._job(component))

    def memory(self, component: int) -> int:
        """Return the peak memory of a component's job in MB; 0 before the first measurement."""
        return self._tracker.memory(self._job(component))

    def runtime(self, component: int) -> float:
        """Return the duration of the present run of a component's job, or else of its last one, in seconds."""
        return self._tracker.runtime(self._job(component))

    @property
    def has_ended(self) -> bool:
        """Whether all jobs have ended and no further events can come."""
        submissions = self._map_dir.submissions.all()
        return bool(submissions) and all(self._tracker.has_ended(each.number, late=each.late) for each in submissions)

    def ask_the_schedd(self, connection: Connection) -> None:
        """Ask the schedd about the jobs that seem not to have ended, because the event log may have missed something.

        A job that is no longer in the queue has ended. If it left a result file, that tells how; otherwise the job was removed.
        HTCondor never logs an event for a job that is submitted on hold.

        :raises CondorError: the schedd does not answer. Nothing was changed.
        """
        for submission in self._map_dir.submissions.all():
            open_rows = self._tracker.open_rows(submission.number)
            if submission.cluster is None or not open_rows:
                continue
            queued = connection.query_jobs(f"ClusterId == {submission.cluster}", ["ProcId", "JobStatus", *_HOLD])
            present = {ad["ProcId"] for ad in queued}
            self._correct_holds(submission.number, queued)
            if submission.late and present:
                continue  # the schedd may not have made the missing jobs yet
            for row in open_rows:
                if row not in present:
                    job = Job(submission.number, row)
                    self._tracker.correct(job, self._outcome(job), "left the queue without an event in the log")

    def _correct_holds(self, submission: int, queued: Iterable[Mapping[str, Any]]) -> None:
        for ad in queued:
            job = Job(submission, ad["ProcId"])
            if ad["JobStatus"] == _IS_HELD and self._tracker.status(job) is ComponentStatus.IDLE:
                reason, code = (ad.get(name) for name in _HOLD)
                self._tracker.correct(job, ComponentStatus.HELD, reason or "", code or 0)

    def _outcome(self, job: Job) -> ComponentStatus:
        try:
            ends = self._map_dir.outputs.open(job).statuses
        except FileNotFoundError:
            return ComponentStatus.REMOVED
        succeeded = all(ends.get(component) == _SUCCEEDED for component in self._map_dir.placement.components_of(job))
        return ComponentStatus.COMPLETED if succeeded else ComponentStatus.ERRORED

    def save(self) -> None:
        """Save the states for the next process."""
        self._tracker.save()
