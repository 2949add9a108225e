"""The jobs of the components: the first submission has all components in order, later ones have reruns of some."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from htmap_core import names
from htmap_core.storage.jobs import Job
from htmap_run import ranges


class Placement:
    """The jobs of a map's components.

    Only reruns are held in memory; the index of any other component gives its job.
    """

    def __init__(self, map_path: Path, components: int, chunksize: int) -> None:
        self._path = map_path
        self._components = components
        self._chunksize = chunksize
        self._known: list[int] = []
        self.again: dict[int, Job] = {}
        self._rows: dict[Job, tuple[int, ...]] = {}

    def learn(self, submissions: Iterable[int]) -> None:
        """Read the item files of the submissions with these numbers."""
        present = sorted(number for number in submissions if number)
        if self._known != present[: len(self._known)]:  # a submission that the schedd refused is gone again
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
        """Return the latest job of a component."""
        return self.again.get(component) or Job(0, component // self._chunksize)

    def is_current(self, job: Job, component: int) -> bool:
        """Return whether *job* is the latest job of its *component*; faster than :meth:`job_of`."""
        last = self.again.get(component, job)
        return last is job or last == job

    def components_of(self, job: Job) -> tuple[int, ...]:
        """Return all components of a job, also those that have a later job."""
        if job.submission:
            return self._rows[job]
        first = job.row * self._chunksize
        return tuple(range(first, min(first + self._chunksize, self._components)))

    def jobs(self) -> Iterator[Job]:
        """Yield the jobs that are the latest of any component."""
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
