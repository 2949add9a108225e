"""Whom an act is on: all jobs of a map, or those of some components, which others may share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Optional

import attrs

from htmap_core import user_warnings
from htmap_core.components import ComponentStatus
from htmap_core.results.engine import Engine
from htmap_core.storage.jobs import Job

Wanted = Optional[Iterable[int]]
"""The indices of the components to act on; None for all."""


@attrs.frozen
class Scope:
    """Whom an act is on.

    :param components: the components that it was asked for, without those that have ended or have no job yet.
    :param others: further components of the same jobs that have not ended.
    :param unmade: components that it was asked for, whose jobs the schedd makes later.
    :param ended: components that it was asked for, and that have ended.
    :param jobs: the jobs; None for all of the map, also those that the schedd makes later.
    """

    components: Sequence[int]
    others: tuple[int, ...] = ()
    unmade: tuple[int, ...] = ()
    jobs: Optional[tuple[Job, ...]] = None
    ended: tuple[int, ...] = ()

    @property
    def concerned(self) -> Sequence[int]:
        """All components that the act is on."""
        return [*self.components, *self.others] if self.others else self.components


def scope(engine: Engine, wanted: Wanted) -> Scope:
    """Return whom an act on some components is on. Those that have ended are left out, as acts on a map leave them out.

    :raises ComponentNotFound: the map has no such component.
    """
    if wanted is None:
        return Scope(engine.components)
    chosen = sorted({engine.from_front(component) for component in wanted})
    statuses, placement = engine.statuses(), engine.map_dir.placement
    left = [component for component in chosen if not statuses[component].is_final]
    unmade = tuple(component for component in left if statuses[component] is ComponentStatus.UNMATERIALIZED)
    made = tuple(component for component in left if statuses[component] is not ComponentStatus.UNMATERIALIZED)
    jobs = tuple(dict.fromkeys(placement.job_of(component) for component in made))
    sharing = {
        component
        for job in jobs
        for component in placement.components_of(job)
        if placement.is_current(job, component) and not statuses[component].is_final
    }
    ended = tuple(component for component in chosen if statuses[component].is_final)
    return Scope(made, tuple(sorted(sharing.difference(made))), unmade, jobs, ended)


# The statuses of those to which an act does nothing. Of what is UNKNOWN, nobody knows.
_IDLE, _HELD, _RUNNING, _SUSPENDED = (ComponentStatus(name) for name in ("IDLE", "HELD", "RUNNING", "SUSPENDED"))
_PASSED_OVER: dict[str, frozenset[ComponentStatus]] = {
    "hold": frozenset({_HELD}),
    "release": frozenset({_IDLE, _RUNNING, _SUSPENDED}),
    "pause": frozenset({_IDLE, _HELD, _SUSPENDED}),
    "resume": frozenset({_IDLE, _HELD, _RUNNING}),
    "vacate": frozenset({_IDLE, _HELD}),
    "edit": frozenset(),
}


def others_concerned(engine: Engine, act: str, on: Scope) -> user_warnings.OthersConcerned | None:
    """Return the warning that an act is also on components that it was not asked for; None if it is on no others.

    To vacate an idle job, or to hold a held one, does nothing to anybody.
    """
    if not on.others:
        return None
    statuses = engine.statuses()
    asked, others = (
        tuple(component for component in components if statuses[component] not in _PASSED_OVER[act])
        for components in (on.components, on.others)
    )
    return user_warnings.OthersConcerned(engine.map.current_tag(), act, asked, others) if others else None


def told(engine: Engine, act: str, wanted: Wanted) -> Scope:
    """Return whom an act is on, and warn of what was not asked for. Where warnings are errors, nothing has been done then.

    :param act: what the user calls it.
    """
    on = scope(engine, wanted)
    if engine.map_dir.is_here:
        user_warnings.warn(user_warnings.NoQueue(engine.map.current_tag(), act))
        return Scope((), jobs=())
    if (warning := others_concerned(engine, act, on)) is not None:
        user_warnings.warn(warning)
    if on.unmade:
        user_warnings.warn(user_warnings.NoJobsYet(engine.map.current_tag(), act, on.unmade))
    if act in _NEED_MACHINES and (silent := out_of_reach(engine, on)):
        user_warnings.warn(user_warnings.OutOfReach(engine.map.current_tag(), act, silent))
    return on


_NEED_MACHINES = frozenset({"hold", "pause", "vacate"})


def out_of_reach(engine: Engine, on: Scope) -> tuple[int, ...]:
    """Return the components that an act is on, and that run where nothing is heard from their machines."""
    statuses = engine.statuses()
    running = (each for each in on.concerned if statuses[each] is ComponentStatus.RUNNING)
    return tuple(sorted(each for each in running if engine.states.note(each)))


def is_open(engine: Engine, on: Scope) -> bool:
    """Return whether there may be a job to act on."""
    return engine.is_active() if on.jobs is None else bool(on.jobs)


def constraint_for(engine: Engine, jobs: Sequence[Job] | None) -> str:
    """Return a ClassAd expression for jobs of a map, or for all of them, and for no others."""
    return engine.map_dir.own_jobs if jobs is None else engine.map_dir.some_own_jobs(jobs)
