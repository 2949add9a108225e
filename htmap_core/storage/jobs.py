"""Jobs: their places in the item files, the folders of what they returned, and which of them has which component.

The first submission has all components in order, later ones have reruns of some.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import attrs

from htmap_core import names
from htmap_run import ranges


@attrs.frozen
class Job:
    """One job: a row in the item file of a submission."""

    submission: int
    row: int

    @property
    def output(self) -> str:
        """The path of the job's files below the outputs, without their endings."""
        return f"{self.submission}/{self.row // names.ENTRIES_PER_DIRECTORY}/{self.row}"


def rows_in(path: Path, jobs: int) -> Iterator[list[str]]:
    """Yield the rows of an item file: one for each job, with a text for each column.

    :raises ValueError: it is damaged: it has other rows than HTMap has written, or not as many as jobs.
    """
    count = 0
    with path.open(encoding="utf-8") as file:
        for row in file:
            count += 1
            columns = row.rstrip("\n").split(names.ITEM_SEPARATOR)
            if len(columns) < len(names.COLUMNS):
                raise ValueError(f"it has the row {row[:80]!r}")
            yield columns
    if count != jobs:
        raise ValueError(f"it has {count} rows for {jobs} jobs")


@attrs.frozen(eq=False)
class Placement:
    """The jobs of a map's components, as the submissions of one moment place them. It never changes, so threads share it.

    Only reruns are held in memory; the index of any other component gives its job.

    :param again: the latest jobs of the components that were run again.
    """

    _path: Path
    _components: int
    _chunksize: int
    again: Mapping[int, Job] = attrs.field(factory=dict)
    _known: tuple[int, ...] = ()
    _rows: Mapping[Job, tuple[int, ...]] = attrs.field(factory=dict)

    def after(self, submissions: Iterable[int]) -> Placement:
        """Return the placement by the submissions with these numbers; only item files that are new to this one are read."""
        present = tuple(sorted(number for number in submissions if number))
        if present == self._known:
            return self
        # A submission that the schedd refused is gone again.
        goes_on = self._known == present[: len(self._known)]
        again, rows = (dict(self.again), dict(self._rows)) if goes_on else ({}, {})
        for number in present[len(self._known) if goes_on else 0 :]:
            for row, components in enumerate(self._components_in(number)):
                job = Job(number, row)
                rows[job] = components
                again.update(dict.fromkeys(components, job))
        return attrs.evolve(self, again=again, known=present, rows=rows)

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
