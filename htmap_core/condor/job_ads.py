"""All that the schedd knows of a job: its ad."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from htmap_core.condor.classads import plain
from htmap_core.condor.connection import Connection
from htmap_core.exceptions import HTMapException


@attrs.frozen
class JobAd:
    """The ad of the job of a component.

    :param attributes: the attributes; expressions are text, and what is undefined is None.
    :param text: the whole ad, as ``condor_q -long`` shows it.
    :param is_queued: whether the job is in the queue; otherwise the ad is the last one that it had.
    """

    attributes: Mapping[str, Any]
    text: str
    is_queued: bool


@attrs.define(slots=False)
class JobNotFound(HTMapException, LookupError):
    """The schedd has no ad of the component's job (any more)."""

    tag: str
    component: int
    status: str

    def __str__(self) -> str:
        why = (
            "the schedd makes it when there is room for it"
            if self.status == "UNMATERIALIZED"
            else "it is neither in the queue nor in the schedd's history, which does not go back for ever"
        )
        return f"there is no job of component {self.component} of map {self.tag!r}, which is {self.status}: {why}"


def find(connection: Connection, cluster: int, proc: int) -> JobAd | None:
    """Return the ad of a job in the queue, or else in the history; None where the schedd has none.

    :raises CondorError: the schedd does not answer.
    """
    constraint = f"ClusterId == {cluster} && ProcId == {proc}"
    for past in (False, True):
        for ad in connection.job_classads(constraint, 1, past=past):
            lines = sorted((f"{name} = {ad.lookup(name)}" for name in ad), key=str.casefold)
            return JobAd(plain(ad), "\n".join(lines) + "\n", not past)
    return None
