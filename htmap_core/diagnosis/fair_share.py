"""How a user's idle jobs stand in a pool beside those of others: what the negotiator said of them, priority, quota and limits.

That the slots suit is known from :mod:`~htmap_core.diagnosis.idle`; this is about who gets them. Everything is asked of the
schedd and of the collector, which has what the negotiator knows of each user. What one of them does not tell is left out.
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


# What the negotiator says, where it is not plain.
_MEANINGS = {
    "no match found": "no slot is free that suits it",
    "PREEMPTION_REQUIREMENTS == False": "what suits it is claimed",
}


@attrs.frozen
class Rejection:
    """What the negotiator last said of jobs that want the same as this one.

    :param reason: its own words.
    :param age: how many seconds ago.
    """

    reason: str
    age: float

    def __str__(self) -> str:
        said = f"{_MEANINGS[self.reason]} ({self.reason})" if self.reason in _MEANINGS else self.reason
        return f"the negotiator said {wording.duration(self.age)} ago: {said}"


@attrs.frozen
class Priority:
    """A user's priority beside that of others.

    :param value: the effective user priority; the smaller comes first.
    :param others: how many other users have idle jobs.
    :param ahead: how many of these come first.
    """

    value: float
    others: int
    ahead: int

    def __str__(self) -> str:
        beside = f"others waiting: {self.others}, ahead of you: {self.ahead}" if self.others else "nobody else waits"
        return f"your priority is {self.value:.1f} (smaller is better); {beside}"


@attrs.frozen
class Share:
    """How much of something that is not for all jobs at once is used up.

    :param name: what it is, in words.
    :param used: how much of it is in use.
    :param limit: how much there is.
    :param is_hard: whether nobody gets more, although it were free.
    """

    name: str
    used: float
    limit: float
    is_hard: bool = True

    @property
    def is_used_up(self) -> bool:
        """True where nobody gets any more of it."""
        return self.is_hard and self.used >= self.limit

    def __str__(self) -> str:
        return f"{self.name}: {self.used:g} of {self.limit:g} in use"


@attrs.frozen
class Standing:
    """How an idle job stands in the pool; None and nothing where it is not known."""

    rejection: Optional[Rejection] = None
    priority: Optional[Priority] = None
    shares: tuple[Share, ...] = ()

    def obstacles(self) -> Iterator[str]:
        """Yield what keeps the job from running even where slots have room for it."""
        for share in self.shares:
            if share.is_used_up:
                yield str(share)
        if self.rejection is not None and "limit" in self.rejection.reason:
            yield self.rejection.reason

    def notes(self) -> Iterator[str]:
        """Yield what decides who gets slots, in words."""
        if self.priority is not None:
            yield str(self.priority)
        yield from map(str, self.shares)


class Users:
    """All users of a pool, as far as schedd and collector know of them. What is the same for all jobs is asked once.

    :param connection: the pool.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def standing(self, ad: Mapping[str, Any]) -> Standing:
        """Return how an idle job stands beside those of others.

        :param ad: the job's ad.
        """
        mine = self._accounts.get(_submitter(ad), {})
        return Standing(
            _known(lambda: _rejection(ad, self._connection)),
            _priority(mine, self._accounts, self._waiting),
            (*self._limits, *_shares(mine, self._accounts)),
        )

    @functools.cached_property
    def _accounts(self) -> dict[str, dict[str, Any]]:
        """What the negotiator knows of each user and each group of them."""
        ads = _known(lambda: self._connection.query_collector("Accounting", "true", _ACCOUNT)) or []
        return {str(ad.get("Name")): ad for ad in ads}

    @functools.cached_property
    def _waiting(self) -> frozenset[str]:
        """The users that have idle jobs."""
        ads = _known(lambda: self._connection.query_collector("Submitter", "IdleJobs > 0", ["Name"])) or []
        return frozenset(str(ad.get("Name")) for ad in ads)

    @functools.cached_property
    def _limits(self) -> tuple[Share, ...]:
        """How many jobs the schedd runs, where it runs no more."""
        ad = _known(lambda: self._connection.query_schedd(["MaxJobsRunning", "TotalRunningJobs"])) or {}
        limit = _number(ad, "MaxJobsRunning", math.inf)
        share = Share("jobs that the schedd runs at a time", _number(ad, "TotalRunningJobs", 0), limit)
        return (share,) if share.is_used_up else ()


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
        logger.info("why jobs do not run is known in part only: %s", error)
        return None


def _submitter(ad: Mapping[str, Any]) -> str:
    """Return what the negotiator calls the user of a job: by the accounting group, where it has one."""
    user = str(ad.get("User", ""))
    group = ad.get("AccountingGroup")
    return f"{group}@{user.partition('@')[2]}" if group else user


def _rejection(ad: Mapping[str, Any], connection: Connection) -> Rejection | None:
    """Return the last one since the job is idle, of all jobs of the user that want the same: one stands for all of them."""
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


def _priority(
    mine: Mapping[str, Any], accounts: Mapping[str, Mapping[str, Any]], waiting: Collection[str]
) -> Priority | None:
    """Return the user's priority beside those who wait in the same group: what groups get is not a matter of priority."""
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
