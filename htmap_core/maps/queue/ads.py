"""The ads of a map's jobs, from the queue or else from the history."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from htmap_core.components import ComponentStatus
from htmap_core.exceptions import CorruptEventLog
from htmap_core.plugins import pools
from htmap_core.results.engine import Engine
from htmap_core.tracking import source

if TYPE_CHECKING:
    from htmap_core.condor.job_ads import JobAd


def job_ad(engine: Engine, component: int) -> JobAd:
    """Return the full ad of a component's job.

    :raises JobNotFound: the schedd does not know the job, not yet or not any more.
    :raises CondorError: the schedd does not answer.
    """
    from htmap_core.condor import job_ads  # seldom needed

    if engine.map_dir.is_here:
        raise job_ads.JobNotFound(engine.map.current_tag(), component, str(engine.status(component)))
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
