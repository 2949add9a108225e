"""Explain why components of a map do not run, together for those with the same reason."""

from __future__ import annotations

import itertools
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Optional

import attrs

from htmap_core import wording
from htmap_core.components import ComponentHold, ComponentStatus
from htmap_core.condor import matchmaking
from htmap_core.condor.connection import Connection
from htmap_core.condor.matchmaking import IdleJob
from htmap_core.diagnosis import sharing, silence
from htmap_core.diagnosis.fair_share import Users
from htmap_core.diagnosis.idle import Verdict, why_idle
from htmap_core.diagnosis.starts import ATTRIBUTES, Starts
from htmap_core.diagnosis.unmade import why_unmade
from htmap_core.exceptions import CondorError
from htmap_core.results.engine import Engine
from htmap_core.storage.jobs import Job
from htmap_core.storage.mapdir import MapDir
from htmap_core.submission.files import signatures
from htmap_core.tracking import holds
from htmap_core.tracking.site_words import SiteSays

logger = logging.getLogger("htmap")


@attrs.frozen
class Explanation:
    """Why some components of a map do not run.

    :param components: their indices.
    :param status: their status.
    :param text: the reason, in a sentence.
    :param advice: what to do about it; empty if nothing need be done.
    :param verdict: for idle components, how the slots of the pool meet their requirements.
    :param site: what the plugins of the site have to say on a hold, a removal, a vacate or a limit, one text for each.
    """

    components: tuple[int, ...]
    status: ComponentStatus
    text: str
    advice: str = ""
    verdict: Optional[Verdict] = None
    site: tuple[str, ...] = ()


# Explanations that follow from the status alone: of one component, of several, and the advice.
_PLAIN = {
    ComponentStatus.UNKNOWN: (
        "HTCondor has not logged its submission yet",
        "HTCondor has not logged their submission yet",
        "",
    ),
    ComponentStatus.SUSPENDED: (
        "it was paused, or the owner of the machine needs its slot",
        "they were paused, or the owners of the machines need their slots",
        "`htmap resume {tag}` undoes a pause",
    ),
    ComponentStatus.COMPLETED: ("it has a result", "they have results", ""),
    ComponentStatus.ERRORED: ("it failed", "they failed", "`htmap errors {tag}` shows how"),
    ComponentStatus.REMOVED: (
        "its job was removed from the queue",
        "their jobs were removed from the queue",
        "`htmap rerun components {tag} N` submits it again",
    ),
}


def explain(engine: Engine, components: Iterable[int] | None) -> list[Explanation]:
    """Explain the status of components of a map, together for those with the same reason.

    :param components: their indices; None for all that have not ended.
    :raises ComponentNotFound: the map has no such component.
    """
    if engine.map_dir.is_here:
        return _of_this_machine(engine, components)
    engine.catch_up()
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
    explained = [_of_hold(engine, hold, held, tag) for hold, held in by_hold.items()]
    for (status, note), alike in found.items():
        if status is ComponentStatus.UNMATERIALIZED:
            submissions = {engine.job(component).submission for component in alike}
            explained.append(Explanation(tuple(alike), status, *why_unmade(map_dir, submissions, connection, tag)))
        elif status is ComponentStatus.IDLE:
            of_idle = _of_idle(engine, tag, connection, alike)
            explained += (attrs.evolve(each, text=f"{note}; {each.text}") if note else each for each in of_idle)
        elif status is ComponentStatus.RUNNING:
            found_out = (
                _of_silent(map_dir, connection, alike, note) if note else _of_running(engine, connection, alike, tag)
            )
            explained += found_out
        else:
            text, advice = _plain(_PLAIN[status], alike)
            said = f"{text} ({note})" if note else text
            words = engine.site.on_removal(note) if status is ComponentStatus.REMOVED else ()
            explained.append(
                Explanation(tuple(alike), status, said, advice.format(tag=wording.in_shell(tag)), site=words)
            )
    return [*explained, *_of_signed_urls(map_dir, tag, connection, chosen, statuses)]


def _of_this_machine(engine: Engine, components: Iterable[int] | None) -> list[Explanation]:
    """Explain the status of components of a map that runs on this machine; if all have ended, by default of all."""
    statuses, tag = engine.statuses(), engine.map.current_tag()
    chosen = [engine.from_front(component) for component in components or ()]
    chosen = chosen or [each for each in engine.components if not statuses[each].is_final] or [*engine.components]
    found: dict[tuple[ComponentStatus, str], list[int]] = {}
    for component in chosen:
        found.setdefault((statuses[component], engine.states.note(component)), []).append(component)
    explained = []
    for (status, note), alike in found.items():
        text, advice = _plain({**_PLAIN, **_PLAIN_HERE}[status], alike)
        said = f"{text} ({note})" if note else text
        place = f"the map runs {engine.map_dir.record.delivery_reason}"
        explained.append(
            Explanation(tuple(alike), status, f"{said}; {place}", advice.format(tag=wording.in_shell(tag)))
        )
    return explained


_PLAIN_HERE = {
    ComponentStatus.IDLE: ("it waits for those before it", "they wait for those before them", ""),
    ComponentStatus.RUNNING: ("it is running", "they are running", ""),
    ComponentStatus.ERRORED: ("it failed", "they failed", "`htmap debug {tag} N` runs component N in a debugger"),
    ComponentStatus.REMOVED: (
        "it was not run to its end",
        "they were not run to their end",
        "`htmap rerun components {tag} --status removed` goes on",
    ),
}


def _plain(words: tuple[str, str, str], components: Sequence[int]) -> tuple[str, str]:
    """Return the text and the advice for so many components."""
    of_one, of_several, advice = words
    return (of_one if len(components) == 1 else of_several), advice


def _is_running(components: Sequence[int]) -> str:
    return _plain(_PLAIN_HERE[ComponentStatus.RUNNING], components)[0]


def _of_hold(engine: Engine, hold: ComponentHold, components: list[int], tag: str) -> Explanation:
    text, more = holds.explained(hold), sharing.on_hold_of_all(engine, hold, components)
    text, advice = wording.followed(text, more) if more else text, holds.advice(hold, tag)
    return Explanation(tuple(components), ComponentStatus.HELD, text, advice, site=engine.site.on_hold(hold))


def _on_vacate(starts: Starts, site: SiteSays) -> tuple[str, ...]:
    return site.on_vacate(starts.reason, starts.code, starts.subcode) if starts.vacated else ()


def _of_signed_urls(
    map_dir: MapDir, tag: str, connection: Connection, chosen: Iterable[int], statuses: Sequence[ComponentStatus]
) -> Iterator[Explanation]:
    """Say until when the signed URLs of outputs are good, of components whose jobs are in the queue."""
    left, components, found = set(chosen), _placed(map_dir), defaultdict[tuple[ComponentStatus, str], list[int]](list)
    try:
        validities = signatures.ends(map_dir, connection)
    except CondorError as error:
        logger.info("the schedd does not tell until when URLs are good: %s", error)
        return
    for (cluster, proc), validity in validities.items():
        for component in left.intersection(components({"ClusterId": cluster, "ProcId": proc})):
            found[statuses[component], wording.minute(validity.end)].append(component)
    for (status, end), alike in found.items():
        is_running = status is ComponentStatus.RUNNING
        advice = _TOO_LATE if is_running else "`htmap wait {tag}` and `htmap release {tag}` sign them anew in time"
        whose = "its" if len(alike) == 1 else "their"
        text = f"{whose} outputs go to signed URLs that are good until {end}"
        yield Explanation(tuple(sorted(alike)), status, text, advice.format(tag=wording.in_shell(tag)))


_TOO_LATE = "If it ends later it is held, and `htmap release {tag}` signs them anew and runs it again"


_OF_JOB = ("ClusterId", "ProcId", *ATTRIBUTES)
_WHAT_DECIDES = ("Requirements", "RequestCpus", "RequestMemory", "RequestDisk", "RequestGPUs")


def _of_idle(engine: Engine, tag: str, connection: Connection, idle: list[int]) -> Iterator[Explanation]:
    """Explain why components are idle, together for those whose jobs have the same requirements."""
    left, users = set(idle), Users(connection)
    try:
        groups = [(job, left.intersection(components)) for job, components in _alike(engine.map_dir, connection)]
        asked = [job for job, components in groups if components]
        slots = matchmaking.slots(connection, asked) if asked else None
        for job, components in groups:
            if slots is not None and (chosen := sorted(left.intersection(components))):
                left.difference_update(chosen)
                verdict = why_idle(tag, job, slots, users.standing(job.attributes))
                limits = engine.site.on_wait(verdict.standing.limits)
                words = (*_on_vacate(Starts.of(job.attributes), engine.site), *limits)
                yield Explanation(tuple(chosen), ComponentStatus.IDLE, verdict.text, verdict.advice, verdict, words)
    except CondorError as error:
        yield Explanation(tuple(sorted(left)), ComponentStatus.IDLE, str(error))
        return
    if left:
        text = "its job is no longer idle in the queue, or not there yet; the event log does not have the news so far"
        yield Explanation(tuple(sorted(left)), ComponentStatus.IDLE, text, "Ask again in a moment")


def _of_silent(map_dir: MapDir, connection: Connection, silent: list[int], note: str) -> Iterator[Explanation]:
    """Say for how long HTCondor tries to reach the machines that run components, together for those with the same lease."""
    left, components = set(silent), _placed(map_dir)
    groups, machines = defaultdict[str, list[int]](list), defaultdict[str, set[str]](set)
    try:
        for ad in connection.query_jobs(f"{map_dir.own_jobs} && {silence.SILENT}", [*_OF_JOB, *silence.OF_SILENT]):
            chosen, span = left.intersection(components(ad)), silence.patience(ad)
            left -= chosen
            groups[span].extend(chosen)
            machines[span].add(silence.machine(ad))
    except CondorError as error:
        logger.info("the schedd does not tell for how long jobs are waited for: %s", error)
    for span, alike in groups.items():
        if alike:
            text = silence.told(note, len(alike), machines[span], span)
            yield Explanation(tuple(sorted(alike)), ComponentStatus.RUNNING, text, silence.NOTHING_HASTENS)
    if left:
        yield Explanation(tuple(sorted(left)), ComponentStatus.RUNNING, f"{_is_running(sorted(left))}: {note}")


def _of_running(engine: Engine, connection: Connection, running: list[int], tag: str) -> Iterator[Explanation]:
    """Say that components are running, of those that ran before, why they were vacated, and who may keep others from running."""
    left, components = set(running), _placed(engine.map_dir)
    if (quiet := sharing.quiet(engine, running)) is not None:
        left.difference_update(quiet.components)
        yield Explanation(quiet.components, ComponentStatus.RUNNING, quiet.text, quiet.advice(tag))
    groups: dict[Starts, list[int]] = {}
    try:
        ads = connection.query_jobs(f"{engine.map_dir.own_jobs} && JobStatus == 2 && NumVacates > 0", _OF_JOB)
        for ad in ads:
            starts = Starts.of(ad)
            chosen = left.intersection(components(ad))
            left -= chosen
            groups.setdefault(starts, []).extend(chosen)
    except CondorError as error:
        logger.info("the schedd does not tell how often the jobs were vacated: %s", error)
    if left:
        yield Explanation(tuple(sorted(left)), ComponentStatus.RUNNING, _is_running(sorted(left)))
    for starts, again in groups.items():
        words = _on_vacate(starts, engine.site)
        yield Explanation(tuple(sorted(again)), ComponentStatus.RUNNING, f"{_is_running(again)}: {starts}", site=words)


# A job that cannot start is never idle for long.
_WAITS = "(JobStatus == 1 || (JobStatus == 2 && NumVacates > 0 && (JobCurrentStartExecutingDate ?: 0) < JobCurrentStartDate))"


def _alike(map_dir: MapDir, connection: Connection) -> Iterator[tuple[IdleJob, list[int]]]:
    """Yield one idle job, and the components of all jobs with the same requirements that failed to start in the same way."""
    components = _placed(map_dir)
    queued = connection.query_jobs(f"{map_dir.own_jobs} && {_WAITS}", [*_OF_JOB, *_WHAT_DECIDES])
    groups: dict[tuple[object, ...], list[dict[str, Any]]] = {}
    for ad in queued:
        starts = Starts.of(ad)
        key = (*(str(ad.get(name)) for name in _WHAT_DECIDES), starts.is_failing, starts.code)
        groups.setdefault(key, []).append(ad)
    for ads in groups.values():
        members = [components(ad) for ad in ads]
        if (
            job := matchmaking.idle_job(connection, map_dir.own_job(ads[0]["ClusterId"], ads[0]["ProcId"]))
        ) is not None:
            yield job, sorted(itertools.chain.from_iterable(members))


def _placed(map_dir: MapDir) -> Callable[[Mapping[str, Any]], Iterable[int]]:
    """Return a function that returns the components of a job from its ad; none if its cluster is not known yet."""
    numbers = {submission.cluster: submission.number for submission in map_dir.submissions.all()}

    def components(ad: Mapping[str, Any]) -> Iterable[int]:
        number = numbers.get(ad["ClusterId"])
        return () if number is None else map_dir.placement.components_of(Job(number, ad["ProcId"]))

    return components
