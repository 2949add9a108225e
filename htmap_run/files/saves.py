"""Results that leave the execute node before the end of their job.

A job of several components ends from time to time, between two of them (``checkpoint_exit_code``). HTCondor fetches what there
is, and starts the job again in the same place, where it goes on as after an eviction. So results can be read early, and
a job that loses its host loses what came since. The job reaches nothing but its own files for it.

What that costs is measured by the job itself: the time from its end to the next component, and by how much the first component
of a process takes longer than others, which need not load what is kept in global variables. Where HTCondor has given the slot to
nobody else for long (``CLAIM_WORKLIFE``), it takes it from the job at a save, which costs much more.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import time

from htmap_run import codes, names
from htmap_run.reports.host import claimed_since, job_ad

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from typing import Any, Optional

_MB = 1_000_000
# What says that HTCondor has held the job because of a save: the second is there from the first such hold on, but not everywhere.
_FAILED = (("lastholdreasoncode", "36"), ("numholdsbyreason", "FailedToCheckpoint"))
# What the first save is expected to cost; those after it are measured.
_START = 0.15  # seconds
_PER_COMPONENT = 10e-6  # to read what it has left, and check it
_PER_BYTE = 1 / (100 * _MB)  # to transfer it
_CLAIM_LIFE = 1200  # seconds: HTCondor's default
_SLOT = 300  # seconds, until there is another slot
_LOST_BY_SAVING = "SuccessfulCheckpoint"  # HTCondor's name for a vacate
_LEAVES = "leaves"


class Rules:
    """How often results may leave the job, as its ad says: the submit side has put them there.

    :ivar shortest: the seconds that lie at least between two saves.
    :ivar longest: the seconds to which that distance grows.
    :ivar megabytes: how much is saved at most.
    :ivar share: the part of the time that saves may cost.
    """

    def __init__(self, text: str) -> None:
        shortest, longest, megabytes, percent = map(int, text.split())
        self.shortest, self.longest, self.megabytes, self.share = shortest, longest, megabytes, percent / 100


def rules(ad: dict[str, str], failures: int) -> Optional[Rules]:
    """Return how often results may leave the job with an *ad*; None if they may not.

    They may not where HTCondor would take the exit for the end of the job: where the user has chosen another code, in a job that
    is run by hand, and in one that has ended before, perhaps for that. Nor in Docker, where it was never seen to work, nor where
    it has failed and HTCondor has held the job for it.

    :param failures: how often it has ended before.
    """
    text = ad.get(names.SAVES.lower())
    return None if not text or failures or not can_save(ad) else Rules(text)


def can_save(ad: dict[str, str]) -> bool:
    """Return whether HTCondor saves a job with an *ad*, as far as can be told."""
    is_docker = ad.get("wantdocker") == "true" or (ad.get("wantcontainer") == "true" and os.path.exists("/.dockerenv"))
    has_failed = any(sign in ad.get(name, "") for name, sign in _FAILED)
    is_meant = "htmapsubmission" in ad and ad.get("successcheckpointexitcode") == str(codes.SAVED)
    return is_meant and not is_docker and not has_failed


def is_careful(ad: dict[str, str], failures: int) -> bool:
    """Return whether a job is saved after each component, because a signal has killed it as a whole: one of them may have."""
    return failures > 0 and ad.get("exitbysignal", "").lower() == "true" and can_save(ad)


def save_at_once(scratch: str) -> None:
    """Leave the mark that the job ends to be saved, before it has run anything."""
    _leave_mark(scratch, {})


class Saves:
    """When a job ends for its results to be fetched. The supervising process makes it, and workers ask it.

    :param scratch: the job's scratch directory.
    :param components: the number of components of the job.
    :param finished: how many of them earlier runs have finished.
    :param failures: how often the job has ended before, but for leaving its slot in time.
    :param began: when HTCondor has started it, for the marks.
    :ivar due: from when on :meth:`is_time` is to be asked, in seconds since the epoch; the end of each component is compared.
    """

    def __init__(
        self, scratch: str, components: int, finished: int, failures: int = 0, began: Optional[float] = None
    ) -> None:
        self._scratch = scratch
        self._job_began = began
        self._components = components
        self._begun = self._first = 0.0
        self._before = take_mark(scratch)
        ad = job_ad(scratch) if components > 1 else {}
        found = rules(ad, failures)
        self._has_lost_slot = _LOST_BY_SAVING in ad.get("numvacatesbyreason", "")
        if self._before and not finished:
            found = None  # what was saved cannot be used: to save again would be in vain
        if self._has_lost_slot and found is not None and found.share < 1:
            found = None  # once is enough, unless the user has said how often
        self._claimed: float = (found is not None and claimed_since()) or time.time()
        self._rules = found
        self._is_careful = is_careful(ad, failures)
        self.due = math.inf if found is None and not self._is_careful else -math.inf

    def is_time(self, count: int, left: int, start: float, end: float) -> bool:
        """Return whether the job is to end for its results to be fetched, and leave the mark that tells the supervisor so.

        :param count: how many components this process has run.
        :param left: how many are left.
        :param start: when the last of them began.
        :param end: when it ended.
        """
        if self._is_careful:
            return left > 0 and _leave_mark(self._scratch, {"end": end, "began": self._job_began})
        assert self._rules is not None, "nothing is due without rules"
        if count == 1:
            self._begun, self._first = start, end - start
        distance = max(self._rules.shortest, min(2 * self._before.get("distance", 0.0), self._rules.longest))
        if end >= self._begun + distance and left:
            cost = self._cost(count, self._components - left, end)
            distance = max(distance, cost / self._rules.share)
            if end >= self._begun + distance:
                return self._leave_mark(count, distance, end)
        # What a save costs is known better after a while: so look before the distance is over, but not often.
        self.due = min(self._begun + distance, max(2 * end - self._begun, self._begun + self._rules.shortest))
        return False

    def _cost(self, count: int, ended: int, now: float) -> float:
        """Return how many seconds a save costs; infinitely many if that cannot be said yet, or there is too much to save."""
        assert self._rules is not None
        size = _size(os.path.join(self._scratch, names.RETURN))
        if size > self._rules.megabytes * _MB:
            return math.inf
        firsts, others = self._durations(count, now)
        if not others[0] and self._rules.share < 1:
            return math.inf  # the first component alone does not tell what it had to load
        warming = max(0.0, firsts[1] / firsts[0] - others[1] / others[0]) if others[0] else 0.0
        restart = self._begun - self._before["end"] if "end" in self._before else 0.0
        return max(restart, _START + ended * _PER_COMPONENT + size * _PER_BYTE) + warming + self._slot(now)

    def _slot(self, now: float) -> float:
        """Return what it costs that HTCondor takes the slot from the job; 0 where the claim is young, or has lasted."""
        old = self._claimed + _CLAIM_LIFE
        has_stayed = self._before.get("end", 0.0) >= old
        return _SLOT if self._has_lost_slot or (now >= old and not has_stayed) else 0.0

    def _durations(self, count: int, now: float) -> tuple[list[float], list[float]]:
        """Return number and seconds of the components that were the first of their process, and of the others, of all runs."""
        firsts, others = self._before.get("firsts", [0, 0.0]), self._before.get("others", [0, 0.0])
        later = now - self._begun - self._first
        return [firsts[0] + 1, firsts[1] + self._first], [others[0] + count - 1, others[1] + later]

    def _leave_mark(self, count: int, distance: float, now: float) -> bool:
        firsts, others = self._durations(count, now)
        facts = {"end": now, "distance": distance, "firsts": firsts, "others": others, "began": self._job_began}
        if _leave_mark(self._scratch, facts):
            return True
        self.due = math.inf  # the results come with the last one
        return False


def leave_slot(scratch: str, began: float) -> bool:
    """Leave the mark that the job ends to be saved, and then leaves its slot; return whether there was room for it."""
    return _leave_mark(scratch, {_LEAVES: True, "began": began})


def is_leaving(scratch: str) -> bool:
    """Return whether the run before in this place has been saved for the job to leave its slot now."""
    return mark(scratch).get(_LEAVES) is True


def is_marked(scratch: str) -> bool:
    """Return whether a worker has ended for the job to be saved."""
    return os.path.lexists(os.path.join(scratch, names.SAVING))


def mark(scratch: str) -> dict[str, Any]:
    """Return what the mark says that the run before has left in this place; empty if there is nothing."""
    try:
        with open(os.path.join(scratch, names.SAVING), encoding="ascii") as file:
            found: dict[str, Any] = json.loads(file.read() or "{}")
    except (OSError, ValueError):
        return {}
    return found


def take_mark(scratch: str) -> dict[str, Any]:
    """Remove the mark that the run before has left in this place, and return what it says; empty if there is nothing."""
    found = mark(scratch)
    with contextlib.suppress(OSError):  # usually there is none
        os.unlink(os.path.join(scratch, names.SAVING))
    return found


def _leave_mark(scratch: str, facts: dict[str, Any]) -> bool:
    try:
        with open(os.path.join(scratch, names.SAVING), "w", encoding="ascii") as file:
            json.dump(facts, file)
    except OSError:  # such as a full disk
        return False
    return True


def _size(folder: str) -> int:
    """Return how many bytes the files of a folder and those below it have."""
    size = 0
    for path, _, files in os.walk(folder):
        for name in files:
            with contextlib.suppress(OSError):  # threads and processes of the function may remove it
                size += os.lstat(os.path.join(path, name)).st_size
    return size
