"""Leave the slot before the time of a job is over, so that components which share it lose nothing to its time limit.

HTCondor, or a site, ends a job that takes longer than it may, whichever component has taken the time. So a job that HTMap has
filled ends by itself before that. It saves what has ended (:mod:`htmap_run.files.saves`), and HTCondor puts it back into the
queue. Its next run goes on from there, and has the whole time. A component that was cut off is the first one there, as they run
in order. If it is still running when that time is over, it has had all of it for itself: that is its error.
"""

from __future__ import annotations

import contextlib
import math
import os
import signal
import time

from htmap_run import names
from htmap_run.files import saves
from htmap_run.limits import memory
from htmap_run.reports.host import job_ad

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Callable, Optional

_OF_EXECUTION = "allowedexecuteduration"  # without the transfer of inputs
_OF_JOB = ("allowedjobduration", names.TIME_LIMIT.lower())
_SHARE, _LEAST, _MOST = 0.05, 2.0, 60.0  # of the time, for saving what has ended: a part, but so many seconds
_OF_ALL, _LEAST_OF_ALL = 0.25, 1.0  # of that, where there is little to lose but a component that needs all the time
_DEPTH = 3  # attributes that name attributes
_FAILURES = 10


class TimeLimit:
    """How long a job may run, and which of its components that ends. The supervising process makes it, and workers ask it.

    :param scratch: the job's scratch directory.
    :param began: when HTCondor started the job, in seconds since the epoch.
    :param seconds: how long it may run from then on; infinite if it has no limit, or must not leave its slot.
    :param is_fresh: whether no component has ended since HTCondor started it.
    :ivar due: from when on :meth:`is_short` is to be asked; the end of each component is compared.
    :ivar is_over: whether the last worker was ended because of it.
    """

    def __init__(self, scratch: str, began: float, seconds: float, *, is_fresh: bool) -> None:
        reserve = min(max(_SHARE * seconds, _LEAST), _MOST)
        self.seconds = seconds
        self.began = began
        self.due = began + seconds / 2  # so that each run makes use of half of its time at least
        self.is_over = False
        self._scratch = scratch
        self._end, self._last = began + seconds - reserve, began + seconds - max(_OF_ALL * reserve, _LEAST_OF_ALL)
        self._is_fresh = is_fresh
        self._first: Optional[int] = None
        self._started = 0.0

    # --- the supervisor

    def begin_with(self, component: int) -> None:
        """Tell which component a worker begins with."""
        self._first = component if self._first is None else self._first

    @contextlib.contextmanager
    def watching(self, worker: int, running: Callable[[], Optional[int]]) -> Iterator[None]:
        """End a worker before the time is over, while the block waits for it.

        :param running: returns the component that has begun and not ended, as far as that is known; None for none.
        """
        self.is_over = False
        if self.seconds == math.inf:
            yield
            return
        before = signal.signal(signal.SIGALRM, lambda *_: self._look(worker, running()))
        self._look(worker, running())
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def has_had_all(self, component: Optional[int]) -> bool:
        """Return whether a component is the first since HTCondor started the job, so that it may use the whole time."""
        return self._is_fresh and component == self._first

    def _look(self, worker: int, component: Optional[int]) -> None:
        now = time.time()
        until = self._last if now >= self._end and self.has_had_all(component) else self._end
        if now < until:
            signal.setitimer(signal.ITIMER_REAL, until - now)
        elif component is None and self._is_fresh:
            signal.setitimer(signal.ITIMER_REAL, _LEAST)  # to leave now would bring the next run no farther
        elif saves.leave_slot(self._scratch, self.began):
            self.is_over = True
            memory.end(worker)

    # --- the worker

    def start(self) -> None:
        """Note that a worker begins with its components."""
        self._started = time.time()

    def is_short(self, count: int, left: int, start: float, end: float) -> bool:
        """Return whether the job is to leave its slot, because it can hardly end another component.

        :param count: how many components this process has run.
        :param left: how many are left.
        :param start: when the last of them began.
        :param end: when it ended.
        """
        expected = max(end - start, (end - self._started) / count)
        if left and end + expected > self._end:
            return saves.leave_slot(self._scratch, self.began)
        self.due = max(end, self._end - expected)
        return False


def of_job(scratch: str, components: int, failures: int) -> TimeLimit:
    """Return the time limit of a job; one that never ends where the job has none, or must not leave its slot for it.

    It must not where HTCondor would take that for its end: without the policy of the submit side, and where it cannot be saved.
    Nor where HTCondor is to see that it runs out of memory.

    :param components: the number of components of the job.
    :param failures: how often it has ended, but for leaving its slot.
    """
    ad = job_ad(scratch) if components > 1 else {}
    mark = saves.mark(scratch)
    began: float = mark.get("began") or _began(scratch)
    # A job that has failed has perhaps done so because HTCondor does not know this way of saving. If it has left its slot often,
    # and nothing is known of that, what it saves is of no use to the next run.
    is_useful = not failures or ("checkpointnumber" in ad and failures <= _FAILURES)
    can_leave = ad.get(names.LEAVES.lower(), "").isdigit() and is_useful and saves.can_save(ad)
    is_watched = not os.path.exists(os.path.join(scratch, names.UNWATCHED))
    ends = _ends(ad, began) if can_leave and is_watched else ()
    # What was over when the job began cannot be: the clocks differ.
    end = min((each for each in ends if each > began), default=math.inf)
    return TimeLimit(scratch, began, end - began, is_fresh=not mark)


def _began(scratch: str) -> float:
    now = time.time()
    try:  # HTCondor makes this file when the inputs are there; a container may have to start after that
        return min(now, os.stat(os.path.join(scratch, names.LIVE_STDOUT)).st_mtime)
    except OSError:
        return now


def _ends(ad: dict[str, str], began: float) -> Iterator[float]:
    """Yield when each time is over for which the job may run. Only the first leaves out the transfer of inputs."""
    yield began + _value(ad.get(_OF_EXECUTION, ""), ad)
    started = ad.get("jobcurrentstartdate", "")
    if started.isdigit():
        began = min(began, int(started))  # the schedd's clock may be ahead
    for name in _OF_JOB:
        yield began + _value(ad.get(name, ""), ad)


def _value(text: str, ad: dict[str, str], depth: int = _DEPTH) -> float:
    """Return what an expression means: numbers and attributes, added up. It is infinite for any other."""
    total = 0.0
    for part in text.lower().split("+"):
        try:
            total += float(part)
        except ValueError:
            if part.strip() not in ad or not depth:
                return math.inf
            total += _value(ad[part.strip()], ad, depth - 1)
    return total
