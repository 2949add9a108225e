"""Explain why components of a map do not run, together for those with the same reason."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable, Iterator
from typing import Optional

import attrs

from htmap_core.components import ComponentHold, ComponentStatus
from htmap_core.condor import matchmaking
from htmap_core.condor.connection import Connection
from htmap_core.condor.matchmaking import IdleJob
from htmap_core.diagnosis.fair_share import Users
from htmap_core.diagnosis.idle import Verdict, why_idle
from htmap_core.exceptions import CondorError
from htmap_core.results.engine import Engine
from htmap_core.storage.jobs import Job
from htmap_core.storage.mapdir import MapDir
from htmap_core.tracking import holds

logger = logging.getLogger("htmap")


@attrs.frozen
class Explanation:
    """Why some components of a map do not run.

    :param components: their indices.
    :param status: their status.
    :param text: the reason, in a sentence.
    :param advice: what to do about it; empty if nothing need be done.
    :param verdict: for idle components, how the slots of the pool meet their requirements.
    """

    components: tuple[int, ...]
    status: ComponentStatus
    text: str
    advice: str = ""
    verdict: Optional[Verdict] = None


# Explanations that follow from the status alone.
_PLAIN = {
    ComponentStatus.UNKNOWN: ("HTCondor has not logged its submission yet", ""),
    ComponentStatus.UNMATERIALIZED: (
        "the schedd makes the jobs of a large map bit by bit, while fewer than max_idle are idle",
        "",
    ),
    ComponentStatus.RUNNING: ("it is running", ""),
    ComponentStatus.SUSPENDED: (
        "it was paused, or the owner of the machine needs its slot",
        "`htmap resume {tag}` undoes a pause",
    ),
    ComponentStatus.COMPLETED: ("it has a result", ""),
    ComponentStatus.ERRORED: ("it failed", "`htmap errors {tag}` shows how"),
    ComponentStatus.REMOVED: (
        "its job was removed from the queue",
        "`htmap rerun components {tag} N` submits it again",
    ),
}


def explain(engine: Engine, components: Iterable[int] | None) -> list[Explanation]:
    """Explain the status of components of a map, together for those with the same reason.

    :param components: their indices; None for all that have not ended.
    :raises ComponentNotFound: the map has no such component.
    """
    statuses, states = engine.statuses(), engine.states
    chosen = engine.components if components is None else [engine.from_front(component) for component in components]
    map_dir, tag, connection = engine.map_dir, engine.map.current_tag(), Connection(engine.pool)
    found: dict[tuple[ComponentStatus, str], list[int]] = {}
    by_hold: dict[ComponentHold, list[int]] = {}
    for component in chosen:
        status = statuses[component]
        if (hold := states.hold(component)) is not None:
            by_hold.setdefault(hold, []).append(component)
        elif components is not None or not status.is_final:
            found.setdefault((status, states.note(component)), []).append(component)
    explained = [_of_hold(hold, held, tag) for hold, held in by_hold.items()]
    for (status, note), alike in found.items():
        if status is ComponentStatus.UNMATERIALIZED and (reason := _paused(map_dir, connection)) is not None:
            text, advice = "the schedd makes no more jobs of this map for now", "`htmap release {tag}` lets it go on"
            explained.append(Explanation(tuple(alike), status, f"{text}: {reason}", advice.format(tag=tag)))
        elif status is ComponentStatus.IDLE:
            explained += _of_idle(map_dir, tag, connection, alike)
        else:
            text, advice = _PLAIN[status]
            said = f"{text} ({note})" if note else text
            explained.append(Explanation(tuple(alike), status, said, advice.format(tag=tag)))
    return explained


def _of_hold(hold: ComponentHold, components: list[int], tag: str) -> Explanation:
    text = f"{hold.reason} (code {hold.code})"
    return Explanation(tuple(components), ComponentStatus.HELD, text, holds.advice(hold, tag))


def _paused(map_dir: MapDir, connection: Connection) -> str | None:
    """Return why the schedd makes no more jobs of a map, as after a hold; None if it goes on, or does not answer."""
    constraint = f"({map_dir.constraint()}) && JobMaterializePaused =!= undefined && JobMaterializePaused != 0"
    try:
        for ad in connection.query_jobs(constraint, ["JobMaterializePauseReason"], 1):
            return str(ad.get("JobMaterializePauseReason") or "HTCondor does not say why")
    except CondorError as error:
        logger.info("the schedd does not tell why it makes no more jobs: %s", error)
    return None


_WHAT_DECIDES = ("Requirements", "RequestCpus", "RequestMemory", "RequestDisk", "RequestGPUs")


def _of_idle(map_dir: MapDir, tag: str, connection: Connection, idle: list[int]) -> Iterator[Explanation]:
    """Explain why components are idle, together for those whose jobs have the same requirements."""
    left, slots, users = set(idle), None, Users(connection)
    try:
        for job, components in _alike(map_dir, connection):
            if chosen := [component for component in components if component in left]:
                left.difference_update(chosen)
                slots = matchmaking.slots(connection) if slots is None else slots
                verdict = why_idle(tag, job, slots, users.standing(job.attributes))
                yield Explanation(tuple(chosen), ComponentStatus.IDLE, verdict.text, verdict.advice, verdict)
    except CondorError as error:
        yield Explanation(tuple(sorted(left)), ComponentStatus.IDLE, str(error))
        return
    if left:
        text = "its job is no longer idle in the queue, or not there yet; the event log does not have the news so far"
        yield Explanation(tuple(sorted(left)), ComponentStatus.IDLE, text, "Ask again in a moment")


def _alike(map_dir: MapDir, connection: Connection) -> Iterator[tuple[IdleJob, list[int]]]:
    """Yield one idle job, and the components of all jobs with the same requirements."""
    numbers = {submission.cluster: submission.number for submission in map_dir.submissions.all()}
    queued = connection.query_jobs(
        f"({map_dir.constraint()}) && JobStatus == 1", ["ClusterId", "ProcId", *_WHAT_DECIDES]
    )
    groups: dict[tuple[str, ...], list[tuple[int, int]]] = {}
    for ad in queued:
        groups.setdefault(tuple(str(ad.get(name)) for name in _WHAT_DECIDES), []).append(
            (ad["ClusterId"], ad["ProcId"])
        )
    for jobs in groups.values():
        cluster, proc = jobs[0]
        members = [map_dir.placement.components_of(Job(numbers[c], p)) for c, p in jobs if c in numbers]
        if (job := matchmaking.idle_job(connection, cluster, proc)) is not None:
            yield job, sorted(itertools.chain.from_iterable(members))
