"""Jobs: their places in the item files, the folders of what they returned, and which of them has which component.

The first submission has all components in order, later ones have reruns of some.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
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


class JobSizes:
    """How many components each job of the first submission has. Jobs have consecutive components, in the order of their rows.

    :param runs: for each run of jobs of one size, how many they are and their size.
    :param components: how many components the jobs have together: the last one may have fewer than its run says.
    :ivar jobs: how many jobs there are.
    """

    def __init__(self, runs: Iterable[tuple[int, int]], components: int) -> None:
        runs = tuple(runs)
        self._components = components
        self._sizes = [size for _, size in runs]
        self._rows = [0, *itertools.accumulate(jobs for jobs, _ in runs)]
        self._firsts = [0, *itertools.accumulate(jobs * size for jobs, size in runs)]
        self.jobs = self._rows.pop()
        self._firsts.pop()

    @classmethod
    def equal(cls, components: int, size: int) -> JobSizes:
        """Return the sizes of jobs that all have *size* components, but perhaps the last one."""
        return cls([(-(-components // size), size)], components)

    def row_of(self, component: int) -> int:
        """Return the row of the job of a component."""
        run = bisect_right(self._firsts, component) - 1
        return self._rows[run] + (component - self._firsts[run]) // self._sizes[run]

    def components_of(self, row: int) -> range:
        """Return the components of a job."""
        run = bisect_right(self._rows, row) - 1
        first = self._firsts[run] + (row - self._rows[run]) * self._sizes[run]
        return range(first, min(first + self._sizes[run], self._components))


@attrs.frozen(eq=False)
class Placement:
    """The jobs of a map's components, as the submissions of one moment place them. It never changes, so threads share it.

    Only reruns are held in memory; the index of any other component gives its job.

    :param first: the sizes of the jobs of the first submission.
    :param again: the latest jobs of the components that were run again.
    """

    _path: Path
    first: JobSizes
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
        return self.again.get(component) or Job(0, self.first.row_of(component))

    def is_current(self, job: Job, component: int) -> bool:
        """Return whether *job* is the latest job of its *component*; faster than :meth:`job_of`."""
        last = self.again.get(component, job)
        return last is job or last == job

    def components_of(self, job: Job) -> tuple[int, ...]:
        """Return all components of a job, also those that have a later job."""
        if job.submission:
            return self._rows[job]
        return tuple(self.first.components_of(job.row))

    def jobs(self) -> Iterator[Job]:
        """Yield the jobs that are the latest of any component."""
        replaced = {Job(0, self.first.row_of(component)) for component in self.again}
        for row in range(self.first.jobs):
            job = Job(0, row)
            if job not in replaced or not self.again.keys() >= set(self.components_of(job)):
                yield job
        yield from dict.fromkeys(self.again.values())

    def _components_in(self, submission: int) -> Iterator[tuple[int, ...]]:
        with (self._path / names.ITEMS.format(submission=submission)).open(encoding="utf-8") as rows:
            for row in rows:
                yield tuple(ranges.parse(row.split(names.ITEM_SEPARATOR)[1]))
