"""What was measured of a map's components, from two sources.

- *HTCondor* looks at all processes of a job together, and at its disk space, every few minutes and at its end. Of a job of a few
  seconds it may have seen little, and the log has no figure before the first look. Nothing is told of a job that was held.
- *The runner* knows the peak of each component, however short, but of the largest process alone, not of all together.

So the larger figure of the two counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Optional

import attrs

from htmap_core.components import ComponentStatus
from htmap_core.exceptions import CorruptMap, MadeByNewerHTMap
from htmap_core.language import amounts
from htmap_core.results.engine import Engine
from htmap_core.storage.content.returned import Returned
from htmap_core.storage.jobs import Job
from htmap_core.tracking import source

REQUEST_MEMORY, RETRY_REQUEST_MEMORY, REQUEST_DISK = "request_memory", "retry_request_memory", "request_disk"
# In which HTCondor gives a slot what jobs ask for, unless configured otherwise: MB and KB.
GIVEN_IN = {REQUEST_MEMORY: 128, REQUEST_DISK: 1024}
_MANY = 20_000  # components of a job: to find some of more among what it has returned takes seconds
_LARGEST = 1 << 40  # MB: more was not measured, but written by somebody


@attrs.frozen
class Used:
    """What a job, or a component, has used of something.

    :param component: the component, or the first one of the job.
    :param used: MB, KB or seconds.
    :param asked: what it had asked for; None if that is not known.
    """

    component: int
    used: float
    asked: Optional[float] = None


@attrs.frozen
class Measured:
    """What was measured of a map.

    :param jobs: how many jobs were looked at.
    :param of_jobs: of how many.
    :param memory: the peak of each job, in MB.
    :param disk: the disk space of each job, in KB.
    :param calls: the time of each call that has succeeded, in seconds.
    :param left: the components that have written files and returned nothing, with the names of the files.
    """

    jobs: int
    of_jobs: int
    memory: Sequence[Used]
    disk: Sequence[Used]
    calls: Sequence[Used]
    left: Sequence[tuple[int, Sequence[str]]] = ()

    @property
    def is_nothing(self) -> bool:
        """Whether nothing was measured."""
        return not (self.memory or self.disk or self.calls)


def measured(engine: Engine, *, most_jobs: int, most_calls: int, most_of_log: int | None = None) -> Measured:
    """Return what was measured of a map's jobs that have ended, as of the last look at its states.

    :param most_jobs: how many jobs to look at, evenly among all.
    :param most_calls: how many components of each, at least two.
    :param most_of_log: how many bytes of the event log to read, from its end; None for all.
    """
    looked_at, of_jobs = _chosen(engine, most_jobs)
    logged = source.used(engine.map_dir, looked_at, at_most=most_of_log)
    asked = amount(engine.map_dir.record.options.get(REQUEST_MEMORY), "MB")
    placement, status = engine.map_dir.placement, engine.states.status
    memory, disk, calls, left = [], [], [], []
    for job in looked_at:
        current = [each for each in placement.components_of(job) if placement.is_current(job, each)]
        if not current:  # another thread has them run again meanwhile
            continue
        peaks = []
        for component, seconds, megabytes, files in _returned(engine, job, current, most_calls):
            peaks.append(Used(component, megabytes))
            left += [(component, files)] if files else []
            if seconds is not None and status(component) is ComponentStatus.COMPLETED:
                calls.append(Used(component, seconds))
        usage = logged.get(job)
        if not engine.states.open_jobs([job]):
            peaks.append(Used(current[0], engine.states.memory(current[0])))
        most = max(peaks, key=lambda peak: peak.used, default=None)
        if most is not None and most.used:
            # The log of a map that ran on this machine has no requests.
            of_log = usage.memory.asked if usage and usage.memory and not engine.map_dir.is_here else None
            memory.append(attrs.evolve(most, asked=of_log or asked))
        if usage and usage.disk:
            disk.append(Used(current[0], usage.disk.used, usage.disk.asked))
    return Measured(len(looked_at), of_jobs, memory, disk, calls, left)


def _chosen(engine: Engine, most: int) -> tuple[list[Job], int]:
    """Return some of the jobs that are the latest of any component, evenly chosen, and of how many."""
    placement = engine.map_dir.placement
    if placement.again:
        jobs = list(placement.jobs())
        return jobs[:: -(-len(jobs) // most)], len(jobs)
    chosen: list[Job] = []
    count, step = 0, -(-placement.first_jobs // most)
    for portion in placement.portions:  # a map may have grown
        chosen += [Job(portion.submission, row) for row in range(-count % step, portion.jobs, step)]
        count += portion.jobs
    return chosen, count


def _returned(
    engine: Engine, job: Job, components: Sequence[int], most: int
) -> Iterator[tuple[int, Optional[float], int, Sequence[str]]]:
    """Yield some components of a job that have ended, with the time in seconds, the peak memory in MB and lost files of each.

    Of the first of several no time is told: function and modules were loaded for it, which the others need not wait for.
    """
    if len(components) > _MANY:
        return
    try:
        returned: Returned = engine.map_dir.outputs.open_for(job, components[0])
        ends = returned.statuses
        ended = [component for component in components if component in ends]
        for component in ended[:: max(1, len(ended) // most)]:
            record = returned.record(component)
            has_loaded = len(ended) > 1 and component == ended[0]
            seconds = None if has_loaded else max(0.0, record["end"] - record["start"])
            yield component, seconds, min(record["memory_mb"], _LARGEST), record.get("left", ())
    except (FileNotFoundError, CorruptMap, MadeByNewerHTMap):
        return  # nothing has come yet, or whoever reads the results is told of the damage


def amount(given: object, unit: str) -> float | None:
    """Return what all jobs ask for, by one of the map's options; None if that differs, or is an expression.

    :param unit: that of a number alone, and of what is returned.
    """
    if not isinstance(given, str):
        return None
    try:
        number, own_unit = amounts.read(given)
    except ValueError:
        return None
    return float(amounts.whole(number, own_unit or unit, unit))
