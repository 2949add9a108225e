"""Job ads: everything that the schedd knows about a job.

The schedd looks through its history from the last job back, and the bindings hand over nothing before it has ended. A site's
history takes minutes. So the search has a bound, and another process asks, which can be interrupted.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, Optional

import attrs

from htmap_core import environment
from htmap_core.condor import bindings
from htmap_core.condor.classads import plain
from htmap_core.condor.connection import Connection
from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import CondorError, CondorRefused, HTMapException

_CLOCKS = 24 * 3600  # seconds by which the clock and the time zone of the schedd may differ from ours


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


@attrs.frozen
class _Past:
    """What the history is searched for.

    :param job: a ClassAd expression for the job.
    :param since: a time at which the job had not ended yet, in seconds since the epoch; None if no such time is known.
    """

    job: str
    since: Optional[float]

    @property
    def bound(self) -> str | None:
        """A ClassAd expression that is true for ads that are older than the job's can be, where the search ends.

        The history is in the order in which jobs left the queue. A job that may stay there after its end, as one whose output is
        fetched later, can leave it any time; others leave at once.
        """
        if self.since is None:
            return None
        return f'EnteredCurrentStatus < {int(self.since - _CLOCKS)} && unparse(LeaveJobInQueue) == "false"'


def queued(connection: Connection, job: str) -> JobAd | None:
    """Return the ad of a job from the queue; None if it is not there.

    :param job: a ClassAd expression for the job.
    :raises CondorError: the schedd does not answer.
    """
    found = connection.job_classads(job, 1)
    return _job_ad(found[0], is_queued=True) if found else None


def past(connection: Connection, job: str, *, since: float | None) -> JobAd | None:
    """Return the last ad of a job from the history; None if it has none. It may take minutes; Ctrl-C ends it.

    :param job: a ClassAd expression for the job.
    :param since: a time at which the job had not ended, in seconds since the epoch, so that the schedd need not look through
        older jobs; None if no such time is known.
    :raises CondorError: the schedd does not answer.
    """
    found = _last_ad(connection.address, _Past(job, since))
    return None if found is None else _job_ad(found, is_queued=False)


def _job_ad(ad: Any, *, is_queued: bool) -> JobAd:
    lines = sorted((f"{name} = {ad.lookup(name)}" for name in ad), key=str.casefold)
    return JobAd(plain(ad), "\n".join(lines) + "\n", is_queued)


# --- the history, which another process asks for

# That process finds what this one does, whatever is in the current directory.
_PROGRAM = "import sys; sys.path[:] = {path!r}; from htmap_core.condor import job_ads; job_ads.answer()"


def _last_ad(address: PoolAddress, past: _Past) -> Any:
    """Return a job's ad from the history; None if it has none. Ctrl-C ends the wait.

    :raises CondorRefused: the schedd does not answer this.
    """
    question = {"address": attrs.asdict(address), "past": attrs.asdict(past)}
    asked = subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(path=sys.path)],
        input=json.dumps(question, default=str),
        capture_output=True,
        env=environment.copy(),
        text=True,
        check=False,
        start_new_session=True,  # a terminal's Ctrl-C must not reach the bindings
    )
    if asked.returncode != 0:
        raise CondorRefused(asked.stderr.strip())
    return bindings.classads().ClassAd(asked.stdout) if asked.stdout else None


def answer() -> None:
    """Look for the job that standard input tells, and write its ad: the program of the other process."""
    question = json.load(sys.stdin)
    past = _Past(**question["past"])
    try:
        found = Connection(PoolAddress(**question["address"])).past_classads(past.job, past.bound, 1)
    except CondorError as error:
        sys.exit(error.said if isinstance(error, CondorRefused) else str(error))
    sys.stdout.write(str(found[0]) if found else "")
