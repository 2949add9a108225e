"""Take components out of the queue whose futures were cancelled: many by one request."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from htmap_core.components import ComponentStatus
from htmap_core.exceptions import CondorError, HTMapException
from htmap_core.futures import following
from htmap_core.futures.future import Future
from htmap_core.plugins import pools
from htmap_core.results.engine import Engine
from htmap_core.storage.jobs import Job, Placement
from htmap_core.storage.log import logger

_MOMENT = 0.05  # seconds in which cancellations are gathered
_UNTIL_MADE = 1.0  # seconds until to look again for jobs that the schedd has not made yet
_AFTER_SILENCE = 30.0  # seconds

Cancelled = dict[int, Job]  # with the job that a component had when it was cancelled: a rerun gives it another


class Cancelling:
    """Takes cancelled components of one map out of the queue, in a thread of its own: an ``Owner`` of futures.

    A job leaves the queue when all its components have ended or are cancelled. Jobs that the schedd has not made yet are
    taken out once it makes them, or all at once where no component of their cluster is to run.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._adding = threading.Lock()
        self._cancelled: Cancelled = {}
        self._takes_all = False

    def cancelled(self, future: Future[object]) -> None:
        """Have the component of a future leave the queue soon."""
        if future.component is not None:
            self.take_out(future.component)

    def take_out(self, component: int) -> None:
        """Have a component leave the queue soon, unless it has ended."""
        if not self._engine.map_dir.is_here:
            with self._adding:
                self._cancelled[component] = self._engine.job(component)
            following.asking.do(self._remove, _MOMENT, at_exit=True)

    def cancel_all(self) -> None:
        """Cancel the futures of all components that do not run yet, and have these components leave the queue soon."""
        if not self._engine.map_dir.is_here:
            self._takes_all = True
            following.asking.do(self._remove, at_exit=True)

    def _remove(self) -> float | None:
        """Ask the schedd to remove jobs; return after how many seconds to do it again."""
        engine, connection = self._engine, None
        try:
            statuses, placement = engine.statuses(), engine.map_dir.placement
            left = self._still_open(statuses, placement)
            wanted = _constraints(engine, statuses, placement, left)
            if wanted:
                connection = pools.reach(engine.pool, engine.map_dir.plugin_files)
            for constraint in wanted:
                assert connection is not None
                connection.act("remove", constraint, "cancelled with htmap")
        except CondorError as error:
            logger.warning("map %r: cancelled components stay in the queue: %s", engine.map.tag, error)
            return _AFTER_SILENCE
        except HTMapException as error:  # the map was removed, or is damaged
            logger.info("map %r: cancelled components are left alone: %s", engine.map.tag, error)
            return None
        if wanted:
            logger.info("map %r: asked the schedd to remove cancelled components: %s", engine.map.tag, wanted)
        waits = any(statuses[each] is ComponentStatus.UNMATERIALIZED for each in left)
        return _UNTIL_MADE if waits else None

    def _still_open(self, statuses: list[ComponentStatus], placement: Placement) -> set[int]:
        """Return the cancelled components that have not ended, and forget the others."""
        with self._adding:
            if self._takes_all:
                self._takes_all = False
                waits = {ComponentStatus.IDLE, ComponentStatus.UNMATERIALIZED, ComponentStatus.HELD}
                idle = [each for each, status in enumerate(statuses) if status in waits]
                self._cancelled.update((each, placement.job_of(each)) for each in idle)
            self._cancelled = {
                each: job
                for each, job in self._cancelled.items()
                if not statuses[each].is_final and placement.is_current(job, each)
            }
            return set(self._cancelled)


def _constraints(engine: Engine, statuses: list[ComponentStatus], placement: Placement, left: set[int]) -> list[str]:
    """Return expressions for the jobs of which no component is to run any more, one for each request."""
    jobs = {placement.job_of(component) for component in left}
    removable = [job for job in jobs if _is_left(placement.components_of(job), job, statuses, placement, left)]
    found, single = [], []
    for submission in engine.map_dir.submissions.all():
        of_it = [job for job in removable if job.submission == submission.number]
        if submission.cluster is None or not of_it:
            continue
        rest = engine.open_jobs(set(_jobs_of(submission.number, submission.jobs)) - set(of_it))
        if not rest:
            found.append(engine.map_dir.own_cluster(submission.cluster))
        else:
            single += [job for job in of_it if not _is_unmade(job, placement, statuses)]
    return [*found, *([engine.map_dir.some_own_jobs(single)] if single else [])]


def _jobs_of(submission: int, jobs: int) -> Iterable[Job]:
    return (Job(submission, row) for row in range(jobs))


def _is_left(
    components: Iterable[int], job: Job, statuses: list[ComponentStatus], placement: Placement, left: set[int]
) -> bool:
    """Return whether nobody waits for a job any more."""
    return all(each in left or statuses[each].is_final or not placement.is_current(job, each) for each in components)


def _is_unmade(job: Job, placement: Placement, statuses: list[ComponentStatus]) -> bool:
    return statuses[placement.components_of(job)[0]] is ComponentStatus.UNMATERIALIZED
