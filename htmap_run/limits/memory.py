"""Keep the worker below the memory that the job may use, so that HTCondor has no reason to end the whole job.

Where memory is enforced, HTCondor holds a job that uses more than its slot has, and transfers nothing: what its components have
finished would be lost. So this module looks often how much the job uses. Near the limit it lets the worker get no more, so that
Python raises a MemoryError; if the worker goes on, in what it has reserved before or in child processes, it is ended.

Where the map's user has asked HTCondor to run such jobs again with more memory (``retry_request_memory``), HTCondor must see that
one used too much. There the first worker that needs more is ended, the job saves what it has finished, and HTCondor starts it
again in the same place, where nobody watches it.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal

from htmap_run import codes
from htmap_run.limits.stopped import go_on
from htmap_run.names import UNWATCHED
from htmap_run.reports import host

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Callable, Optional

    from htmap_run.reports.control_group import ControlGroup

_MB = 1024 * 1024
_MARGIN, _LEAST_MARGIN = 32, 8 * _MB  # a part of the limit, but no less than these bytes
_GROWTH = 4 << 30  # bytes in a second: faster than a thread can write to new memory
_SOON, _NEAR, _LATER = 0.001, 0.01, 0.5  # seconds
_AT_FIRST, _ = resource.getrlimit(resource.RLIMIT_DATA)
_RETRIES_OF_24 = "on_evict_check_requestmemory_requirements"  # HTCondor 24 had another name for it
_LAST_WORDS = 0.1  # seconds for the traceback of a worker that must end


class Watch:
    """Watches one worker after the other.

    :param limit: how many bytes all processes of the job may use.
    :param used: tells how many they use; what is certainly below its argument may be told roughly.
    :param is_retried: whether HTCondor gives more memory to a job that used too much.
    :ivar ended_at: the megabytes that the job used when the last worker was ended for it; 0 if it was not.
    """

    is_there = False
    """Whether the workers of this process are watched; they know it, too."""

    def __init__(self, limit: int, used: Callable[[int], int], is_retried: bool) -> None:
        Watch.is_there = True
        margin = max(limit // _MARGIN, _LEAST_MARGIN)
        self.ended_at = 0
        self.is_retried = is_retried
        self._used = used
        self._no_more, self._end = limit - 2 * margin, limit - margin
        self._last = self._pause = 0.0
        self._restore: Optional[tuple[int, int]] = None

    def wait(self, worker: int) -> tuple[int, int]:
        """Wait until *worker* has ended; return its status and its peak memory in KiB."""
        self.ended_at, self._restore = 0, None
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGCHLD,))
        try:
            while True:
                ended, status, usage = os.wait4(worker, os.WNOHANG | os.WUNTRACED)
                if ended and not os.WIFSTOPPED(status):
                    return status, host.peak_of(usage)
                if ended:
                    go_on(worker)
                signal.sigtimedwait((signal.SIGCHLD,), self._look(worker))
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)

    def _look(self, worker: int) -> float:
        """Do what must be done now, and return after how many seconds to look again."""
        used = self._used(self._no_more)
        if used >= self._end:
            self.ended_at = self.ended_at or used // _MB
            end(worker)
            return _LATER
        if used >= self._no_more and not self.is_retried:
            self._let_grow(worker, (self._end - used) // 2)
        elif self._restore is not None:
            self._let_grow(worker, None)
        quick = max(_SOON, (self._no_more - used) / _GROWTH)
        # What stays as it is, however near, is looked at less often.
        self._pause = quick if used > self._last else max(quick, min(2 * self._pause, _NEAR))
        self._last = used
        return min(self._pause, _LATER)

    def _let_grow(self, worker: int, more: Optional[int]) -> None:
        """Let the worker get only *more* bytes; None for as many as before. Child processes are left alone."""
        with contextlib.suppress(OSError, ValueError):  # the worker has just ended, or its hard limit is lower now
            if more is None and self._restore is not None:
                resource.prlimit(worker, resource.RLIMIT_DATA, self._restore)
                self._restore = None
            elif more is not None and self._restore is None:
                soft, hard = resource.prlimit(worker, resource.RLIMIT_DATA)
                least = host.reserved(worker) + more
                if soft == resource.RLIM_INFINITY or least < soft:
                    resource.prlimit(worker, resource.RLIMIT_DATA, (least, hard))
                    self._restore = (soft, hard)


def watch(group: Optional[ControlGroup]) -> Optional[Watch]:
    """Return what watches the workers of this job; None where nothing says that memory is enforced.

    It is enforced where the job's own control group has a limit, and where the machine's ad says that HTCondor measures it. A
    limit that is much above the slot's memory holds for several slots together.
    """
    slot, is_measured = host.slot_memory()
    limit = group.limit() if group is not None and slot else 0
    is_limited = 0 < limit <= 2 * slot * _MB
    if not (is_limited or is_measured):
        return None
    scratch = os.getcwd()
    ad = host.job_ad(scratch)
    is_retried = "requestmemory" in ad.get("transformonevict", "").lower() or _RETRIES_OF_24 in ad
    if is_retried and (os.path.exists(UNWATCHED) or ad.get("successcheckpointexitcode") != str(codes.SAVED)):
        return None
    if group is not None and is_limited:
        return Watch(limit, group.used, is_retried)
    return Watch(slot * _MB, _resident, is_retried)


def leave_unwatched() -> None:
    """Leave the next run of this job in this place unwatched: HTCondor must see that it uses too much."""
    open(UNWATCHED, "wb").close()


def get_room() -> None:
    """Let this process have as much memory as in the beginning: reports and results need some."""
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if soft != _AT_FIRST:
        is_too_high = hard != resource.RLIM_INFINITY and (_AT_FIRST == resource.RLIM_INFINITY or hard < _AT_FIRST)
        resource.setrlimit(resource.RLIMIT_DATA, (hard if is_too_high else _AT_FIRST, hard))


def _resident(_: int) -> int:
    """Return how much this process, its parent (the guard) and its descendants have in memory.

    Without control groups, HTCondor adds up the same.
    """
    return sum(host.resident(process) for process in (os.getppid(), os.getpid(), *_descendants(os.getpid())))


def _descendants(process: int) -> Iterator[int]:
    with contextlib.suppress(OSError):  # it has just ended
        for thread in os.listdir(f"/proc/{process}/task"):
            with open(f"/proc/{process}/task/{thread}/children", encoding="ascii") as file:
                for child in map(int, file.read().split()):
                    yield child
                    yield from _descendants(child)


def end(worker: int) -> None:
    """End the worker by a signal upon which Python shows what it was doing, and its descendants."""
    with contextlib.suppress(OSError, ValueError):  # it may have ended by itself
        for process in list(_descendants(worker)):
            with contextlib.suppress(OSError):
                os.kill(process, signal.SIGKILL)
        resource.prlimit(worker, resource.RLIMIT_CORE, (0, 0))
        os.kill(worker, signal.SIGABRT)
        signal.sigtimedwait((signal.SIGCHLD,), _LAST_WORDS)
        os.kill(worker, signal.SIGKILL)
