"""A job beside the slots of its pool. The bindings evaluate what each asks of the other; all answers are plain values."""

from __future__ import annotations

import collections
import contextlib
import functools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Optional

import attrs

from htmap_core import names
from htmap_core.condor.classads import plain
from htmap_core.condor.connection import Connection
from htmap_core.language.expressions import names_in

RESOURCES = ("Cpus", "Memory", "Disk", "GPUs")
"""The attributes of slots that say how much there is of each resource that jobs request."""


@attrs.frozen
class Request:
    """A job's request of one resource.

    :param text: the expression.
    :param amount: its value; None if it is not a number.
    """

    text: str
    amount: Optional[float]


class IdleJob:
    """A job that waits for a slot.

    :param ad: its ad, as the bindings return it.
    """

    def __init__(self, ad: Any) -> None:
        self.ad = ad

    @functools.cached_property
    def attributes(self) -> Mapping[str, Any]:
        """The job's attributes as Python values; expressions are text."""
        return plain(self.ad)

    @property
    def requirements(self) -> str:
        """The job's requirements, as text."""
        return str(self.ad.lookup("Requirements"))

    @property
    def starts_in_vain(self) -> bool:
        """Whether HTCondor has started it in vain so often that the map's policy holds it at its next look."""
        return names.IN_VAIN in self.ad and self.ad.eval(names.IN_VAIN) is True

    def request(self, attribute: str) -> Request | None:
        """Return a request, such as ``RequestMemory``; None if the job has none."""
        if attribute not in self.ad:
            return None
        amount = self.ad.eval(attribute)
        return Request(str(self.ad.lookup(attribute)), amount if _is_number(amount) else None)


@attrs.frozen
class Match:
    """How the slots of a pool suit a job.

    :param ready: the number of slots that have room for it now.
    :param fitting: the number of slots that satisfy its requirements when nothing runs on them.
    :param willing: the number of those whose own requirements it satisfies.
    :param satisfied: for each part of its requirements, the number of slots that satisfy it when nothing runs on them.
    :param claimed: the CPUs of the willing slots that are claimed, by user.
    """

    ready: int
    fitting: int
    willing: int
    satisfied: tuple[int, ...]
    claimed: Mapping[str, float]


class Slots:
    """The slots of a pool, as they are, and as they would be without jobs.

    :param ads: their ads, as the bindings return them.
    """

    def __init__(self, ads: Sequence[Any]) -> None:
        self._ads = ads

    def __len__(self) -> int:
        return len(self._ads)

    def match(self, job: IdleJob, parts: Sequence[str] = ()) -> Match:
        """Return how the slots suit a job.

        :param parts: parts of the job's requirements, to be counted each on its own.
        """
        expression = job.ad.lookup("Requirements")
        expressions = [type(expression)(part) for part in parts]
        ready = sum(_has_room(job.ad, slot) for slot in self._ads)
        with self._emptied():
            fitting = [slot for slot in self._ads if _is_true(expression, job.ad, slot)]
            willing = [slot for slot in fitting if _is_true(slot.lookup("Requirements"), slot, job.ad)]
            satisfied = tuple(sum(_is_true(each, job.ad, slot) for slot in self._ads) for each in expressions)
        return Match(ready, len(fitting), len(willing), satisfied, _claimed(willing))

    @functools.cached_property
    def totals(self) -> Mapping[str, Sequence[float]]:
        """How much of each resource each slot has when nothing runs on it; minus infinity where it does not say."""
        with self._emptied():
            return {resource: [_amount(slot, resource) for slot in self._ads] for resource in RESOURCES}

    @functools.cached_property
    def architectures(self) -> Mapping[str, int]:
        """The number of slots of each architecture."""
        return collections.Counter(str(slot.get("Arch") or "unknown") for slot in self._ads)

    @contextlib.contextmanager
    def _emptied(self) -> Iterator[None]:
        """Change the ads to what they would be without jobs, and back at the end; those of a large pool are too big to copy."""
        before = [{name: slot.lookup(name) for name in RESOURCES if name in slot} for slot in self._ads]
        for slot, resources in zip(self._ads, before):
            for resource in resources:
                if (total := slot.get(f"TotalSlot{resource}")) is not None:
                    slot[resource] = total
        try:
            yield
        finally:
            for slot, resources in zip(self._ads, before):
                for resource, amount in resources.items():
                    slot[resource] = amount


def idle_job(connection: Connection, job: str) -> IdleJob | None:
    """Return a job in the queue; None if it is no longer there.

    :param job: a ClassAd expression for the job.
    :raises CondorError: the schedd does not answer.
    """
    found = connection.job_classads(job, 1)
    return IdleJob(found[0]) if found else None


def slots(connection: Connection, jobs: Iterable[IdleJob]) -> Slots:
    """Return the slots that a pool has now, without dynamic ones, with the attributes that decide whether they run some jobs.

    Complete ads of 20,000 slots would be 160 MB, and a gigabyte in memory. What is not asked for is undefined, so the names in
    all expressions of the jobs are. The collector itself adds what attributes of the same slot refer to, such as ``Start``.

    :raises CondorError: the collector does not answer.
    """
    texts = {str(value) for job in jobs for _, value in job.ad.items() if _is_expression(value)}
    wanted = {name.casefold() for name in _OF_SLOTS}.union(*map(names_in, texts))
    return Slots(connection.slot_classads(sorted(wanted)))


# What this module itself looks up in slots; the architecture is for whoever explains.
_OF_SLOTS = (
    *("Requirements", "Arch", "State", "SlotType", "RemoteUser", "ChildRemoteUser", "ChildCpus"),
    *RESOURCES,
    *(f"TotalSlot{resource}" for resource in RESOURCES),
)


def _is_expression(value: Any) -> bool:
    return type(value).__name__ == "ExprTree"


def _has_room(job: Any, slot: Any) -> bool:
    """Return whether a slot is free for a job now, and the requirements of both are met."""
    if slot.get("State") not in {"Unclaimed", None} and slot.get("SlotType") != "Partitionable":
        return False
    return _is_true(job.lookup("Requirements"), job, slot) and _is_true(slot.lookup("Requirements"), slot, job)


def _is_true(expression: Any, mine: Any, target: Any) -> bool:
    return expression is None or expression.eval(mine, target) is True


def _amount(slot: Any, resource: str) -> float:
    value = slot.eval(resource) if resource in slot else 0
    return float(value) if _is_number(value) else -math.inf


def _claimed(ads: Sequence[Any]) -> dict[str, float]:
    """Return the claimed CPUs by user: of static slots, and of the dynamic slots of partitionable ones."""
    claimed: dict[str, float] = {}
    for slot in ads:
        if slot.get("SlotType") == "Partitionable":
            shares = zip(slot.get("ChildRemoteUser") or (), slot.get("ChildCpus") or ())
        else:
            shares = zip([slot.get("RemoteUser")], [slot.get("Cpus")])
        for user, cpus in shares:
            if isinstance(user, str) and _is_number(cpus):
                claimed[user] = claimed.get(user, 0) + cpus
    return claimed


def _is_number(value: Any) -> bool:
    return type(value) in {int, float}  # neither a bool nor a classad2.Value, which are ints too
