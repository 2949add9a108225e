"""Jobs of whose machines nothing is heard: how long HTCondor tries to reach them, from the ads of the jobs.

A job has a lease. While the machine that runs it cannot be reached, the job may be running there and come back with its results,
so it is started nowhere else before the lease is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from htmap_core import durations
from htmap_core.wording import printable

SILENT = "JobCurrentReconnectAttempt =!= undefined"
"""Finds the jobs that HTCondor tries to reach; those that were held or are to be removed meanwhile, too."""

OF_SILENT = ("JobLeaseDuration", "RemoteHost")

NOTHING_HASTENS = (
    "Nothing hastens that: to hold or vacate it needs the machine, too. MapOptions(job_lease_duration=...) says for how many "
    "seconds jobs of later maps are waited for"
)
_NAMED = 3  # machines: of more, their number says enough


def patience(ad: Mapping[str, Any]) -> str:
    """Return for how long HTCondor tries to reach a job, from its ad.

    >>> patience({"JobLeaseDuration": 2400})
    '40 min'
    """
    lease = ad.get("JobLeaseDuration")
    return durations.in_words(lease) if isinstance(lease, (int, float)) else "as long as the lease of its job is"


def machine(ad: Mapping[str, Any]) -> str:
    """Return the machine that a job runs on, from its ad; an empty text if that does not say.

    >>> machine({"RemoteHost": "slot1_3@wn7.example.org"})
    'wn7.example.org'
    """
    return printable(str(ad.get("RemoteHost") or "")).rpartition("@")[2]


def told(note: str, components: int, machines: Iterable[str], span: str) -> str:
    """Return what is known of components that run where nothing is heard from.

    >>> told("out of reach since 13:31", 2, {"wn7"}, "40 min")
    'they are out of reach since 13:31: nothing is heard from wn7. HTCondor tries for 40 min, and then runs them again'

    :param note: since when.
    :param span: for how long HTCondor tries to reach them.
    """
    they, them = ("they are", "them") if components > 1 else ("it is", "it")
    named = sorted(filter(None, machines))
    where = " and ".join(named) if 0 < len(named) <= _NAMED else f"{len(named) or 'the'} machines"
    return f"{they} {note}: nothing is heard from {where}. HTCondor tries for {span}, and then runs {them} again"
