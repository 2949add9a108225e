"""The states of a map's components, from the event log and, where components share a job, from what it has returned."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from htmap_core.components import ComponentHold, ComponentStatus
from htmap_core.condor import clusters
from htmap_core.condor.connection import Connection
from htmap_core.exceptions import CorruptEventLog, CorruptMap, MadeByNewerHTMap
from htmap_core.storage.content.links import with_true_names
from htmap_core.storage.jobs import Job, Placement, Portion
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.submissions import Submission
from htmap_core.tracking import holds, queued_jobs
from htmap_core.tracking.early_results import EarlyResults
from htmap_core.tracking.jobs import Tracker, unseen

_SUCCEEDED = "OK"  # the status of a component in its job's result file


class LoggedStates:
    """The states of all components of a map, from its event log: a :class:`~htmap_core.tracking.source.StateSource`.

    Threads can share it: it has no state of its own but a cache of what result files say for good.
    """

    def __init__(self, map_dir: MapDir) -> None:
        self._map_dir = map_dir
        self._tracker = Tracker(map_dir)
        self._early = EarlyResults(map_dir, self._tracker)
        self._sizes: dict[int, list[int]] = {}  # how many components each first job of a portion has, by submission
        self._partly: dict[Job, frozenset[int]] = {}  # the components that succeeded in failed jobs

    def poll(self) -> bool:
        """Read the new events of the log, and results that came before the end of their jobs; return whether there were any.

        :raises CorruptEventLog: the log has text that is no event, or an event that the map's jobs cannot have.
        """
        has_news = self._tracker.poll()
        if doubts := self._tracker.doubts():
            self._settle_by_files(doubts)
        for job in self._tracker.perhaps_ended() if has_news else ():  # it reads result files
            if self._outcome(job) is ComponentStatus.COMPLETED:  # a job that failed may be running again
                self._tracker.correct(job, ComponentStatus.RUNNING, ComponentStatus.COMPLETED)
        return self._early.look(has_news=has_news) or has_news

    def statuses(self) -> list[ComponentStatus]:
        """Return the status of every component."""
        placement = self._map_dir.placement
        statuses = [status for portion in placement.portions for status in self._of_portion(placement, portion)]
        for component in placement.again:
            statuses[component] = self._status(placement, component)
        return statuses

    def _of_portion(self, placement: Placement, portion: Portion) -> list[ComponentStatus]:
        """Return the statuses of the components of a portion, in their first jobs."""
        jobs = self._tracker.statuses(portion.submission) or [unseen(portion.submission)] * portion.jobs
        if portion.has_job_each:
            return jobs
        statuses, early = [], self._early_rows(portion)
        for row, status in enumerate(jobs):
            components, job = portion.components_of(row), Job(portion.submission, row)
            if status is ComponentStatus.ERRORED or row in early:
                statuses += [self._within(placement, job, component, status) for component in components]
            else:
                statuses += [status] * len(components)
        return statuses

    def counts(self) -> dict[ComponentStatus, int]:
        """Return how many components have each status, without those that none has."""
        placement = self._map_dir.placement
        if placement.again:
            found = Counter(map(id, self.statuses()))  # members of an Enum are slow to compare and to hash
            return {status: found[id(status)] for status in ComponentStatus if id(status) in found}
        if len(placement.portions) == 1 and placement.has_job_each:
            return self._counts_of_jobs(placement.portions[0])
        counts = dict.fromkeys(ComponentStatus, 0)
        for portion in placement.portions:
            self._add_counts(placement, portion, counts)
        return {status: count for status, count in counts.items() if count}

    def _counts_of_jobs(self, portion: Portion) -> dict[ComponentStatus, int]:
        return self._tracker.counts(portion.submission) or {unseen(portion.submission): portion.jobs}

    def _add_counts(self, placement: Placement, portion: Portion, counts: dict[ComponentStatus, int]) -> None:
        """Add how many components of a portion have each status to *counts*."""
        if portion.has_job_each:
            for status, count in self._counts_of_jobs(portion).items():
                counts[status] += count
            return
        number = portion.submission
        if number not in self._sizes:
            self._sizes[number] = [len(portion.components_of(row)) for row in range(portion.jobs)]
        statuses = self._tracker.statuses(number) or [unseen(number)] * portion.jobs
        early = self._early_rows(portion)
        whole: dict[int, int] = dict.fromkeys(map(id, ComponentStatus), 0)  # members of an Enum are slow to hash
        for row, (status, size) in enumerate(zip(statuses, self._sizes[number])):
            if row in early:
                for component in portion.components_of(row):
                    counts[self._within(placement, Job(number, row), component, status)] += 1
                continue
            done = self._succeeded(placement, Job(number, row)) if status is ComponentStatus.ERRORED else 0
            whole[id(status)] += size - done
            if done:
                counts[ComponentStatus.COMPLETED] += done
        for status in ComponentStatus:
            counts[status] += whole[id(status)]

    def _early_rows(self, portion: Portion) -> set[int]:
        """Return the rows of the first jobs of a portion of which components have ended before them."""
        return {job.row for job in self._early.ends if job.submission == portion.submission}

    def _succeeded(self, placement: Placement, job: Job) -> int:
        """Return how many components of a failed job succeeded."""
        components = placement.components_of(job)
        self._within(placement, job, components[0], ComponentStatus.ERRORED)  # reads that, if it can be known
        return len(self._partly.get(job, frozenset()).intersection(components))

    def status(self, component: int) -> ComponentStatus:
        """Return the status of one component."""
        return self._status(self._map_dir.placement, component)

    def open_jobs(self, jobs: Iterable[Job]) -> list[Job]:
        """Return those of some jobs that have not ended, whatever has become of their components before."""
        return [job for job in jobs if not self._tracker.status(job).is_final]

    def _status(self, placement: Placement, component: int) -> ComponentStatus:
        job = placement.job_of(component)
        status = self._tracker.status(job)
        if status is ComponentStatus.UNKNOWN and job.submission:
            return ComponentStatus.IDLE  # another process is submitting it again right now
        return self._within(placement, job, component, status)

    def _within(self, placement: Placement, job: Job, component: int, status: ComponentStatus) -> ComponentStatus:
        """Return the status of a component, given its job's status.

        If a component of several fails, its job is ERRORED. The result file tells which components succeeded. Of a job that has
        returned none, components may have ended before.
        """
        if status is ComponentStatus.ERRORED and len(placement.components_of(job)) > 1:
            if job not in self._partly and (returned := self._returned(job)) is not None:
                self._partly[job] = frozenset(number for number, succeeded in returned.items() if succeeded)
            if job in self._partly:
                return ComponentStatus.COMPLETED if component in self._partly[job] else status
        return status if status is ComponentStatus.COMPLETED else self._early.of(job).get(component, status)

    def _returned(self, job: Job) -> Mapping[int, bool] | None:
        """Return whether each component of a job succeeded, as its result file says; None if it has returned none."""
        try:
            ends = self._map_dir.outputs.open(job).statuses
        except FileNotFoundError:
            return None
        except (CorruptMap, MadeByNewerHTMap):  # whoever reads the component's result or error is told of the damage
            return {}
        return {component: end == _SUCCEEDED for component, end in ends.items()}

    def _outcome(self, job: Job) -> ComponentStatus | None:
        """Return what became of a job, as its result file says; None if it has returned none."""
        returned = self._returned(job)
        if returned is None:
            return None
        has_all = all(returned.get(component) for component in self._map_dir.placement.components_of(job))
        return ComponentStatus.COMPLETED if has_all else ComponentStatus.ERRORED

    def _job(self, component: int) -> Job:
        return self._map_dir.placement.job_of(component)

    def hold(self, component: int) -> ComponentHold | None:
        """Return the hold of a component; None if it is not held."""
        job = self._job(component)
        if (hold := self._tracker.hold(job)) is None or component in self._early.of(job):
            return None
        reason = with_true_names(self._map_dir.path, hold.reason)
        return ComponentHold(hold.code, holds.in_our_words(reason), hold.subcode)

    def note(self, component: int) -> str:
        """Return what :meth:`Tracker.note` does, of the job of a component."""
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

    def silence(self) -> float | None:
        """Return for how many seconds the log has been silent; None if there is none, or it is to tell nothing more."""
        modified = self._tracker.modified()
        return None if modified is None or self.has_ended else max(0.0, time.time() - modified)

    # --- what the log alone cannot tell

    def _settle_by_files(self, doubts: Mapping[Job, bool]) -> None:
        """Settle doubtful statuses of jobs that have returned a result file; it has checksums, and the log has none."""
        placement = self._map_dir.placement
        for job, is_without in doubts.items():
            status = self._tracker.status(job)
            outcome = self._outcome(job)
            is_current = any(placement.is_current(job, component) for component in placement.components_of(job))
            if outcome is not None or not is_without or not is_current:
                self._tracker.correct(job, status, outcome or status)

    def doubt(self) -> CorruptEventLog | None:
        """Return what is wrong with the log if the status of a job that seems to have ended is doubtful; else None. Cheap."""
        for job in self._tracker.doubts():
            if (status := self._tracker.status(job)).is_final or status is ComponentStatus.HELD:
                event = f"{status} of job {job.row} of submission {job.submission}"
                return CorruptEventLog(self._map_dir.events, event, "other events say that it cannot be")
        return None

    def lacks_news(self) -> bool:
        """Return whether the log lacks events for which the disk had no room. Cheap."""
        return self._tracker.lacks_events() and not self.has_ended

    def awaits_release(self, connection: Connection) -> bool:
        """Return whether the schedd makes no more jobs before held ones are released.

        It makes none of a map that is on hold, and none while the held ones take all places that `max_materialize` gives.

        :raises CondorError: the schedd does not answer.
        """
        for submission in self._map_dir.submissions.all():
            is_unmade = ComponentStatus.UNMATERIALIZED in self._tracker.statuses(submission.number)
            if is_unmade and not clusters.find(connection, submission.cluster, self._map_dir.id).awaits_release:
                return False
        return True

    def ask_the_schedd(self, connection: Connection) -> str | None:
        """Ask the schedd about the jobs that seem not to have ended, because the event log may have missed something.

        It is also asked about doubtful ones. A job that is no longer in the queue has ended, unless the schedd has not made it
        yet. If it left a result file, that tells how; else an open job was removed. One in the queue has the status that the
        schedd knows: HTCondor logs no event for a job that is submitted on hold, and loses those for which the disk has no room.

        :returns: why the schedd makes no more jobs of the map; None if it does, or has made all.
        :raises CondorError: the schedd does not answer. Nothing was changed.
        """
        pause, asked = None, list(self._doubtful())
        numbers = [each.cluster for each, _, _ in asked]
        known = clusters.find_all(connection, numbers, self._map_dir.id, queued_jobs.ATTRIBUTES)
        self._tracker.poll()  # jobs leave the queue after their last event
        for submission, rows, before in asked:
            found = known.get(submission.cluster, clusters.Cluster(()))
            self._correct_queued(submission.number, found.jobs, before)
            for row in sorted(set(rows) - {ad["ProcId"] for ad in found.jobs}):
                self._correct_absent(Job(submission.number, row), was_made=row < found.made)
            if found.pause is not None and max(rows) >= found.made:
                pause = f"the schedd makes no more of its jobs: {found.pause}; `htmap release` lets it go on"
        self._tracker.made_up_for()
        return pause

    def _doubtful(self) -> Iterator[tuple[Submission, list[int], list[ComponentStatus]]]:
        """Yield the submissions with jobs that seem not to have ended or are doubtful, the rows of these, and all statuses."""
        doubts = self._tracker.doubts()
        for each in self._map_dir.submissions.all():
            rows = self._tracker.open_rows(each.number) + [job.row for job in doubts if job.submission == each.number]
            if each.cluster is not None and rows:
                yield each, rows, self._tracker.statuses(each.number)

    def _correct_absent(self, job: Job, *, was_made: bool) -> None:
        """Correct the status of a job that is not in the queue, if it seems not to have ended or is doubtful."""
        status, is_doubtful = self._tracker.status(job), job in self._tracker.doubts()
        if is_doubtful and status.is_final:
            self._tracker.correct(job, status, self._outcome(job) or status)
        elif was_made and not status.is_final:
            outcome = self._outcome(job)
            if outcome is not None or not self._tracker.is_behind:  # else the event of its end may still come
                left = "left the queue without an event in the log"
                self._tracker.correct(job, status, outcome or ComponentStatus.REMOVED, left)

    def _correct_queued(
        self, submission: int, queued: Iterable[Mapping[str, Any]], before: Sequence[ComponentStatus]
    ) -> None:
        """Correct the status of jobs in the queue that the schedd knows better, or that is doubtful.

        :param before: the statuses by the log when the schedd was asked, by row. One that has changed since is newer.
        """
        doubts = self._tracker.doubts()
        for ad in queued:
            job, in_queue = Job(submission, ad["ProcId"]), queued_jobs.status(ad)
            was = self._tracker.status(job)
            is_as_before = job.row < len(before) and was is before[job.row] and not was.is_final
            if in_queue is not None and (job in doubts or (is_as_before and queued_jobs.knows_better(was, ad))):
                self._tracker.correct(job, was, in_queue, *queued_jobs.hold(ad), started=queued_jobs.started(ad))

    def save(self) -> None:
        """Save the states for the next process."""
        self._tracker.save()
