"""The choice of how many components share a job, which is HTMap's unless the user makes it, and the reasons for it."""

from __future__ import annotations

import datetime
import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Optional

import attrs

from htmap_core import durations
from htmap_core.contract.option_values import (
    AUTO,
    CHUNKSIZE,
    EXPECTED_RUNTIME,
    INPUT_FILES,
    OUTPUT_REMAPS,
    RETRY_EXCEPTIONS,
    WALLTIME,
)
from htmap_core.contract.options import MapOptions
from htmap_core.contract.pools import PoolView
from htmap_core.contract.usual import checks
from htmap_core.contract.walltime import of_all_jobs
from htmap_core.exceptions import InvalidOption
from htmap_core.results.pickling import Pickled
from htmap_core.submission.checkpointing import may_leave, mentions
from htmap_core.submission.chunking import sizes
from htmap_core.submission.chunking.places import places
from htmap_core.submission.chunking.reason import Reason
from htmap_core.submission.exit_policy import retried_exceptions

_LIMITS = ("allowed_execute_duration", "allowed_job_duration")  # HTCondor holds a job that takes longer
_MARGIN = 3  # calls may take so many times what they are known to take
_LONGEST = 8 * 3600  # seconds for a job, if each call needs its walltime: the limits of sites are hardly lower
# Inputs, and their bytes, that are held where their number is not known.
_AHEAD, _AHEAD_BYTES = 100_000, 32 * 1024 * 1024


class Chunks:
    """The sizes of a map's jobs, one after the other without end.

    :param rule: makes them from what tells how many components have no job yet.
    :param total: how many components there are; 0 if that is not known.
    :param ahead: whether to look ahead where it is not.
    :param reason: why HTMap has chosen them; None if the user has.
    """

    def __init__(
        self,
        rule: Callable[[sizes.Left], Iterator[int]],
        total: int = 0,
        ahead: bool = False,
        reason: Reason | None = None,
    ) -> None:
        self.reason = reason
        self._total = total
        self._looks_ahead = ahead and not total
        self._passed = 0
        self._ahead: deque[Pickled] = deque()
        self._brings_files = False
        self._sizes = rule(self._left)

    @property
    def differ(self) -> bool:
        """Whether jobs may have different numbers of components."""
        return self.reason is not None and not self.reason.alone

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> int:
        # Each job has room for the files of one component: the request for disk space was made for that.
        return 1 if self._brings_files else next(self._sizes)

    def following(self, inputs: Iterable[Pickled]) -> Iterator[Pickled]:
        """Yield the inputs of all components, each before the size of the job is asked for that it may begin.

        Where nobody knows how many there are, up to 100,000 are held for as long as those before them get their jobs.
        """
        for each in self._held(iter(inputs)) if self._looks_ahead else inputs:
            self._passed += 1
            self._brings_files = self.reason is not None and bool(each.sources)
            yield each

    def _held(self, coming: Iterator[Pickled]) -> Iterator[Pickled]:
        held = 0
        while True:
            while len(self._ahead) < _AHEAD and held < _AHEAD_BYTES and (more := next(coming, None)) is not None:
                self._ahead.append(more)
                held += len(more.payload)
            if not self._ahead:
                return
            following = self._ahead.popleft()
            held -= len(following.payload)
            yield following

    def _left(self) -> int:
        """Return how many components have no job yet, the one that was yielded last included."""
        if self._looks_ahead:
            return len(self._ahead) + 1
        left = self._total - self._passed + 1
        return left if left > 0 else self._passed  # there are more than their iterable has said: perhaps twice as many


def given(chunksize: Any, options: MapOptions) -> int | None:
    """Return how many components the user wants to share a job; None where HTMap is to choose.

    :param chunksize: the argument of that name; None for the option.
    :raises InvalidOption: it is neither a number of components nor ``auto``, or options differ among the components of a job.
    """
    wanted = options.get(CHUNKSIZE, AUTO) if chunksize is None else chunksize
    number = checks.chunksize(CHUNKSIZE, wanted)
    if number is not None and number > 1 and (varying := list(options.per_component())):
        raise InvalidOption(
            CHUNKSIZE,
            wanted,
            f"the components of a job cannot differ in their options, but {varying[0]} has a value for each component",
        )
    return number


def equal(chunksize: int) -> Chunks:
    """Return the sizes of jobs that all have the number of components that the user wants."""
    return Chunks(lambda _: itertools.repeat(chunksize))


@attrs.frozen
class Calls:
    """How long calls took in earlier runs.

    :param seconds: the time of one.
    :param with_loading: whether each was the first of its process, and may have loaded what others find there.
    """

    seconds: float
    with_loading: bool = False


@attrs.frozen
class View:
    """What the choice for a map can look at, besides its options and its function.

    :param grows: whether the pool may get more slots, by its plugin. One machine does not grow in any case.
    :param parameter: returns a parameter of the schedd's configuration, or None; it may raise CondorError.
    :param total: how many components there are; 0 if that is not known.
    :param earlier: returns how long a call took in earlier runs; None if there were none.
    :param saves: whether jobs can be saved before their end, by the delivery method.
    :param site_limit: returns the seconds that a job may take by the words of the site; None if they say nothing of it.
    """

    pool: PoolView
    grows: bool
    parameter: Callable[[str], Optional[str]]
    total: int
    earlier: Callable[[], Optional[Calls]]
    saves: bool = True
    site_limit: Callable[[], Optional[int]] = lambda: None


def chosen(options: MapOptions, view: View, function: Pickled, *, keeps_checkpoints: bool) -> Chunks:
    """Choose the sizes of a map's jobs."""
    expected = expected_runtime(options)
    if view.total == 1:
        return Chunks(lambda _: itertools.repeat(1), reason=Reason(single=True))
    alone = next(keeping_apart(options, function, keeps_checkpoints=keeps_checkpoints), "")
    known = Calls(expected) if expected is not None else None if alone else view.earlier()
    seconds = None if known is None else known.seconds
    of_site = None if alone else view.site_limit()
    most = None if alone else _most(options, of_site, seconds)
    if not alone and (most == 1 or (most is not None and not (view.saves and may_leave(options)))):
        alone = next((name for name in (*_LIMITS, WALLTIME) if name in options), "the time limit of the site")
    if alone:
        return Chunks(lambda _: itertools.repeat(1), reason=Reason(most=most, alone=alone))
    source = "" if seconds is None else "earlier runs" if expected is None else EXPECTED_RUNTIME
    at_a_time = places(options, view.pool, view.parameter)
    grows = view.grows and not (at_a_time and view.pool.is_local)
    reason = Reason(at_a_time, seconds, source, most, grows=grows)
    slots = reason.slots

    def rule(left: sizes.Left) -> Iterator[int]:
        if known is None:
            found = sizes.of_unknown(slots, left)
        else:
            found = sizes.of_known(
                slots, left, known.seconds, may_be_shorter=known.with_loading, may_be_longer=expected is None
            )
        return found if most is None else sizes.no_more_than(most, found)

    return Chunks(rule, view.total, ahead=True, reason=reason)


def keeping_apart(options: MapOptions, function: Pickled, *, keeps_checkpoints: bool) -> Iterator[str]:
    """Yield what keeps components from sharing jobs.

    Each job has room for the files of one component: the request for disk space was made for that.
    """
    yield from (name for name in (INPUT_FILES, OUTPUT_REMAPS) if name in options)
    yield from options.per_component()
    if keeps_checkpoints:
        yield "checkpoints"
    if retried_exceptions(options) is not None:
        yield RETRY_EXCEPTIONS  # the job runs again, with what has ended since its last save
    if mentions(function, "transfer_output_files"):
        yield "files"


def expected_runtime(options: MapOptions) -> float | None:
    """Return how long the user expects a call to take, in seconds."""
    given: Any = options.get(EXPECTED_RUNTIME)
    if given is None:
        return None
    if isinstance(given, datetime.timedelta):
        return given.total_seconds()
    try:
        return float(given)
    except ValueError:  # with a unit
        return float(durations.seconds(given))


def _most(options: MapOptions, of_site: int | None, seconds: float | None) -> int | None:
    """Return how many components may share a job, so that it keeps the time limits that the user or the site has given.

    These sizes do what can be done before: calls may take longer than all before. Then a job leaves its slot in time.
    The ``walltime`` of its components makes the time limit of a job. That must not be beyond what the user allows for jobs, and
    should not be beyond all that a site allows: the map would be refused.
    As long as nothing is known of the calls, one may need all of it.
    """
    limits = [options.text(name) for name in _LIMITS if name in options]
    limits += [] if of_site is None else [str(of_site)]
    walltime = of_all_jobs(options.get(WALLTIME), 1)
    if not limits and walltime is None:
        return None
    if not all(isinstance(limit, str) and limit.isdecimal() for limit in limits):
        return 1
    longest = min(map(int, limits), default=_LONGEST)
    most = 1 if seconds is None else int(longest / (_MARGIN * seconds))
    if walltime is not None:
        together = min(longest, _LONGEST) // walltime.wanted
        most = min(most, together) if limits and seconds is not None else together
    return max(1, most)
