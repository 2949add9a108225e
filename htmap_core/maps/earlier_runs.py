"""How long calls of the same function took in earlier maps, as far as their results are here or were when they were removed."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Optional

import attrs

from htmap_core import names
from htmap_core.exceptions import CorruptMap, MadeByNewerHTMap
from htmap_core.storage.content import durations
from htmap_core.storage.content.durations import Durations
from htmap_core.storage.jobs import Job
from htmap_core.storage.log import logger
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.root import htmap_dir
from htmap_core.submission.chunking.choice import Calls
from htmap_core.submission.chunking.reason import Reason

if TYPE_CHECKING:
    from htmap_core.fingerprints.fingerprint import Fingerprints

FUNCTION = "function"  # the key of the function's digest, among the reasons for the sizes of jobs

_MAPS = 3  # the latest, of which results are looked at
_JOBS, _LARGEST = 10, 20_000  # jobs that are looked at, and their components: to find one of a million takes seconds
_PORTIONS = 20  # the latest: some maps grow by each call of a program
_FUNCTIONS = 20  # of a map, of which it is kept how long they take
_CALLS = 50  # in each of them
_SHORTEST = 1e-6  # seconds; clocks may be set back


class EarlierRuns:
    """The earlier maps over a function.

    :param func: the function, which may be any callable; None where there are several.
    """

    def __init__(self, func: Callable[..., Any] | None) -> None:
        self._func = func
        self._root = htmap_dir()

    @functools.cached_property
    def function(self) -> Optional[str]:
        """The digest of the function's fingerprint; None if it cannot be compared with earlier ones."""
        if self._func is None:
            return None
        found = self.fingerprints.function
        return None if found.incomparable else found.digest

    @functools.cached_property
    def fingerprints(self) -> Fingerprints:
        """The fingerprints of the function, and of inputs for it."""
        from htmap_core.fingerprints.fingerprint import Fingerprints  # few maps need it

        return Fingerprints(self._func)

    def calls(self) -> Optional[Calls]:
        """Return how long a call took; None if that is not known. What results tell is written down."""
        if self.function is None:
            return None
        known = durations.read(self._root, self.function)
        for each in reversed(known.maps):
            if (found := calls_of(MapDir(self._root / names.MAPS / each), self.function)) is not None:
                return found
        return None if known.seconds is None else Calls(known.seconds, with_loading=known.with_loading)

    def add(self, map_id: str) -> None:
        """Remember a map over the function as the latest: later ones look at its results."""
        if self.function is not None:
            known = durations.read(self._root, self.function)
            others = [each for each in known.maps if each != map_id]
            _write(self.function, attrs.evolve(known, maps=(*others, map_id)[-_MAPS:]))


def chunking(reason: Reason | None, runs: EarlierRuns) -> dict[str, Any] | None:
    """Return why HTMap has chosen the sizes of jobs, and the function of which the results will tell more; None if it has not."""
    return None if reason is None else {**attrs.asdict(reason), FUNCTION: runs.function if reason.teaches else None}


def keep(map_dir: MapDir) -> None:
    """Keep how long the calls of a map took, before it is removed."""
    try:
        of_portions = [(each or {}).get(FUNCTION) for each in map_dir.chunking()]
    except (CorruptMap, MadeByNewerHTMap):
        return  # nothing is known of it
    functions = dict.fromkeys(each for each in reversed(of_portions) if isinstance(each, str))
    for function in itertools.islice(functions, _FUNCTIONS):
        if (found := calls_of(map_dir, function)) is not None:
            known = durations.read(map_dir.root, function)
            others = tuple(each for each in known.maps if each != map_dir.id)
            _write(function, Durations(found.seconds, others, found.with_loading))


def calls_of(map_dir: MapDir, function: str | None) -> Optional[Calls]:
    """Return how long a call of a function takes, from a sample of the results that a map has; None if it has none.

    :param function: the digest of its fingerprint; None for all. Portions of which it is not known are taken for its own.
    """
    try:
        map_dir.refresh()
        placement = map_dir.placement
        of_portions = map_dir.chunking()
    except (CorruptMap, MadeByNewerHTMap):
        return None
    own = [
        portion
        for portion, chunking in zip(placement.portions, of_portions)
        if function is None or chunking is None or chunking.get(FUNCTION) == function
    ]
    total, calls, is_any_warm = 0.0, 0, False
    for portion in own[-_PORTIONS:]:
        for row in rows_looked_at(portion.jobs):
            size, job = len(portion.components_of(row)), Job(portion.submission, row)
            if size <= _LARGEST and (sample := list(_of_job(map_dir, job))):
                total += size * sum(sample) / len(sample)
                calls += size
                is_any_warm = is_any_warm or size > 1
    return Calls(total / calls, with_loading=not is_any_warm) if calls else None


def rows_looked_at(jobs: int) -> range:
    """Return the rows of the jobs that are looked at, of so many."""
    return range(0, jobs, max(1, jobs // _JOBS))


def _of_job(map_dir: MapDir, job: Job) -> Iterator[float]:
    """Yield how long some of the calls of a job took that have succeeded.

    The first one of several is left out: function and modules were loaded for it.
    """
    try:
        returned = map_dir.outputs.open(job)
        ended = [component for component, status in returned.statuses.items() if status == "OK"]
        for component in ended[1:][:: max(1, len(ended) // _CALLS)] or ended:
            record = returned.record(component)
            yield max(_SHORTEST, record["end"] - record["start"])
    except (FileNotFoundError, CorruptMap, MadeByNewerHTMap):
        return  # it has not ended, was run again, or is damaged, which whoever needs its results is told


def _write(function: str, known: Durations) -> None:
    try:
        durations.write(htmap_dir(), function, known)
    except OSError as error:
        logger.info("how long calls take is not written down: %s", error)
