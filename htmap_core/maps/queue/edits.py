"""Change attributes of a map's jobs in the queue, or of those of some components."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from htmap_core import user_warnings
from htmap_core.components import ComponentStatus
from htmap_core.condor.connection import Connection
from htmap_core.contract import walltime
from htmap_core.contract.option_values import WALLTIME
from htmap_core.exceptions import CondorError, InvalidOption
from htmap_core.language import amounts
from htmap_core.maps.queue.scope import Scope, Wanted, constraint_for, is_open, told
from htmap_core.plugins import pools
from htmap_core.results.engine import Engine
from htmap_core.storage.jobs import Job


def edit(engine: Engine, attribute: str, value: object, unit: str, wanted: Wanted = None) -> None:
    """Change how much the jobs request of something.

    :param value: a whole number of *unit*, or a text such as ``2GB``, where *unit* is that of a number alone.
    :raises InvalidOption: *value* is a text, but no amount.
    :raises TypeError: *value* is neither a text nor a whole number from 0 up.
    """
    if isinstance(value, str):
        try:
            number, own_unit = amounts.read(value)
        except ValueError as error:
            raise InvalidOption(attribute, value, str(error)) from error
        value = amounts.whole(number, own_unit or unit, unit)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError(f"{attribute} must be a whole number from 0 up or a text such as '2GB', got {value!r}")
    on = _told(engine, wanted)
    _change(engine, on, [(on.jobs, {attribute: value})])


def set_walltime(engine: Engine, given: Any, wanted: Wanted = None) -> None:
    """Change how long each component may take. Each job gets the time of as many components as it has.

    :raises InvalidOption: *given* is no span of time.
    """
    component = walltime.wanted(given)
    if component is None:
        raise InvalidOption(WALLTIME, given, "must be a span of time: the jobs of a map cannot lose their limit")
    commands, _ = engine.map_dir.read_submit()
    on = _told(engine, wanted)
    sizes = _by_size(engine, on)
    _change(engine, on, [(jobs, walltime.edits(component, size, commands)) for size, jobs in sizes.items()])


def _told(engine: Engine, wanted: Wanted) -> Scope:
    """Return whose jobs an edit is on, and warn of what it does not do, also to components that have ended.

    Of other acts these need not be told: who holds what has ended has what they want.
    """
    on = told(engine, "edit", wanted)
    if not engine.map_dir.is_here and (on.ended if wanted is not None else not engine.is_active()):
        user_warnings.warn(user_warnings.EndedAlready(engine.map.current_tag(), on.ended))
    return on


def _by_size(engine: Engine, on: Scope) -> Mapping[int, Sequence[Job] | None]:
    """Return the open jobs of a scope by how many components they have, the largest last; None for all jobs of the map."""
    record, placement = engine.map_dir.record, engine.map_dir.placement
    if on.jobs is None and not record.sizes and len(placement.portions) == 1:
        return {record.chunksize: None}  # the last one may be smaller
    found: dict[int, list[Job]] = {}
    statuses = engine.statuses()
    for job in placement.jobs() if on.jobs is None else on.jobs:
        components = placement.components_of(job)
        if not all(statuses[component].is_final for component in components):
            found.setdefault(len(components), []).append(job)
    return dict(sorted(found.items()))


def _change(engine: Engine, on: Scope, edits: Sequence[tuple[Sequence[Job] | None, Mapping[str, int | str]]]) -> None:
    """Change attributes of jobs in the queue, and warn of jobs to come that keep theirs.

    :param edits: jobs, or None for all of the map, and their new values. The last one is what later jobs should have.
    """
    if not is_open(engine, on):
        return
    pool = pools.reach(engine.pool, engine.map_dir.plugin_files)
    for jobs, values in edits:
        constraint = constraint_for(engine, jobs)
        for attribute, value in values.items():
            edit_jobs(pool, constraint, attribute, value)
    if on.jobs is None and edits:
        _warn_of_later_jobs(engine, edits[-1][1])


def _warn_of_later_jobs(engine: Engine, values: Mapping[str, int | str]) -> None:
    for attribute, value in values.items():
        for submission in engine.map_dir.submissions.all():
            unmade = (each for each in engine.components if engine.job(each).submission == submission.number)
            if submission.late and any(engine.states.status(each) is ComponentStatus.UNMATERIALIZED for each in unmade):
                tag, cluster = engine.map.current_tag(), submission.cluster or 0
                user_warnings.warn(user_warnings.LaterJobsUnchanged(tag, cluster, attribute, value))


def edit_jobs(connection: Connection, constraint: str, attribute: str, value: object) -> None:
    """Change an attribute of all jobs that satisfy a constraint. No job at all is no error: they may just have ended.

    :raises CondorError: the schedd does not answer, or refuses the change.
    """
    try:
        connection.edit(constraint, attribute, value)
    except CondorError:
        if connection.query_jobs(constraint, ["ClusterId"], limit=1):
            raise
