"""The map: a user's window on what was submitted, and a user's hand on it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from htmap_core.components import ComponentStatus
from htmap_core.condor.connection import Connection
from htmap_core.maps import removal, retagging
from htmap_core.maps.map_results import MapResults
from htmap_core.maps.map_view import of_existing
from htmap_core.plugins import pools
from htmap_core.storage.log import logger
from htmap_core.storage.tags import find_map
from htmap_core.submission.by_hand import description
from htmap_core.submission.rerun import rerun

if TYPE_CHECKING:
    from htmap_core.condor.job_ads import JobAd
    from htmap_core.diagnosis.why import Explanation

_PATIENCE = (
    30.0  # seconds for HTCondor to write down that it has held or released jobs: some milliseconds, unless it is busy
)
_NOT_HELD = frozenset(ComponentStatus) - {ComponentStatus.HELD}
_ENDED_OR_HELD = frozenset(status for status in ComponentStatus if status.is_final) | {
    ComponentStatus.HELD,
    ComponentStatus.UNMATERIALIZED,
}


class Map(MapResults):
    """The result of a mapping call: status, results and fate of all its components.

    Made by :func:`htmap.map` and its like, or by :func:`htmap.load`; there is one object for each map in a process.
    """

    @classmethod
    def load(cls, tag: str) -> Map:
        """Return the map with a tag, as :func:`htmap.load`.

        :raises TagNotFound: no map has it.
        """
        return cls(tag=tag, map_dir=find_map(tag))

    # --- its jobs in the queue

    @of_existing
    def hold(self) -> None:
        """Hold the map: its components do not run until they are released."""
        self._act("hold")
        self._await_log(_ENDED_OR_HELD)

    @of_existing
    def release(self) -> None:
        """Release the map: held components become idle again, whoever held them."""
        self._act("release")
        self._await_log(_NOT_HELD)

    @of_existing
    def pause(self) -> None:
        """Suspend the map: running components stop where they are and keep what they have claimed."""
        running = self._running_jobs()
        self._act("suspend")
        give_up = time.monotonic() + _PATIENCE
        # The schedd learns of it last, even after the event log, and does not resume a job that it takes for running.
        while running & self._running_jobs() and time.monotonic() < give_up:
            time.sleep(0.05)

    @of_existing
    def resume(self) -> None:
        """Resume the map after :meth:`pause`: suspended components go on."""
        self._act("continue")

    @of_existing
    def vacate(self) -> None:
        """Vacate the map: running components give up what they have claimed and become idle again."""
        self._act("vacate")

    @of_existing
    def set_memory(self, memory: int) -> None:
        """Change how much memory each component asks for; running ones keep what they have until they run again.

        :param memory: in MB.
        """
        self._edit("RequestMemory", memory)

    @of_existing
    def set_disk(self, disk: int) -> None:
        """Change how much disk space each component asks for; running ones keep what they have until they run again.

        :param disk: in KB.
        """
        self._edit("RequestDisk", disk)

    def _running_jobs(self) -> set[tuple[int, int]]:
        if not self.is_active:
            return set()
        constraint = f"({self._map_dir.constraint()}) && JobStatus == 2"
        ads = pools.reach(self._record.pool).query(constraint, ["ClusterId", "ProcId"])
        return {(ad["ClusterId"], ad["ProcId"]) for ad in ads}

    def _act(self, action: str) -> None:
        """Have the schedd act on all jobs of the map; on a map whose components have all ended there is nothing to do."""
        if self.is_active:
            pools.reach(self._record.pool).act(action, self._map_dir.constraint(), f"{action} with htmap")
            logger.info("map %r: asked the schedd to %s its jobs", self._tag, action)

    def _await_log(self, wanted: frozenset[ComponentStatus]) -> None:
        """Wait until the event log shows that the schedd has done what it was asked.

        The schedd answers before it writes the log: whoever releases a map and asks for a result would be told of the hold again.
        """
        give_up = time.monotonic() + _PATIENCE
        while not wanted.issuperset(self._states.all()) and time.monotonic() < give_up:
            time.sleep(0.01)
            self._states.poll()

    def _edit(self, attribute: str, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise TypeError(f"{attribute} is a whole number, not {value!r}")
        if self.is_active:
            retagging.edit_jobs(pools.reach(self._record.pool), self._map_dir, attribute, value)

    # --- what HTCondor knows of it

    @of_existing
    def why(self, components: Iterable[int] | None = None) -> list[Explanation]:
        """Return why components do not run: of those that are held why, of those that are idle how the pool's slots suit them.

        :param components: their indices; by default all that have not ended.
        :raises ComponentNotFound: the map has no such component.
        """
        from htmap_core.diagnosis import why as explanations  # with what it needs 20 ms, and seldom asked for

        if components is None:
            statuses = self.component_statuses
            chosen = [component for component in self._components if not statuses[component].is_final]
        else:
            chosen = [self._checked(component) for component in components]
        return explanations.explain(self._map_dir, self._states, self.tag, Connection(self._record.pool), chosen)

    @of_existing
    def job_ad(self, component: int) -> JobAd:
        """Return all that the schedd knows of a component's job.

        :raises ComponentNotFound: the map has no such component.
        :raises JobNotFound: the schedd has no such job: not yet, or not any more.
        :raises CondorError: the schedd does not answer.
        """
        from htmap_core.condor import job_ads

        component = self._checked(component)
        job = self._states.job(component)
        cluster = {each.number: each.cluster for each in self._map_dir.submissions.all()}.get(job.submission)
        found = None if cluster is None else job_ads.find(Connection(self._record.pool), cluster, job.row)
        if found is None:
            raise job_ads.JobNotFound(self.tag, component, str(self._status_now(component)))
        return found

    @of_existing
    def submit_file(self, component: int | None = None) -> str:
        """Return a submit description with which ``condor_submit`` runs components by hand, apart from the map.

        :param component: the only one to run; all by default.
        :raises ComponentNotFound: the map has no such component.
        """
        return description(self._map_dir, self.tag, None if component is None else self._checked(component))

    # --- its components once more, its tag, its end

    @of_existing
    def rerun(self, components: Iterable[int] | None = None) -> None:
        """Run components again from scratch, with the options that the map was made with; what they returned is deleted.

        :param components: their indices; all by default.
        :raises CannotRerunComponents: some of them have not ended.
        :raises HTMapException: the credentials that they need cannot be had any more; a plugin says why, and nothing has changed.
        """
        chosen = self._components if components is None else sorted({self._checked(each) for each in components})
        rerun(self._map_dir, self.tag, chosen, self.component_statuses)
        self._states.poll()

    @of_existing
    def retag(self, tag: str) -> None:
        """Give the map another tag; the old one is free at once. The map is not transient any more.

        :raises InvalidTag: no map can have it.
        :raises TagAlreadyExists: another map has it.
        """
        retagging.retag(self._map_dir, self.tag, tag, ended=not self.is_active)
        logger.info("map %r has the tag %r now", self._tag, tag)
        self._tag = tag

    @of_existing
    def remove(self, force: bool = False) -> None:
        """Remove the map: its jobs from the queue, whatever their state, and all its data. There is no way back.

        :param force: remove the data even if the pool does not answer, and do not wait until the jobs have left the queue.
        :raises CondorError: the pool does not answer, and the map may have jobs in its queue; nothing was changed.
        """
        self._states.poll()
        removal.remove(self._map_dir, self.tag, ended=self._states.ended, force=force)
        logger.info("map %r was removed", self._tag)
