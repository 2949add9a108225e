"""The standing of a user's idle jobs in a pool: the negotiator's last rejection, priority, quota and limits.

:mod:`~htmap_core.diagnosis.idle` finds the slots that suit a job; this module explains who gets them. It asks the schedd, and
the collector, which has the negotiator's ads of all users. Facts that neither of them tells are left out.
"""

from __future__ import annotations

import functools
import logging
import math
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Optional, TypeVar

import attrs

from htmap_core import wording
from htmap_core.condor.connection import Connection
from htmap_core.exceptions import CondorError
from htmap_core.language.expressions import quoted

logger = logging.getLogger("htmap")

T = TypeVar("T")


# Words of the negotiator that need an explanation.
_MEANINGS = {
    "no match found": "no slot is free that suits it",
    "PREEMPTION_REQUIREMENTS == False": "what suits it is claimed",
}


@attrs.frozen
class Rejection:
    """The negotiator's last rejection of jobs with the same requirements as this one.

    :param reason: the negotiator's own words.
    :param age: how long ago it was, in seconds.
    """

    reason: str
    age: float

    def __str__(self) -> str:
        said = f"{_MEANINGS[self.reason]} ({self.reason})" if self.reason in _MEANINGS else self.reason
        return f"the negotiator said {wording.duration(self.age)} ago: {said}"


@attrs.frozen
class Priority:
    """A user's priority, compared with others.

    :param value: the effective user priority; a smaller one comes first.
    :param others: the number of other users with idle jobs.
    :param ahead: the number of those users who come first.
    """

    value: float
    others: int
    ahead: int

    def __str__(self) -> str:
        beside = f"others waiting: {self.others}, ahead of you: {self.ahead}" if self.others else "nobody else waits"
        return f"your priority is {self.value:.1f} (smaller is better); {beside}"


@attrs.frozen
class Share:
    """The use of a limited resource, such as a quota.

    :param name: the resource, in words.
    :param used: the amount in use.
    :param limit: the amount that there is.
    :param is_hard: whether nobody can exceed the limit, even if slots are free.
    :param parameter: the parameter of the schedd's configuration that is the limit; empty for the limits of others.
    """

    name: str
    used: float
    limit: float
    is_hard: bool = True
    parameter: str = ""

    @property
    def is_used_up(self) -> bool:
        """Whether the limit is reached and nobody can exceed it."""
        return self.is_hard and self.used >= self.limit

    def __str__(self) -> str:
        return f"{self.name}: {self.used:g} of {self.limit:g} in use"


_OFFERED = 20  # jobs of a user, as long as none of them has matched


@attrs.frozen
class InFront:
    """The user's jobs before this one in the queue that the negotiator has refused.

    HTCondor 25 offers so few of a user's jobs to the negotiator, from the head of the queue, that they keep the others from it.

    :param jobs: how many there are.
    :param batches: the names of their batches, which are the tags of maps.
    """

    jobs: int
    batches: tuple[str, ...]

    @property
    def is_in_the_way(self) -> bool:
        """Whether they are as many as the schedd offers."""
        return self.jobs >= _OFFERED

    @property
    def advice(self) -> str:
        """What lets the others pass."""
        named = wording.in_shell(self.batches[0]) if self.batches else "TAG"
        return f"`htmap hold {named}` lets others pass; `htmap why {named}` says why no slot fits it"

    def __str__(self) -> str:
        named = f" ({', '.join(self.batches)})" if self.batches else ""
        return f"{self.jobs} of your jobs before it in the queue{named} fit no slot, and the schedd offers {_OFFERED} at a time"


@attrs.frozen
class Standing:
    """The standing of an idle job in the pool. Unknown facts are None or empty."""

    rejection: Optional[Rejection] = None
    priority: Optional[Priority] = None
    shares: tuple[Share, ...] = ()
    in_front: Optional[InFront] = None

    @property
    def advice(self) -> str:
        """What the user can do about the obstacles, if anything."""
        return self.in_front.advice if self.in_front is not None and self.in_front.is_in_the_way else ""

    @property
    def limits(self) -> tuple[str, ...]:
        """The parameters of the schedd's limits that are reached."""
        return tuple(share.parameter for share in self.shares if share.is_used_up and share.parameter)

    def obstacles(self) -> Iterator[str]:
        """Yield the limits that keep the job from running even if slots have room for it."""
        if self.in_front is not None and self.in_front.is_in_the_way:
            yield str(self.in_front)
        for share in self.shares:
            if share.is_used_up:
                yield str(share)
        if self.rejection is not None and "limit" in self.rejection.reason:
            yield self.rejection.reason

    def notes(self) -> Iterator[str]:
        """Yield in words the facts that decide who gets slots."""
        if self.priority is not None:
            yield str(self.priority)
        yield from map(str, self.shares)


class Users:
    """All users of a pool, as the schedd and the collector know them. The facts that all jobs share are asked for once.

    :param connection: the pool.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def standing(self, ad: Mapping[str, Any]) -> Standing:
        """Return the standing of an idle job.

        :param ad: the job's ad.
        """
        mine = self._accounts.get(_submitter(ad), {})
        rejection = _known(lambda: _rejection(ad, self._connection))
        return Standing(
            rejection,
            _priority(mine, self._accounts, self._waiting),
            (*self._limits, *_shares(mine, self._accounts)),
            None if rejection is not None else _known(lambda: _in_front(ad, self._connection)),
        )

    @functools.cached_property
    def _accounts(self) -> dict[str, dict[str, Any]]:
        """The negotiator's ads of users and accounting groups, by name."""
        ads = _known(lambda: self._connection.query_collector("Accounting", "true", _ACCOUNT)) or []
        return {str(ad.get("Name")): ad for ad in ads}

    @functools.cached_property
    def _waiting(self) -> frozenset[str]:
        """The users with idle jobs."""
        ads = _known(lambda: self._connection.query_collector("Submitter", "IdleJobs > 0", ["Name"])) or []
        return frozenset(str(ad.get("Name")) for ad in ads)

    @functools.cached_property
    def _limits(self) -> tuple[Share, ...]:
        """The schedd's limit of running jobs, if it is reached."""
        ad = _known(lambda: self._connection.query_schedd(["MaxJobsRunning", "TotalRunningJobs"])) or {}
        limit = _number(ad, "MaxJobsRunning", math.inf)
        share = Share(
            "jobs that the schedd runs at a time", _number(ad, "TotalRunningJobs", 0), limit, parameter=_RUNNING
        )
        return (share,) if share.is_used_up else ()


_RUNNING = "MAX_JOBS_RUNNING"

_ACCOUNT = (
    *("Name", "Priority", "Ceiling", "WeightedResourcesUsed", "AccountingGroup", "IsAccountingGroup"),
    *("EffectiveQuota", "SurplusPolicy"),
)


def _number(ad: Mapping[str, Any], name: str, otherwise: float) -> float:
    value = ad.get(name)
    return float(value) if isinstance(value, (int, float)) else otherwise


def _known(ask: Callable[[], T]) -> T | None:
    try:
        return ask()
    except CondorError as error:
        logger.info("the explanation why jobs do not run is incomplete: %s", error)
        return None


def _submitter(ad: Mapping[str, Any]) -> str:
    """Return the negotiator's name for the user of a job; it has the accounting group, if the job has one."""
    user = str(ad.get("User", ""))
    group = ad.get("AccountingGroup")
    return f"{group}@{user.partition('@')[2]}" if group else user


def _rejection(ad: Mapping[str, Any], connection: Connection) -> Rejection | None:
    """Return the last rejection since the job became idle.

    The negotiator treats all jobs of a user with the same requirements alike, so the rejection of any of them counts.
    """
    if "AutoClusterId" not in ad:
        return None
    constraint = (
        f"AutoClusterId == {ad['AutoClusterId']} && User == {quoted(ad.get('User', ''))}"
        f" && AccountingGroup =?= {quoted(ad['AccountingGroup']) if 'AccountingGroup' in ad else 'undefined'}"
        f" && LastRejMatchTime >= {ad.get('EnteredCurrentStatus', 0)}"
    )
    found = connection.query_jobs(constraint, ["LastRejMatchTime", "LastRejMatchReason"])
    if not found:
        return None
    last = max(found, key=lambda each: float(each["LastRejMatchTime"]))
    age = max(0.0, time.time() - float(last["LastRejMatchTime"]))
    return Rejection(str(last.get("LastRejMatchReason", "")).strip(), age)


def _in_front(ad: Mapping[str, Any], connection: Connection) -> InFront | None:
    """Return the user's jobs before one that the negotiator was not asked about; None if it refused none of them."""
    priority, cluster = ad.get("JobPrio", 0), ad.get("ClusterId", 0)
    constraint = (
        f"User == {quoted(ad.get('User', ''))} && JobStatus == 1"
        f" && (JobPrio > {priority} || (JobPrio == {priority} && ClusterId < {cluster}))"
    )
    found = connection.query_jobs(constraint, ["JobBatchName", "LastRejMatchReason"])
    if not any(each.get("LastRejMatchReason") for each in found):  # it tells one job of those that are alike
        return None
    return InFront(
        len(found), tuple(dict.fromkeys(str(each["JobBatchName"]) for each in found if "JobBatchName" in each))
    )


def _priority(
    mine: Mapping[str, Any], accounts: Mapping[str, Mapping[str, Any]], waiting: Collection[str]
) -> Priority | None:
    """Return the user's priority among those who wait in the same accounting group; between groups, quotas decide."""
    if "Priority" not in mine:
        return None
    value, group = _number(mine, "Priority", math.inf), mine.get("AccountingGroup")
    rivals = [account for name, account in accounts.items() if name in waiting and name != mine["Name"]]
    alike = [_number(rival, "Priority", math.inf) for rival in rivals if rival.get("AccountingGroup") == group]
    return Priority(value, len(alike), sum(each < value for each in alike))


def _shares(mine: Mapping[str, Any], accounts: Mapping[str, Mapping[str, Any]]) -> Iterator[Share]:
    if (ceiling := _number(mine, "Ceiling", -1)) >= 0:
        yield Share("your ceiling", _number(mine, "WeightedResourcesUsed", 0), ceiling)
    group = str(mine.get("AccountingGroup", "<none>"))
    found = accounts.get(group, {})
    if group != "<none>" and "EffectiveQuota" in found:
        used, quota = _number(found, "WeightedResourcesUsed", 0), _number(found, "EffectiveQuota", math.inf)
        yield Share(f"the quota of accounting group {group}", used, quota, found.get("SurplusPolicy") == "no")
