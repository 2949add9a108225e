"""Which job has a component: the first submission has all of them in their order, later ones have some again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from htmap_core import names
from htmap_core.storage.jobs import Job
from htmap_run import ranges


class Placement:
    """The components of a map's jobs.

    Only what was run again is held in memory; for all others the place follows from their number.
    """

    def __init__(self, map_path: Path, components: int, chunksize: int) -> None:
        self._path = map_path
        self._components = components
        self._chunksize = chunksize
        self._known: list[int] = []
        self.again: dict[int, Job] = {}
        self._rows: dict[Job, tuple[int, ...]] = {}

    def learn(self, submissions: Iterable[int]) -> None:
        """Take in the item files of the submissions that there are by now, by their numbers."""
        present = sorted(number for number in submissions if number)
        if self._known != present[: len(self._known)]:  # one that was never taken by the schedd is gone again
            self._known = []
            self.again.clear()
            self._rows.clear()
        for number in present[len(self._known) :]:
            for row, components in enumerate(self._components_in(number)):
                job = Job(number, row)
                self._rows[job] = components
                self.again.update(dict.fromkeys(components, job))
        self._known = present

    def job_of(self, component: int) -> Job:
        """Return the job that ran, or will run, a component last."""
        return self.again.get(component) or Job(0, component // self._chunksize)

    def is_current(self, job: Job, component: int) -> bool:
        """Return whether a job that has a component is the one that ran it last; quicker than to ask which one that is."""
        last = self.again.get(component, job)
        return last is job or last == job

    def components_of(self, job: Job) -> tuple[int, ...]:
        """Return all components of a job, also those that another job has by now."""
        if job.submission:
            return self._rows[job]
        first = job.row * self._chunksize
        return tuple(range(first, min(first + self._chunksize, self._components)))

    def jobs(self) -> Iterator[Job]:
        """Yield the jobs that ran, or will run, any component last."""
        replaced = {Job(0, component // self._chunksize) for component in self.again}
        for row in range(-(-self._components // self._chunksize)):
            job = Job(0, row)
            if job not in replaced or not self.again.keys() >= set(self.components_of(job)):
                yield job
        yield from dict.fromkeys(self.again.values())

    def _components_in(self, submission: int) -> Iterator[tuple[int, ...]]:
        with (self._path / names.ITEMS.format(submission=submission)).open(encoding="utf-8") as rows:
            for row in rows:
                yield tuple(ranges.parse(row.split(names.ITEM_SEPARATOR)[1]))
