"""Act on a map's jobs in the queue, and look up their ads.

Holding and releasing return when the event log shows it. The schedd answers before it writes the log: without the wait, a user
who releases a map and asks for a result would be told of the hold again.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from htmap_core.components import ComponentStatus
from htmap_core.condor.connection import Connection
from htmap_core.exceptions import CondorError, InvalidOption
from htmap_core.language import amounts
from htmap_core.plugins import pools
from htmap_core.results.engine import Engine
from htmap_core.storage.log import logger
from htmap_core.storage.mapdir import MapDir

if TYPE_CHECKING:
    from htmap_core.condor.job_ads import JobAd

_PATIENCE = 30.0  # seconds until HTCondor has logged that it has held or released jobs; milliseconds unless it is busy
_NOT_HELD = frozenset(ComponentStatus) - {ComponentStatus.HELD}
_ENDED_OR_HELD = frozenset(status for status in ComponentStatus if status.is_final) | {
    ComponentStatus.HELD,
    ComponentStatus.UNMATERIALIZED,
}


def hold(engine: Engine) -> None:
    """Hold the jobs."""
    _act(engine, "hold")
    _await_log(engine, _ENDED_OR_HELD)


def release(engine: Engine) -> None:
    """Release the jobs."""
    _act(engine, "release")
    _await_log(engine, _NOT_HELD)


def pause(engine: Engine) -> None:
    """Suspend the running jobs."""
    running = _running_jobs(engine)
    _act(engine, "suspend")
    give_up = time.monotonic() + _PATIENCE
    # The schedd notices the suspension last, later than the event log, and refuses to resume a job that it believes to run.
    while running & _running_jobs(engine) and time.monotonic() < give_up:
        time.sleep(0.05)


def resume(engine: Engine) -> None:
    """Resume the suspended jobs."""
    _act(engine, "continue")


def vacate(engine: Engine) -> None:
    """Vacate the running jobs: they give up their slots and become idle again."""
    _act(engine, "vacate")


def edit(engine: Engine, attribute: str, value: object, unit: str) -> None:
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
    if engine.is_active():
        edit_jobs(pools.reach(engine.pool), engine.map_dir, attribute, value)


def edit_jobs(connection: Connection, map_dir: MapDir, attribute: str, value: object) -> None:
    """Change an attribute of all jobs that a map has in the queue. No job at all is no error: they may just have ended.

    :raises CondorError: the schedd does not answer, or refuses the change.
    """
    constraint = map_dir.constraint()
    try:
        connection.edit(constraint, attribute, value)
    except CondorError:
        if connection.query_jobs(constraint, ["ClusterId"], limit=1):
            raise


def job_ad(engine: Engine, component: int) -> JobAd:
    """Return the full ad of a component's job.

    :raises JobNotFound: the schedd does not know the job, not yet or not any more.
    :raises CondorError: the schedd does not answer.
    """
    from htmap_core.condor import job_ads  # seldom needed

    job = engine.job(component)
    cluster = {each.number: each.cluster for each in engine.map_dir.submissions.all()}.get(job.submission)
    found = None if cluster is None else job_ads.find(pools.ask(engine.pool), cluster, job.row)
    if found is None:
        raise job_ads.JobNotFound(engine.map.current_tag(), component, str(engine.status(component)))
    return found


def _act(engine: Engine, action: str) -> None:
    """Tell the schedd to act on all jobs of a map, unless all components have ended."""
    if engine.is_active():
        pools.reach(engine.pool).act(action, engine.map_dir.constraint(), f"{action} with htmap")
        logger.info("map %r: asked the schedd to %s its jobs", engine.map.tag, action)


def _await_log(engine: Engine, wanted: frozenset[ComponentStatus]) -> None:
    """Wait until every component has one of the *wanted* statuses in the event log, or the patience is over."""
    give_up = time.monotonic() + _PATIENCE
    while not wanted.issuperset(engine.statuses()) and time.monotonic() < give_up:
        time.sleep(0.01)


def _running_jobs(engine: Engine) -> set[tuple[Any, Any]]:
    if not engine.is_active():
        return set()
    constraint = f"({engine.map_dir.constraint()}) && JobStatus == 2"
    ads = pools.reach(engine.pool).query_jobs(constraint, ["ClusterId", "ProcId"])
    return {(ad["ClusterId"], ad["ProcId"]) for ad in ads}
