"""Why components of a map do not run: what is known of each, put together for those that share a reason."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable, Iterator
from typing import Any, Optional

import attrs

from htmap_core.components import ComponentHold, ComponentStatus
from htmap_core.condor.connection import Connection
from htmap_core.diagnosis import idle as analysis
from htmap_core.diagnosis.fair_share import Users
from htmap_core.diagnosis.idle import Verdict
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
    :param status: the status that they have.
    :param text: the reason, in a sentence.
    :param advice: what to do about it; empty where nothing need be done.
    :param verdict: for idle components, how the slots of the pool meet what they require.
    """

    components: tuple[int, ...]
    status: ComponentStatus
    text: str
    advice: str = ""
    verdict: Optional[Verdict] = None


# What can be said of a status without looking any further.
_PLAIN = {
    ComponentStatus.UNKNOWN: ("HTCondor has not written down that it was submitted", ""),
    ComponentStatus.UNMATERIALIZED: (
        "the schedd makes jobs of a large map only as there is room for them (max_idle)",
        "",
    ),
    ComponentStatus.RUNNING: ("it runs", ""),
    ComponentStatus.SUSPENDED: (
        "it was paused, or its slot is wanted by its owner",
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
    """Return why components of a map are as they are, those with the same reason together.

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
            text, advice = "the schedd makes no more jobs of this map for now", "`htmap release {tag}` has it go on"
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
    """Return why the schedd makes no jobs of a map any more, as after a hold; None where it does, or that is not known."""
    constraint = f"({map_dir.constraint()}) && JobMaterializePaused =!= undefined && JobMaterializePaused != 0"
    try:
        for ad in connection.query_jobs(constraint, ["JobMaterializePauseReason"], 1):
            return str(ad.get("JobMaterializePauseReason") or "HTCondor does not say why")
    except CondorError as error:
        logger.info("why jobs are not made is not known: %s", error)
    return None


_WHAT_DECIDES = ("Requirements", "RequestCpus", "RequestMemory", "RequestDisk", "RequestGPUs")


def _of_idle(map_dir: MapDir, tag: str, connection: Connection, idle: list[int]) -> Iterator[Explanation]:
    """Yield why idle components do not run, once for those whose jobs want the same."""
    left, slots, users = set(idle), None, Users(connection)
    try:
        for ad, components in _alike(map_dir, connection):
            if chosen := [component for component in components if component in left]:
                left.difference_update(chosen)
                slots = connection.slot_classads() if slots is None else slots
                verdict = analysis.why_idle(ad, slots, users.standing(ad))
                advice = verdict.advice.format(tag=tag)
                yield Explanation(tuple(chosen), ComponentStatus.IDLE, verdict.text, advice, verdict)
    except CondorError as error:
        yield Explanation(tuple(sorted(left)), ComponentStatus.IDLE, str(error))
        return
    if left:
        text = "it is not idle in the queue any more, or not there yet: what happened is not in the event log so far"
        yield Explanation(tuple(sorted(left)), ComponentStatus.IDLE, text, "Ask again in a moment")


def _alike(map_dir: MapDir, connection: Connection) -> Iterator[tuple[Any, list[int]]]:
    """Yield the ad of one idle job, and the components of all jobs that want the same."""
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
        for ad in connection.job_classads(f"ClusterId == {cluster} && ProcId == {proc}", 1):
            yield ad, sorted(itertools.chain.from_iterable(members))
