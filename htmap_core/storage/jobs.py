"""Jobs: their places in the item files, the folders of what they returned, and which of them has which component.

The first submission has the components that the map was made with, in order. Later ones have some that were added, or reruns.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from collections.abc import Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from htmap_core import names
from htmap_core.files.reading import open_file
from htmap_run import ranges

_NUMBERS = re.compile(r"[0-9]{1,19}")


@attrs.frozen
class Job:
    """One job: a row in the item file of a submission."""

    submission: int
    row: int

    @property
    def output(self) -> str:
        """The path of the job's files below the outputs, without their endings."""
        return f"{self.submission}/{self.row // names.ENTRIES_PER_DIRECTORY}/{self.row}"


def rows_in(path: Path, jobs: int) -> Generator[list[str], None, None]:
    """Yield the rows of an item file: one for each job, with a text for each column.

    :raises ValueError: it is damaged: it has other rows than HTMap has written, or not as many as jobs.
    """
    count = 0
    with open_file(path) as file:
        for line in file:
            count += 1
            row = line.decode()
            columns = row.rstrip("\n").split(names.ITEM_SEPARATOR)
            if len(columns) < len(names.COLUMNS):
                raise ValueError(f"it has the row {row[:80]!r}")
            yield columns
    if count != jobs:
        raise ValueError(f"it has {count} rows for {jobs} jobs")


class JobSizes:
    """How many components each job of a submission has. Jobs have consecutive components, in the order of their rows.

    :param runs: for each run of jobs of one size, how many they are and their size.
    :param components: how many components the jobs have together: the last one may have fewer than its run says.
    :ivar jobs: how many jobs there are.
    """

    def __init__(self, runs: Iterable[tuple[int, int]], components: int) -> None:
        self.runs: tuple[tuple[int, int], ...] = tuple(runs)
        self.components = components
        self._sizes = [size for _, size in self.runs]
        self._rows = [0, *itertools.accumulate(jobs for jobs, _ in self.runs)]
        self._firsts = [0, *itertools.accumulate(jobs * size for jobs, size in self.runs)]
        self.jobs: int = self._rows.pop()
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
        return range(first, min(first + self._sizes[run], self.components))


@attrs.frozen(eq=False)
class Portion:
    """Components that came into the map together: those that it was made with, or some that were added later.

    :param sizes: how many of them each job has.
    :param submission: the submission that has their first jobs.
    :param first: the first of them.
    :param options: the map options that they were submitted with, for people to read.
    """

    sizes: JobSizes
    submission: int = 0
    first: int = 0
    options: Mapping[str, Any] = attrs.field(factory=dict)

    @property
    def components(self) -> range:
        """The indices of the components."""
        return range(self.first, self.first + self.sizes.components)

    @property
    def jobs(self) -> int:
        """The number of jobs that they share."""
        return self.sizes.jobs

    @property
    def has_job_each(self) -> bool:
        """Whether each component has a job of its own."""
        return self.sizes.jobs == self.sizes.components

    def row_of(self, component: int) -> int:
        """Return the row of the first job of a component."""
        return self.sizes.row_of(component - self.first)

    def components_of(self, row: int) -> range:
        """Return the components of a job."""
        found = self.sizes.components_of(row)
        return range(self.first + found.start, self.first + found.stop)


@attrs.frozen(eq=False)
class Placement:
    """The jobs of a map's components, as the submissions of one moment place them. It never changes, so threads share it.

    Only reruns are held in memory; the index of any other component gives its job.

    :param portions: the components that the map was made with, then those that were added, in order.
    :param again: the latest jobs of the components that were run again.
    """

    _path: Path
    portions: tuple[Portion, ...]
    again: Mapping[int, Job] = attrs.field(factory=dict)
    _known: tuple[int, ...] = ()
    _rows: Mapping[Job, tuple[int, ...]] = attrs.field(factory=dict)
    # Some maps have thousands of portions, and are looked up in for each of their components.
    _firsts: tuple[int, ...] = attrs.field(init=False)
    _by_submission: Mapping[int, Portion] = attrs.field(init=False)

    @_firsts.default
    def _first_of_each(self) -> tuple[int, ...]:
        return tuple(portion.first for portion in self.portions)

    @_by_submission.default
    def _of_each_submission(self) -> Mapping[int, Portion]:
        return {portion.submission: portion for portion in self.portions}

    @property
    def components(self) -> int:
        """How many components the map has."""
        return self.portions[-1].components.stop

    @property
    def first_jobs(self) -> int:
        """How many jobs the components had at first, before any of them ran again."""
        return sum(portion.jobs for portion in self.portions)

    @property
    def has_job_each(self) -> bool:
        """Whether each component has had a job of its own from the start."""
        return all(portion.has_job_each for portion in self.portions)

    def after(self, reruns: Iterable[int], added: Iterable[Portion] = ()) -> Placement:
        """Return the placement by reruns with these numbers and the portions that were added.

        Only item files that are new to this one are read.
        """
        present, portions = tuple(sorted(number for number in reruns if number)), (self.portions[0], *added)
        are_same = [each.submission for each in portions] == [each.submission for each in self.portions]
        if present == self._known and are_same:
            return self
        # A submission that the schedd refused is gone again.
        goes_on = self._known == present[: len(self._known)]
        again, rows = (dict(self.again), dict(self._rows)) if goes_on else ({}, {})
        count = portions[-1].components.stop
        for number in present[len(self._known) if goes_on else 0 :]:
            for row, components in enumerate(self._components_in(number, count)):
                job = Job(number, row)
                rows[job] = components
                again.update(dict.fromkeys(components, job))
        return attrs.evolve(self, portions=portions, again=again, known=present, rows=rows)

    def portion(self, submission: int) -> Portion:
        """Return the portion whose first jobs a submission has.

        :raises KeyError: none has.
        """
        return self._by_submission[submission]

    def portion_of(self, component: int) -> Portion:
        """Return the portion that has a component."""
        if len(self.portions) == 1:
            return self.portions[0]
        return self.portions[bisect_right(self._firsts, component) - 1]

    def by_portion(self, components: Iterable[int]) -> dict[Portion, list[int]]:
        """Return those of some components that each portion has, in their order; no portion that has none of them."""
        found: dict[Portion, list[int]] = {}
        for component in components:
            found.setdefault(self.portion_of(component), []).append(component)
        return found

    def job_of(self, component: int) -> Job:
        """Return the latest job of a component."""
        if (found := self.again.get(component)) is not None:
            return found
        portion = self.portion_of(component)
        return Job(portion.submission, portion.row_of(component))

    def is_current(self, job: Job, component: int) -> bool:
        """Return whether *job* is the latest job of its *component*; faster than :meth:`job_of`."""
        last = self.again.get(component, job)
        return last is job or last == job

    def components_of(self, job: Job) -> tuple[int, ...]:
        """Return all components of a job, also those that have a later job."""
        if (portion := self._by_submission.get(job.submission)) is not None:
            return tuple(portion.components_of(job.row))
        return self._rows[job]

    def jobs(self) -> Iterator[Job]:
        """Yield the jobs that are the latest of any component."""
        replaced = set()
        for component in self.again:
            portion = self.portion_of(component)
            replaced.add(Job(portion.submission, portion.row_of(component)))
        for portion in self.portions:
            for row in range(portion.jobs):
                job = Job(portion.submission, row)
                if job not in replaced or not self.again.keys() >= set(portion.components_of(row)):
                    yield job
        yield from dict.fromkeys(self.again.values())

    def _components_in(self, submission: int, count: int) -> Iterator[tuple[int, ...]]:
        with open_file(self._path / names.ITEMS.format(submission=submission)) as rows:
            for row in rows:
                text = row.decode().split(names.ITEM_SEPARATOR)[1]
                if any(int(number) >= count for number in _NUMBERS.findall(text)):  # else damage could fill the memory
                    raise ValueError(f"it has components {text!r} of {count}")
                yield tuple(ranges.parse(text))
