"""Explain why a job is idle, from its ad, the slots' ads, and the negotiator's last rejection.

The job's ``Requirements`` are split at ``&&``, and for each part the slots that satisfy it are counted. Slots are looked at as
they are, and as they would be without jobs; that distinguishes "busy" from "never".
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator, Sequence
from typing import Any, Optional

import attrs

from htmap_core import wording
from htmap_core.diagnosis.fair_share import Standing
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
        others = f", {self.others:g} by {self.users} other{'' if self.users == 1 else 's'}" if self.users else ""
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
    """

    text: str
    advice: str
    slots: int
    clauses: tuple[Clause, ...] = ()
    notes: tuple[str, ...] = ()
    claims: Optional[Claims] = None
    standing: Standing = attrs.Factory(Standing)


def why_idle(ad: Any, slots: Sequence[Any], standing: Standing) -> Verdict:
    """Return why an idle job does not run.

    :param ad: the job's ad, as :meth:`~htmap_core.condor.connection.Connection.ads` returns it.
    :param slots: the ads of all slots, as :meth:`~htmap_core.condor.connection.Connection.slot_classads` returns them.
    """
    notes = tuple(_notes(ad, standing))
    if problems := list(_requests_that_are_no_numbers(ad)):
        advice = "Ask for a number: `htmap edit` changes it in the queue, a new map for good"
        return Verdict("; ".join(problems), advice, len(slots), notes=notes, standing=standing)
    if not slots:
        text, advice = "the pool has no slots now", "`condor_status` lists them when there are any"
        return Verdict(text, advice, 0, notes=notes, standing=standing)
    has_room = sum(_suits(ad, slot) for slot in slots)
    with _emptied(slots):
        fitting = [slot for slot in slots if _is_true(ad.lookup("Requirements"), ad, slot)]
        willing = [slot for slot in fitting if _is_true(slot.lookup("Requirements"), slot, ad)]
        clauses = (*_clauses(ad, slots), *_requests(ad, slots))
    if not willing:
        text, advice = _never(len(slots), len(fitting), clauses)
        return Verdict(text, advice, len(slots), clauses, notes, standing=standing)
    claims = _claims(str(ad.get("User", "")), willing)
    notes = (*notes, *([str(claims)] if claims.mine or claims.others else []), *standing.notes())
    text = _not_now(len(slots), len(willing), has_room, standing)
    return Verdict(text, "", len(slots), clauses, notes, claims, standing)


def _never(slots: int, fitting: int, clauses: Sequence[Clause]) -> tuple[str, str]:
    if not fitting:
        impossible = [clause.text for clause in clauses if not clause.slots]
        if impossible:
            return f"0 of {slots} slots satisfy {' or '.join(impossible)}", _advice(impossible)
        return (
            f"0 of {slots} slots satisfy all its requirements together, though some satisfy each of them",
            "",
        )
    return f"{fitting} of {slots} slots satisfy its requirements, but their own policy (START) refuses this job", ""


def _not_now(slots: int, willing: int, has_room: int, standing: Standing) -> str:
    if obstacles := "; ".join(standing.obstacles()):
        return f"{willing} of {slots} slots can run it, but it has to wait: {obstacles}"
    if not has_room:
        return f"{willing} of {slots} slots can run it, but all of them are busy now: it waits for its turn"
    return f"{has_room} of {slots} slots have room for it now: it should start with the next negotiation"


def _advice(impossible: Sequence[str]) -> str:
    edits = [_EDITS[command] for text in impossible if (command := text.partition(" ")[0]) in _EDITS]
    if len(edits) == len(impossible):
        return f"Ask for less: {', '.join(edits)}"
    return "Create a map with other requirements or options, or wait for other slots"


_EDITS = {
    "request_memory": "`htmap edit memory {tag} MB`",
    "request_disk": "`htmap edit disk {tag} GB`",
}


def _requests_that_are_no_numbers(ad: Any) -> Iterator[str]:
    for attribute, command, _, _ in _RESOURCES:
        if attribute in ad and not _is_number(ad.eval(attribute)):
            yield f"{command} = {ad.lookup(attribute)} is not a number, so no slot can satisfy it"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and type(value).__name__ in {"int", "float"}


def _requests(ad: Any, slots: Sequence[Any]) -> Iterator[Clause]:
    """Yield the job's requests, each with the number of slots that have as much."""
    for attribute, command, resource, factor in _RESOURCES:
        wanted = ad.eval(attribute) if attribute in ad else 0
        if not wanted:
            continue
        offered = [_amount(slot, resource) for slot in slots]
        enough = sum(each >= wanted for each in offered)
        largest = "" if enough else f" (the largest has {_shown(max(offered), factor)})"
        yield Clause(f"{command} = {_shown(wanted, factor)}{largest}", enough)


def _shown(amount: float, factor: int | None) -> str:
    return f"{amount:g}" if factor is None else wording.size(amount * factor)


def _amount(slot: Any, resource: str) -> float:
    value = slot.eval(resource) if resource in slot else 0
    return value if _is_number(value) else -math.inf


def _clauses(ad: Any, slots: Sequence[Any]) -> Iterator[Clause]:
    """Yield the parts of the job's requirements that do not concern its requests."""
    expression = ad.lookup("Requirements")
    parse = type(expression)
    for text in conjuncts(str(expression)):
        if not any(attribute in text for attribute, _, _, _ in _RESOURCES):
            part = parse(text)
            yield Clause(text, sum(_is_true(part, ad, slot) for slot in slots))


def _suits(ad: Any, slot: Any) -> bool:
    """Return whether a slot is free for a job now, and the requirements of both are met."""
    if slot.get("State") not in {"Unclaimed", None} and slot.get("SlotType") != "Partitionable":
        return False
    return _is_true(ad.lookup("Requirements"), ad, slot) and _is_true(slot.lookup("Requirements"), slot, ad)


def _is_true(expression: Any, mine: Any, target: Any) -> bool:
    return expression is None or expression.eval(mine, target) is True


@contextlib.contextmanager
def _emptied(slots: Sequence[Any]) -> Iterator[None]:
    """Change slots' ads to what they would be without jobs, and back at the end; the ads of a large pool are too big to copy."""
    before = [
        {resource: slot.lookup(resource) for _, _, resource, _ in _RESOURCES if resource in slot} for slot in slots
    ]
    for slot, resources in zip(slots, before):
        for resource in resources:
            if (total := slot.get(f"TotalSlot{resource}")) is not None:
                slot[resource] = total
    try:
        yield
    finally:
        for slot, resources in zip(slots, before):
            for resource, amount in resources.items():
                slot[resource] = amount


def _claims(user: str, slots: Sequence[Any]) -> Claims:
    """Return the claims on some slots: on static ones, and on the dynamic slots of partitionable ones."""
    claimed: dict[str, float] = {}
    for slot in slots:
        if slot.get("SlotType") == "Partitionable":
            parts = zip(slot.get("ChildRemoteUser") or (), slot.get("ChildCpus") or ())
        else:
            parts = zip([slot.get("RemoteUser")], [slot.get("Cpus")])
        for whose, cpus in parts:
            if isinstance(whose, str) and _is_number(cpus):
                claimed[whose] = claimed.get(whose, 0) + cpus
    mine = claimed.pop(user, 0)
    return Claims(mine, sum(claimed.values()), len(claimed))


def _notes(ad: Any, standing: Standing) -> Iterator[str]:
    waited = wording.duration(max(0, time.time() - float(ad.get("EnteredCurrentStatus", time.time()))))
    starts = int(ad.get("NumJobStarts", 0))
    again = f", after {starts} start{'' if starts == 1 else 's'}" if starts else ""
    yield f"it has been idle for {waited}{again}"
    yield "the negotiator has not looked at it since then" if standing.rejection is None else str(standing.rejection)
    if limits := ad.get("ConcurrencyLimits"):
        yield f"it counts against concurrency limits: {limits}"
