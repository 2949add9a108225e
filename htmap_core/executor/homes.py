"""Where the calls of an executor go: into one map that grows, or into maps that run on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Optional, Protocol

import attrs

from htmap_core import names
from htmap_core.exceptions import BusyMap, HTMapException, MapWasRemoved, TagAlreadyExists
from htmap_core.executor.asked import Asked
from htmap_core.executor.collecting import Call, Group
from htmap_core.executor.recall.memory import Memory
from htmap_core.executor.recall.opening import opened
from htmap_core.maps import recovery
from htmap_core.maps.creating import created
from htmap_core.maps.drafts.draft import Draft
from htmap_core.maps.drafts.options import merged_options
from htmap_core.maps.earlier_runs import EarlierRuns
from htmap_core.maps.map import Map, engine_of
from htmap_core.maps.resuming.growing import grow, pool_of
from htmap_core.plugins import pools
from htmap_core.results.pickling import Pickled
from htmap_core.settings.moment import of_one_moment
from htmap_core.settings.waiting import PATIENCE, tries
from htmap_core.storage import operations
from htmap_core.storage.log import logger
from htmap_core.submission.chunking.places import places

_LONGEST = 1.0  # seconds between two looks whether the tag is free, or has a map

Submitted = Callable[[Map[Any], range], None]
"""Is told which components of which map calls have become."""

Added = tuple[Map[Any], range]  # what it is told


class Home(Protocol):
    """Where calls go. One thread at a time adds to it."""

    runs_here: bool
    """Whether calls have run when they are added."""

    @property
    def tag(self) -> str | None:
        """The tag of the map; None where there is none yet, or not one."""

    @property
    def maps(self) -> Sequence[Map[Any]]:
        """The maps that there are."""

    def add(self, group: Group, calls: Sequence[Call], submitted: Submitted) -> None:
        """Submit calls of a group, in their order.

        :raises HTMapException: they are not submitted.
        """

    def slots(self, asked: Asked) -> int:
        """Return how many calls can run at a time; 0 where that is not known.

        :raises CondorError: no pool answers.
        """

    def remove(self) -> None:
        """Remove what nobody has given a tag: all calls have ended, and the program has what came of them."""


class GrowingMap:
    """One map. It is made with the first calls that are submitted.

    :param tag: its tag; None for a random one.
    :param memory: what is remembered of earlier runs of the program, which may have left the map; None where nothing is.
    """

    runs_here = False

    def __init__(self, tag: str | None, memory: Memory | None = None) -> None:
        self._wanted, self._memory = tag, memory
        self._map: Optional[Map[Any]] = None

    @property
    def tag(self) -> str | None:
        """The tag; None where it is to be a random one and there is no map yet."""
        return self._wanted if self._map is None else self._map.tag

    @property
    def maps(self) -> Sequence[Map[Any]]:
        """The map, if there is one."""
        return [] if self._map is None else [self._map]

    def add(self, group: Group, calls: Sequence[Call], submitted: Submitted) -> None:
        """Submit calls of a group."""
        with of_one_moment():
            draft, added, pauses = _draft(group), None, tries(PATIENCE, _LONGEST)
            next(pauses)
            if self._memory is not None:  # it has been asked for these calls, so it knows now
                self._map, self._memory = self._memory.left, None
            while added is None:
                if self._map is None:
                    added = self._created(draft, group.given(calls), len(calls), pauses)
                else:
                    added = self._grown(self._map, draft, group.given(calls), len(calls))
            submitted(*added)

    def _grown(self, made: Map[Any], draft: Draft, given: Iterator[Pickled], total: int) -> Added | None:
        """Add components to the map; None where it is to be looked at anew."""
        map_dir = engine_of(made).map_dir
        try:
            return made, grow(map_dir, made.tag, draft, given, total, [], quiet=True)
        except BusyMap:
            operations.await_end(names.RERUNNING, map_dir)
        except MapWasRemoved:
            self._map = None  # somebody has done that on purpose, and it does not concern what comes now
        return None

    def _created(self, draft: Draft, given: Iterator[Pickled], total: int, pauses: Iterator[None]) -> Added | None:
        """Make the map; None where another executor of this process has made it meanwhile."""
        recovery.settle()
        try:
            self._map = created(draft, given, None, begun=[], tag=self._wanted, total=total, quiet=True)
        except TagAlreadyExists:
            self._map = None if self._wanted is None else opened(self._wanted)
            if self._map is None and next(pauses, pauses) is pauses:  # a removal that takes a while
                raise
            return None
        return self._map, engine_of(self._map).components[:total]

    def slots(self, asked: Asked) -> int:
        """Return how many calls can run at a time in the pool of the map, or in that which it would go to."""
        if self._map is None:
            _, connection = pools.find_pool()
        else:
            _, connection = pool_of(engine_of(self._map).map_dir)
        return places(merged_options(asked.options), connection, connection.schedd_parameter)

    def remove(self) -> None:
        """Remove the map, if it has a random tag."""
        if self._map is not None and self._map.exists and self._map.is_transient:
            _remove(self._map)


class LocalMaps:
    """Maps that run on this machine, one for each group of calls that came together. They have random tags.

    :param where: ``here`` or ``processes``.
    """

    runs_here, tag = True, None

    def __init__(self, where: str) -> None:
        self._where = where
        self.maps: list[Map[Any]] = []

    def add(self, group: Group, calls: Sequence[Call], submitted: Submitted) -> None:
        """Run calls of a group to their end."""
        from htmap_core.maps.here.creation import create_here  # the runner, which maps of a pool do not need

        def begins(made: Map[Any]) -> None:
            self.maps.append(made)
            submitted(made, engine_of(made).components)

        given = group.given(calls)
        create_here(_draft(group), given, None, total=len(calls), tag=None, where=self._where, begins=begins)

    def slots(self, asked: Asked) -> int:
        """Return that one call runs at a time."""
        del asked
        return 1

    def remove(self) -> None:
        """Remove the maps."""
        while self.maps:
            _remove(self.maps.pop())


def _draft(group: Group) -> Draft:
    draft = Draft.of(group.func, group.asked.options, group.asked.chunksize, function=group.function)
    runs = EarlierRuns(None) if group.is_mixed else draft.runs
    return attrs.evolve(draft, inputs=group.inputs, runs=runs)


def _remove(made: Map[Any]) -> None:
    try:
        made.remove()
    except HTMapException as error:  # nobody waits for it, and `htmap clean` removes it, too
        logger.info("map %r of an executor was not removed: %s", made.tag, error)
