"""Act on a map's jobs in the queue, and look up their ads.

Acts return when the event log shows them. The schedd answers before it writes the log: without the wait, a user who releases a
map and asks for a result would be told of the hold again. The schedd itself is not asked how far it is: for each such question it
forks, and looks at the whole queue of all users.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from htmap_core import user_warnings
from htmap_core.components import ComponentStatus
from htmap_core.condor.connection import Connection
from htmap_core.contract import walltime
from htmap_core.contract.option_values import WALLTIME
from htmap_core.exceptions import CondorError, CorruptEventLog, InvalidOption
from htmap_core.language import amounts
from htmap_core.plugins import pools
from htmap_core.results.engine import Engine
from htmap_core.settings.waiting import PATIENCE, tries
from htmap_core.storage.log import logger
from htmap_core.storage.mapdir import MapDir
from htmap_core.submission.files.signatures import sign_before_release
from htmap_core.tracking import source

if TYPE_CHECKING:
    from htmap_core.condor.job_ads import JobAd

_LONGEST = 0.5  # seconds between two looks at the event log
_AGAIN = (1.0, 3.0, 7.0, 15.0)  # seconds after which jobs that are not heard of are told again

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
    """Release the jobs, with signed URLs of their outputs that are good for long enough.

    :raises InvalidOption: the URLs have ended, and the keys to sign new ones cannot be read.
    """
    if engine.is_active():
        sign_before_release(engine.map_dir, _reach(engine), engine.map.current_tag())
    _act(engine, "release")
    _await_log(engine, _NOT_HELD)


def pause(engine: Engine) -> None:
    """Suspend the running jobs."""
    _end(engine, ComponentStatus.RUNNING, "suspend")


def resume(engine: Engine) -> None:
    """Resume the suspended jobs."""
    _end(engine, ComponentStatus.SUSPENDED, "continue")


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
    _change(engine, {attribute: value})


def set_walltime(engine: Engine, given: Any) -> None:
    """Change how long each component may take.

    :raises InvalidOption: *given* is no span of time.
    """
    component = walltime.wanted(given)
    if component is None:
        raise InvalidOption(WALLTIME, given, "must be a span of time: the jobs of a map cannot lose their limit")
    commands, _ = engine.map_dir.read_submit()
    _change(engine, walltime.edits(component, engine.map_dir.record.chunksize, commands))


def _change(engine: Engine, values: Mapping[str, int | str]) -> None:
    """Change attributes of the jobs in the queue, and warn of jobs to come that keep theirs."""
    if not engine.is_active():
        return
    pool = _reach(engine)
    for attribute, value in values.items():
        edit_jobs(pool, engine.map_dir, attribute, value)
        for submission in engine.map_dir.submissions.all():
            unmade = (each for each in engine.components if engine.job(each).submission == submission.number)
            if submission.late and any(engine.states.status(each) is ComponentStatus.UNMATERIALIZED for each in unmade):
                tag, cluster = engine.map.current_tag(), submission.cluster or 0
                user_warnings.warn(user_warnings.LaterJobsUnchanged(tag, cluster, attribute, value))


def edit_jobs(connection: Connection, map_dir: MapDir, attribute: str, value: object) -> None:
    """Change an attribute of all jobs that a map has in the queue. No job at all is no error: they may just have ended.

    :raises CondorError: the schedd does not answer, or refuses the change.
    """
    constraint = map_dir.own_jobs
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

    job, map_dir, connection = engine.job(component), engine.map_dir, pools.ask(engine.pool)
    cluster = {each.number: each.cluster for each in map_dir.submissions.all()}.get(job.submission)
    with contextlib.suppress(CorruptEventLog):
        engine.poll()
    status, found = engine.states.status(component), None
    if cluster is not None:
        wanted = map_dir.own_job(cluster, job.row)
        found = job_ads.queued(connection, wanted)
        if found is None and status is not ComponentStatus.UNMATERIALIZED:  # that one was never there
            found = job_ads.past(connection, wanted, since=source.began(map_dir))
    if found is None:
        raise job_ads.JobNotFound(engine.map.current_tag(), component, str(status))
    return found


def _reach(engine: Engine) -> Connection:
    return pools.reach(engine.pool, engine.map_dir.plugin_files)


def _act(engine: Engine, action: str) -> None:
    """Tell the schedd to act on all jobs of a map, unless all components have ended."""
    if engine.is_active():
        _reach(engine).act(action, engine.map_dir.own_jobs, f"{action} with htmap")
        logger.info("map %r: asked the schedd to %s its jobs", engine.map.tag, action)


def _end(engine: Engine, status: ComponentStatus, action: str) -> None:
    """Act on all jobs until the components that have *status* now are known to have had an end of it.

    The schedd notices later than the event log that a job is suspended, or goes on. It passes over a job that it believes to be
    what it is to become. So it is told again if the log does not show anything for long.
    """
    concerned = [component for component, each in enumerate(engine.statuses()) if each is status]
    _act(engine, action)
    begun, again = time.monotonic(), iter(_AGAIN)
    due = next(again)
    for _ in _looks(engine, frozenset(ComponentStatus) - {status}, concerned):
        if time.monotonic() > begun + due:
            _act(engine, action)
            due = next(again, math.inf)


def _await_log(engine: Engine, wanted: frozenset[ComponentStatus]) -> None:
    """Wait until every component has one of the *wanted* statuses in the event log, or the patience is over."""
    for _ in _looks(engine, wanted, engine.components):
        pass


def _looks(engine: Engine, wanted: frozenset[ComponentStatus], components: Iterable[int]) -> Iterator[None]:
    """Yield after each look at the event log, until components have one of the *wanted* statuses, or the patience is over."""
    for _ in tries(PATIENCE, _LONGEST):
        statuses = engine.statuses()
        if wanted.issuperset(statuses[component] for component in components):
            return
        yield
