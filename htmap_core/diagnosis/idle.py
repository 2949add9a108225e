"""Explain why a job is idle, from its ad, the slots of its pool, and the negotiator's last rejection.

The job's ``Requirements`` are split at ``&&``, and for each part the slots that satisfy it are counted. Slots are looked at as
they are, and as they would be without jobs; that distinguishes "busy" from "never".
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Optional

import attrs

from htmap_core import names, wording
from htmap_core.condor.matchmaking import IdleJob, Match, Slots
from htmap_core.diagnosis.fair_share import Standing
from htmap_core.diagnosis.starts import Starts
from htmap_core.language.added_requirements import about_architecture
from htmap_core.language.expressions import conjuncts

_MB = 1024 * 1024

# The requests of jobs: the job's attribute, the submit command, the slot's attribute, and for sizes the factor to bytes.
_RESOURCES = (
    ("RequestCpus", "request_cpus", "Cpus", None),
    ("RequestMemory", "request_memory", "Memory", _MB),
    ("RequestDisk", "request_disk", "Disk", 1024),
    ("RequestGPUs", "request_gpus", "GPUs", None),
)


@attrs.frozen
class Clause:
    """A part of a job's requirements, with the number of slots that satisfy it when nothing runs on them."""

    text: str
    slots: int


@attrs.frozen
class Claims:
    """The claims on the slots that could run a job.

    :param mine: the number of CPUs that the job's user has claimed.
    :param others: the number of CPUs that other users have claimed.
    :param users: the number of those other users.
    """

    mine: float
    others: float
    users: int

    def __str__(self) -> str:
        others = f", {self.others:g} by {wording.counted(self.users, 'other')}" if self.users else ""
        return f"CPUs claimed there: {self.mine:g} by you{others}"


@attrs.frozen
class Verdict:
    """Why an idle job does not run.

    :param text: the reason, in a sentence.
    :param advice: what to do about it; empty if only waiting helps.
    :param slots: the number of slots in the pool.
    :param clauses: the parts of the job's requirements; each request, such as memory, is a part of its own.
    :param notes: further facts, such as the negotiator's own words.
    :param claims: the claims on the slots that could run the job, if there are such slots.
    :param standing: the standing of the job beside those of others.
    :param starts: how often HTCondor has started the job.
    """

    text: str
    advice: str
    slots: int
    clauses: tuple[Clause, ...] = ()
    notes: tuple[str, ...] = ()
    claims: Optional[Claims] = None
    standing: Standing = attrs.Factory(Standing)
    starts: Starts = attrs.Factory(Starts)


def why_idle(tag: str, job: IdleJob, slots: Slots, standing: Standing) -> Verdict:
    """Return why an idle job does not run.

    :param tag: the tag of its map, for the commands in the advice.
    """
    notes, count = tuple(_notes(job, standing)), len(slots)
    if problems := list(_requests_that_are_no_numbers(job)):
        advice = "Ask for a number: `htmap edit` changes it in the queue, a new map for good"
        return Verdict("; ".join(problems), advice, count, notes=notes, standing=standing)
    if not count:
        text, advice = "the pool has no slots now", "`condor_status` lists them when there are any"
        return Verdict(text, advice, 0, notes=notes, standing=standing)
    if job.starts_in_vain:
        starts = Starts.of(job.attributes)
        text = "HTCondor starts it in vain: it waits for HTCondor to notice that it is to be held"
        return Verdict(text, _AFTER_FAILED_STARTS, count, notes=notes, standing=standing, starts=starts)
    parts = _parts(job)
    match = slots.match(job, parts)
    clauses = (*map(Clause, parts, match.satisfied), *_requests(job, slots))
    if not match.willing:
        text, advice = _never(tag, slots, match.fitting, clauses)
        return Verdict(text, advice, count, clauses, notes, standing=standing)
    claims, starts = _claims(str(job.attributes.get("User", "")), match), Starts.of(job.attributes)
    notes = (*notes, *([str(claims)] if claims.mine or claims.others else []), *standing.notes())
    text, advice = _not_now(count, match, standing), standing.advice
    if starts.is_failing and match.ready:
        text, advice = f"{match.willing} of {count} slots can run it, but it does not start there", _AFTER_FAILED_STARTS
    return Verdict(text, advice, count, clauses, notes, claims, standing, starts)


_AFTER_FAILED_STARTS = (
    "It is held when it has failed too often. Look at the options of the map that ask something of the execute node"
)


def _never(tag: str, slots: Slots, fitting: int, clauses: Sequence[Clause]) -> tuple[str, str]:
    count = len(slots)
    if not fitting:
        impossible = [clause.text for clause in clauses if not clause.slots]
        if any(text.startswith("TARGET.Arch ==") for text in impossible):  # as HTCondor itself writes it
            advice = about_architecture(slots.architectures)
        else:
            advice = _advice(tag, impossible)
        if impossible:
            return f"0 of {count} slots satisfy {' or '.join(impossible)}", advice
        return (
            f"0 of {count} slots satisfy all its requirements together, though some satisfy each of them",
            "",
        )
    return f"{fitting} of {count} slots satisfy its requirements, but their own policy (START) refuses this job", ""


def _not_now(slots: int, match: Match, standing: Standing) -> str:
    if obstacles := "; ".join(standing.obstacles()):
        return f"{match.willing} of {slots} slots can run it, but it has to wait: {obstacles}"
    if not match.ready:
        return f"{match.willing} of {slots} slots can run it, but all of them are busy now: it waits for its turn"
    return f"{match.ready} of {slots} slots have room for it now: it should start with the next negotiation"


def _advice(tag: str, impossible: Sequence[str]) -> str:
    edits = [_EDITS[command] for text in impossible if (command := text.partition(" ")[0]) in _EDITS]
    if len(edits) == len(impossible):
        return f"Ask for less: {', '.join(edits)}".format(tag=wording.in_shell(tag))
    return "Create a map with other requirements or options, or wait for other slots"


_EDITS = {
    "request_memory": "`htmap edit memory {tag} MB`",
    "request_disk": "`htmap edit disk {tag} GB`",
}


def _requests_that_are_no_numbers(job: IdleJob) -> Iterator[str]:
    for attribute, command, _, _ in _RESOURCES:
        request = job.request(attribute)
        if request is not None and request.amount is None:
            yield f"{command} = {request.text} is not a number, so no slot can satisfy it"


def _requests(job: IdleJob, slots: Slots) -> Iterator[Clause]:
    """Yield the job's requests, each with the number of slots that have as much."""
    for attribute, command, resource, factor in _RESOURCES:
        request = job.request(attribute)
        if request is None or not request.amount:
            continue
        offered = slots.totals[resource]
        enough = sum(each >= request.amount for each in offered)
        largest = "" if enough else f" (the largest has {_shown(max(offered), factor)})"
        yield Clause(f"{command} = {_shown(request.amount, factor)}{largest}", enough)


def _shown(amount: float, factor: int | None) -> str:
    return f"{amount:g}" if factor is None else wording.size(amount * factor)


def _parts(job: IdleJob) -> list[str]:
    """Return the parts of the job's requirements that concern neither its requests nor its own starts."""
    others = (names.IN_VAIN, *(attribute for attribute, _, _, _ in _RESOURCES))
    return [part for part in conjuncts(job.requirements) if not any(attribute in part for attribute in others)]


def _claims(user: str, match: Match) -> Claims:
    others = [cpus for name, cpus in match.claimed.items() if name != user]
    return Claims(match.claimed.get(user, 0), sum(others), len(others))


def _notes(job: IdleJob, standing: Standing) -> Iterator[str]:
    ad = job.attributes
    waited = wording.duration(max(0, time.time() - float(ad.get("EnteredCurrentStatus", time.time()))))
    starts = int(ad.get("NumJobStarts", 0))
    again = f", after {wording.counted(starts, 'start')}" if starts else ""
    yield f"it has been idle for {waited}{again}"
    if told := str(Starts.of(ad)):
        yield told
    yield "the negotiator has not looked at it since then" if standing.rejection is None else str(standing.rejection)
    if limits := ad.get("ConcurrencyLimits"):
        yield f"it counts against concurrency limits: {limits}"
