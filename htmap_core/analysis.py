"""Why a job does not run, from its ad, the slots' ads, and what the negotiator last said of it.

The job's ``Requirements`` are taken apart at their ``&&``, and each part is counted over the slots: as they are, and as
they would be if nothing ran on them, which tells "busy" from "never".
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from htmap_core import wording
from htmap_core.expressions import conjuncts

_MB = 1024 * 1024

# What jobs request: the job's attribute, the submit command, the slot's attribute, and the factor to bytes where it is a size.
_RESOURCES = (
    ("RequestCpus", "request_cpus", "Cpus", None),
    ("RequestMemory", "request_memory", "Memory", _MB),
    ("RequestDisk", "request_disk", "Disk", 1024),
    ("RequestGPUs", "request_gpus", "GPUs", None),
)


@attrs.frozen
class Clause:
    """A part of what a job requires: how many slots satisfy it, when nothing runs on them."""

    text: str
    slots: int


@attrs.frozen
class Verdict:
    """Why an idle job does not run.

    :param text: the reason, in a sentence.
    :param advice: what to do about it; empty where waiting is all.
    :param slots: how many slots the pool has.
    :param clauses: what the job requires of a slot, part by part; what it requests is a part of its own.
    :param notes: what else is known, such as the negotiator's own words.
    """

    text: str
    advice: str
    slots: int
    clauses: tuple[Clause, ...] = ()
    notes: tuple[str, ...] = ()


def why_idle(ad: Any, slots: Sequence[Any]) -> Verdict:
    """Return why an idle job does not run.

    :param ad: the job's ad, as :meth:`~htmap_core.condor.Connection.ads` returns it.
    :param slots: the ads of all slots, as :meth:`~htmap_core.condor.Connection.slot_ads` returns them; they are changed.
    """
    notes = tuple(_notes(ad))
    if problems := list(_requests_that_are_no_numbers(ad)):
        advice = "Ask for a number: `htmap edit` changes it in the queue, a new map for good"
        return Verdict("; ".join(problems), advice, len(slots), notes=notes)
    if not slots:
        return Verdict(
            "the pool has no slots just now", "`condor_status` lists them when there are any", 0, notes=notes
        )
    has_room = sum(_suits(ad, slot) for slot in slots)
    for slot in slots:
        _empty(slot)
    fitting = [slot for slot in slots if _is_true(ad.lookup("Requirements"), ad, slot)]
    willing = [slot for slot in fitting if _is_true(slot.lookup("Requirements"), slot, ad)]
    clauses = (*_clauses(ad, slots), *_requests(ad, slots))
    text, advice = _sentence(len(slots), len(fitting), len(willing), has_room, clauses)
    return Verdict(text, advice, len(slots), clauses, notes)


def _sentence(slots: int, fitting: int, willing: int, has_room: int, clauses: Sequence[Clause]) -> tuple[str, str]:
    if not fitting:
        impossible = [clause.text for clause in clauses if not clause.slots]
        if impossible:
            return f"no slot of {slots} satisfies {' nor '.join(impossible)}", _advice(impossible)
        return f"no slot of {slots} satisfies all that it requires at once, though each part has some", ""
    if not willing:
        return f"{fitting} of {slots} slots would do, but their own policy (START) refuses this job", ""
    if not has_room:
        return f"{willing} of {slots} slots can run it, and all of them are busy now: it waits its turn", ""
    return f"{has_room} of {slots} slots have room for it now: it should start with the next negotiation", ""


def _advice(impossible: Sequence[str]) -> str:
    edits = [_EDITS[command] for text in impossible if (command := text.partition(" ")[0]) in _EDITS]
    if len(edits) == len(impossible):
        return f"Ask for less: {', '.join(edits)}"
    return "Make a map with other requirements or options; or wait for other slots"


_EDITS = {
    "request_memory": "`htmap edit memory {tag} MB`",
    "request_disk": "`htmap edit disk {tag} GB`",
}


def _requests_that_are_no_numbers(ad: Any) -> Iterator[str]:
    for attribute, command, _, _ in _RESOURCES:
        if attribute in ad and not _is_number(ad.eval(attribute)):
            yield f"{command} = {ad.lookup(attribute)} is no number, so HTCondor can match it with nothing"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and type(value).__name__ in {"int", "float"}


def _requests(ad: Any, slots: Sequence[Any]) -> Iterator[Clause]:
    """Yield what the job requests, with how many slots have as much."""
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
    """Yield the parts of the job's requirements that are not about what it requests."""
    expression = ad.lookup("Requirements")
    parse = type(expression)
    for text in conjuncts(str(expression)):
        if not any(attribute in text for attribute, _, _, _ in _RESOURCES):
            part = parse(text)
            yield Clause(text, sum(_is_true(part, ad, slot) for slot in slots))


def _suits(ad: Any, slot: Any) -> bool:
    """Return whether a job and a slot, as they are now, want each other."""
    if slot.get("State") not in {"Unclaimed", None} and slot.get("SlotType") != "Partitionable":
        return False
    return _is_true(ad.lookup("Requirements"), ad, slot) and _is_true(slot.lookup("Requirements"), slot, ad)


def _is_true(expression: Any, mine: Any, target: Any) -> bool:
    return expression is None or expression.eval(mine, target) is True


def _empty(slot: Any) -> None:
    """Make of a slot's ad what it would be if nothing ran on it."""
    for _, _, resource, _ in _RESOURCES:
        if (total := slot.get(f"TotalSlot{resource}")) is not None:
            slot[resource] = total


def _notes(ad: Any) -> Iterator[str]:
    waited = wording.duration(max(0, time.time() - float(ad.get("EnteredCurrentStatus", time.time()))))
    yield f"it has been idle for {waited}"
    if reason := ad.get("LastRejMatchReason"):
        ago = wording.duration(max(0, time.time() - float(ad.get("LastRejMatchTime", time.time()))))
        yield f"the negotiator said {ago} ago: {reason}"
    elif "LastMatchTime" not in ad:
        yield "the negotiator has not come to it yet"
    if limits := ad.get("ConcurrencyLimits"):
        yield f"it counts against concurrency limits: {limits}"
    if starts := ad.get("NumJobStarts"):
        yield f"it was started {starts} times before"
