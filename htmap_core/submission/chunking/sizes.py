"""The sizes of jobs, which shrink towards the end of a map, so that no slot works for long when the others have nothing to do.

The rule is that of factoring: as many jobs as there are slots share a part of what is left, then as many jobs a part of the rest.
All is decided when the map is made. So a map goes on without the program that has made it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator

LONG = 20.0
"""Seconds: calls that take longer have a job each, because starting one takes about a second."""

_START_RATE = 10.0  # jobs in a second: what one schedd starts, and a personal pool, too
# Seconds of work for a job: starting is 3% of it, and an eviction or a longer queue no disaster.
_SHORTEST, _LONGEST = 30.0, 600.0

_JOB_EACH = 4  # components for each slot, up to which they do not share jobs as long as nothing is known of them
# What share of the components that are left the next jobs get, one for each slot. The last ones are the tail: 6%, 13% or 25% of
# the work. The more calls there are for each slot, the less likely they are long, and the more it counts that jobs are few.
_ROUNDS = {
    0: (0.5, 0.5, 0.5, 0.5, 1.0),
    500: (0.62, 0.65, 1.0),
    1000: (0.75, 1.0),
}

Left = Callable[[], int]


def of_unknown(slots: int, left: Left) -> Iterator[int]:
    """Yield the sizes of jobs for calls of which nothing is known, without end.

    :param slots: how many jobs can run at a time.
    :param left: returns how many components have no job yet; asked when a job begins.
    """
    if left() <= _JOB_EACH * slots:
        yield from itertools.repeat(1)
    yield 1  # the first result should not wait for others
    while True:
        rounds = max(least for least in _ROUNDS if left() >= least * slots)
        for share in _ROUNDS[rounds]:
            yield from _equal(slots, left() * share / slots)


def of_known(
    slots: int, left: Left, seconds: float, *, may_be_shorter: bool = False, may_be_longer: bool = False
) -> Iterator[int]:
    """Yield the sizes of jobs for calls that take so many seconds, without end.

    Where there is less work than it takes to start a job on each slot, fewer jobs are quicker: with n of them the work takes
    ``n / rate + work / n`` seconds, which is least where n is the root of ``work * rate``.

    :param may_be_shorter: whether most of the seconds may go into what each process does only once. Long calls share jobs
        then, too: who gives each a job of its own never learns how long the others take.
    :param may_be_longer: whether they may take much longer, such as after a trial with small inputs. No slot is left without work
        then: a few jobs more take a second, all calls in one job would take as many times longer as there are slots.
    """
    has_job_each = seconds >= LONG and not (may_be_shorter and left() > _JOB_EACH * slots)
    if not has_job_each and left() * seconds >= _SHORTEST * slots:
        yield 1  # the first result should not wait for others, where all slots have work for long
    while True:
        work = left() * seconds
        if has_job_each:
            yield 1
        elif work < _SHORTEST * slots:
            jobs = slots if may_be_longer else min(slots, max(1, round(math.sqrt(work * _START_RATE))))
            yield from _equal(jobs, left() / jobs)
        else:
            half = work / 2 / slots
            yield from _equal(slots, min(max(half, _SHORTEST), _LONGEST) / seconds)


def no_more_than(most: int, sizes: Iterator[int]) -> Iterator[int]:
    """Yield sizes, but none that is larger than *most*."""
    return (min(size, most) for size in sizes)


def _equal(jobs: int, size: float) -> Iterator[int]:
    for _ in range(jobs):
        yield max(1, math.ceil(size))
