"""Job ads: everything that the schedd knows about a job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from htmap_core.condor.classads import plain
from htmap_core.condor.connection import Connection
from htmap_core.exceptions import HTMapException


@attrs.frozen
class JobAd:
    """The ad of a component's job.

    :param attributes: the attributes; expressions are text, and undefined values None.
    :param text: the complete ad, as ``condor_q -long`` shows it.
    :param is_queued: whether the job is in the queue; otherwise the ad is its last one, from the history.
    """

    attributes: Mapping[str, Any]
    text: str
    is_queued: bool


@attrs.define(slots=False)
class JobNotFound(HTMapException, LookupError):
    """The schedd has no ad of the component's job (any more).

    :param status: the status of the component.
    """

    tag: str
    component: int
    status: str

    def __str__(self) -> str:
        why = (
            "the schedd creates its job later, when there is room for it"
            if self.status == "UNMATERIALIZED"
            else "the job is neither in the queue nor in the schedd's history, which drops old jobs"
        )
        return f"component {self.component} of map {self.tag!r}, which is {self.status}, has no job ad: {why}"


def find(connection: Connection, cluster: int, proc: int) -> JobAd | None:
    """Return the ad of a job from the queue, or else from the history; None if the schedd has none.

    :raises CondorError: the schedd does not answer.
    """
    constraint = f"ClusterId == {cluster} && ProcId == {proc}"
    for past in (False, True):
        for ad in connection.job_classads(constraint, 1, past=past):
            lines = sorted((f"{name} = {ad.lookup(name)}" for name in ad), key=str.casefold)
            return JobAd(plain(ad), "\n".join(lines) + "\n", not past)
    return None
