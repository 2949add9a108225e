"""Signed URLs of outputs: how long they are good, and signing them anew for jobs in the queue.

A URL is signed when its job is submitted, and may have to wait longer than it is good. A job in the queue gets a new one by an
edit of its ad. A running job keeps the one with which it started, and a job that the schedd has not made yet gets the one of its
submission.
"""

from __future__ import annotations

import functools
import math
import mmap
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import attrs

from htmap_core import user_warnings
from htmap_core.condor.connection import Connection
from htmap_core.exceptions import CondorError, HTMapException
from htmap_core.files.reading import open_file
from htmap_core.language.expressions import quoted
from htmap_core.plugins.core.presigned import Validity, validity
from htmap_core.storage.jobs import Job, Portion
from htmap_core.storage.log import logger
from htmap_core.storage.mapdir import MapDir
from htmap_core.submission.files.outputs import has_replaced_url, renewal

_RUNNING, _HELD = 2, 5  # HTCondor's JobStatus
_NOT_SENT_BACK = 12  # HTCondor's code of a hold because output could not be sent
_AT_ONCE = 100  # edits between two looks at other news; one takes about ten milliseconds
_AFTER_SILENCE = 600.0  # seconds
_REMAPS = "TransferOutputRemaps"
_OF_JOB = ("ClusterId", "ProcId", "JobStatus", "HoldReasonCode", _REMAPS)


@attrs.frozen
class SignedJob:
    """A job in the queue whose outputs go to URLs that were made from others.

    :param status: HTCondor's ``JobStatus``.
    :param hold_code: HTCondor's ``HoldReasonCode``; 0 if it is not held.
    :param validity: for how long its URLs are good; None if they do not say.
    """

    cluster: int
    proc: int
    status: int
    hold_code: int
    remaps: str
    validity: Validity | None

    @property
    def is_running(self) -> bool:
        """Whether it runs, and so keeps its URLs until its end."""
        return self.status == _RUNNING

    @property
    def failed_to_send(self) -> bool:
        """Whether it is held because its outputs could not be sent."""
        return self.status == _HELD and self.hold_code == _NOT_SENT_BACK

    def is_due(self, now: float) -> bool:
        """Return whether its URLs should be signed anew: half of their time is over."""
        return self.validity is not None and self.validity.middle <= now


def has_signed(map_dir: MapDir) -> bool:
    """Return whether outputs of a map go to URLs that a protocol made from others. It reads the item files."""
    return any(_has_signed(map_dir.items(portion.submission)) for portion in map_dir.placement.portions)


def _has_signed(items: Path) -> bool:
    try:
        with open_file(items) as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as rows:
            return has_replaced_url(rows)
    except (OSError, ValueError):  # it is missing or empty: whoever needs it is told of the damage
        return False


def signed_jobs(map_dir: MapDir, connection: Connection) -> list[SignedJob]:
    """Return the jobs in the queue with such URLs.

    :raises CondorError: the schedd does not answer.
    """
    return [
        SignedJob(
            cluster=ad["ClusterId"],
            proc=ad["ProcId"],
            status=ad["JobStatus"],
            hold_code=ad.get("HoldReasonCode") or 0,
            remaps=remaps,
            validity=validity(remaps),
        )
        for ad in connection.query_jobs(map_dir.own_jobs, _OF_JOB)
        if has_replaced_url(remaps := str(ad.get(_REMAPS) or ""))
    ]


def sign_anew(map_dir: MapDir, connection: Connection, jobs: Iterable[SignedJob]) -> None:
    """Sign the URLs of jobs anew, with the keys of today.

    :raises InvalidOption: the keys cannot be read.
    :raises CorruptMap: the map's description is damaged.
    :raises CondorError: the schedd does not answer.
    """
    map_dir.refresh()
    placement = map_dir.placement
    numbers = {each.cluster: each.number for each in map_dir.submissions.all()}

    @functools.cache
    def renewed(portion: Portion) -> Callable[[str], str]:
        commands, _ = map_dir.files_of(portion.submission).read_submit()
        return renewal(commands, portion.options, in_ad=True)

    for job in jobs:
        components = placement.components_of(Job(numbers[job.cluster], job.proc))
        text = quoted(renewed(placement.portion_of(components[0]))(job.remaps))
        try:
            connection.edit(f"{job.cluster}.{job.proc}", _REMAPS, text)
        except CondorError:
            if connection.query_jobs(map_dir.own_job(job.cluster, job.proc), ["ProcId"], 1):
                raise  # otherwise the job has just left the queue


def sign_before_release(map_dir: MapDir, connection: Connection, tag: str) -> None:
    """Sign the URLs of jobs anew that could not send their outputs, or whose URLs may end before the jobs do.

    :raises HTMapException: that is not possible, and without it jobs would fail again.
    """
    if not has_signed(map_dir):
        return
    now = time.time()
    jobs = [job for job in signed_jobs(map_dir, connection) if not job.is_running]
    wanted = [job for job in jobs if job.failed_to_send or job.is_due(now)]
    try:
        sign_anew(map_dir, connection, wanted)
    except CondorError:
        raise
    except HTMapException as error:
        if any(job.failed_to_send or job.validity.end <= now for job in wanted if job.validity):
            raise
        _warn(tag, wanted, str(error))


def ends(map_dir: MapDir, connection: Connection) -> dict[tuple[int, int], Validity]:
    """Return for how long the URLs of the jobs in the queue are good, by cluster and number; empty without such URLs.

    :raises CondorError: the schedd does not answer.
    """
    jobs = signed_jobs(map_dir, connection) if has_signed(map_dir) else []
    return {(job.cluster, job.proc): job.validity for job in jobs if job.validity is not None}


class KeptSigned:
    """Keeps the URLs of a map's jobs good while somebody waits for the map."""

    def __init__(self, map_dir: MapDir) -> None:
        self._map_dir = map_dir
        self._has_warned = False
        self._has_signed: bool | None = None

    def tend(self, tag: str) -> float:
        """Sign URLs anew of which half of the time is over, and return the seconds until the next look."""
        if self._has_signed is None:
            self._has_signed = has_signed(self._map_dir)
        if not self._has_signed:
            return math.inf
        connection = Connection(self._map_dir.pool)
        try:
            jobs = [job for job in signed_jobs(self._map_dir, connection) if job.validity is not None]
            return self._tend(tag, connection, jobs)
        except CondorError as error:
            logger.info("map %r: URLs of outputs were not signed anew: %s", tag, error)
            return _AFTER_SILENCE

    def _tend(self, tag: str, connection: Connection, jobs: list[SignedJob]) -> float:
        now = time.time()
        times = [job.validity for job in jobs if job.validity is not None]
        if not times:
            return _AFTER_SILENCE
        due = [job for job in jobs if job.is_due(now)]
        editable = [job for job in due if not job.is_running]
        reason = "a running component keeps the URL with which it started"
        try:
            sign_anew(self._map_dir, connection, editable[:_AT_ONCE])
        except CondorError:
            raise
        except HTMapException as error:
            reason, editable = str(error), []
        self._warn_once(tag, [job for job in due if job not in editable], reason, now)
        if editable[_AT_ONCE:]:
            return 0.0
        life = min(each.end - each.begin for each in times)
        if due:
            return life / 100  # the schedd may make more such jobs, or vacate those that run
        return min(life / 8, max(0.0, min(each.middle for each in times) - now))

    def _warn_once(self, tag: str, left: list[SignedJob], reason: str, now: float) -> None:
        """Warn if URLs that cannot be signed anew are near their end: an eighth of the time, less than a day, is left."""
        ends = [
            job for job in left if job.validity and job.validity.end - now < (job.validity.end - job.validity.begin) / 8
        ]
        if ends and not self._has_warned:
            self._has_warned = True
            _warn(tag, ends, reason)


def _warn(tag: str, jobs: list[SignedJob], reason: str) -> None:
    end = min(job.validity.end for job in jobs if job.validity)
    user_warnings.warn(user_warnings.SignedUrlsEnd(tag, len(jobs), end, reason))
