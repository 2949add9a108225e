"""Run the components in a worker process, and outlive it: if the worker dies, only one component fails.

The supervising process unpickles nothing and stays small. So the user's code cannot crash it, and the system does not pick it
when memory runs out. HTCondor ends a job by a signal to this process, or kills both processes. So if this process sees the worker
die, and got no signal itself, HTCondor did not kill the worker.
"""

from __future__ import annotations

import contextlib
import os
import signal

from htmap_run import codes
from htmap_run.job.relay import AskedToEnd, Relay, is_on_terminal
from htmap_run.journal.results import Results
from htmap_run.limits import memory
from htmap_run.limits.stopped import go_on
from htmap_run.reports import control_group, host

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Callable, NoReturn, Optional

    from htmap_run.journal.trouble import Trouble
    from htmap_run.limits.time_limit import TimeLimit

_MOST_OF_MEMORY = 0.5


class WorkerLost(Exception):
    """The worker process ended while it ran no component, so no component can have the error."""


class NoRoom(Exception):
    """The disk is too full for what the component of the job leaves; on another host there may be room."""


class Saved(AskedToEnd):
    """The worker has ended for HTCondor to save what there is, and to start this job again."""

    def __init__(self) -> None:
        super().__init__(0)

    def obey(self) -> NoReturn:
        """Exit with the code by which HTCondor knows that."""
        os._exit(codes.SAVED)


class End:
    """How a worker process ended.

    :ivar exit_code: its exit code; 0 if a signal killed it.
    :ivar signal: the number of the signal that killed it, else 0.
    :ivar peak_kib: the peak memory of the worker or of its largest child, in KiB.
    :ivar out_of_memory: whether the system killed a process of this job in the meantime because memory ran out.
    :ivar ended_at: the megabytes that the job used when the worker was ended for it; 0 if it was not.
    :ivar ended_after: the seconds for which the job may run, if the worker was ended for that; 0 if it was not.
    :ivar trouble: what kept the worker from going on, if it has ended for that.
    :ivar was_supervisor: whether it was not the worker that ended, but the process that watches over it.
    """

    def __init__(
        self,
        status: int,
        peak_kib: int,
        out_of_memory: bool,
        ended_at: int,
        ended_after: float = 0.0,
        *,
        trouble: Optional[Trouble] = None,
        was_supervisor: bool = False,
    ) -> None:
        self.signal = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        self.exit_code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 0
        self.peak_kib = peak_kib
        self.out_of_memory = out_of_memory
        self.ended_at = ended_at
        self.ended_after = ended_after
        self.trouble = trouble
        self.was_supervisor = was_supervisor

    @property
    def is_full(self) -> bool:
        """Whether it has ended because the disk is full."""
        return self.trouble is not None and self.trouble.is_full_disk

    @property
    def has_filled_machine(self) -> bool:
        """Whether it was probably killed because it had most of the machine's memory: whoever ran before it is not to blame."""
        return self.signal == signal.SIGKILL and self.peak_kib * 1024 > _MOST_OF_MEMORY * host.machine_memory()

    def __str__(self) -> str:
        if not self.signal:
            return f"ended with exit code {self.exit_code}"
        try:
            name = f" ({signal.Signals(self.signal).name})"
        except ValueError:
            name = ""  # a real-time signal
        return f"was killed by signal {self.signal}{name}"


class Supervisor:
    """Starts workers one after the other, forwards signals to them, and waits for them.

    :param results: what the components leave.
    :param died: writes down the end of a component whose worker died, from the record of its beginning and the worker's end.
    :param again: whether a component whose worker died runs again, first in the next worker, before its death counts.
    :param saved: whether the job ends for what there is to be fetched: because its worker has ended for that, or, asked with
        True, because the disk is full here.
    """

    def __init__(
        self,
        results: Results,
        died: Callable[[dict[str, Any], End], None],
        again: Callable[[int], bool],
        saved: Callable[[bool], bool],
    ) -> None:
        self._results = results
        self._died = died
        self._again = again
        self._saved = saved
        self._relay = Relay()
        self._group = control_group.of_this_process()
        self._watch = memory.watch(self._group)

    def finish(
        self,
        components: Sequence[int],
        work: Callable[[Sequence[int]], NoReturn],
        limit: TimeLimit,
        lost: Optional[End] = None,
    ) -> None:
        """Run *components* in as many workers as it takes. Those that have ended already are not run.

        :param work: runs components and ends the process; called in a worker.
        :param limit: ends a worker when the time of the job is nearly over.
        :param lost: how the supervising process before this one ended.
        :raises WorkerLost: a worker ended before it began a component.
        :raises NoRoom: the disk is full, and the job has one component, or the worker could not even begin.
        :raises AskedToEnd: a signal asked this process to end, and the worker ended with components left.
        :raises Saved: it has, or it needs more memory, or room, and HTCondor has been asked to see to that.
        """
        results = self._results
        results.read()
        before = len(results.ended)
        if lost is not None:
            self._settle(lost)
        while left := _left(components, results):
            limit.begin_with(left[0])
            end = self._run(lambda: work(left), limit, left[0])
            results.read()
            if limit.is_over and (begun := results.begun) is not None and limit.has_had_all(begun["component"]):
                self._died(begun, end)
                results.read()
            still = _left(left, results)
            self._stop(end, is_left=bool(still), is_any=len(results.ended) > before)
            if not self._settle(end) and len(still) == len(left):
                raise (NoRoom if end.is_full else WorkerLost)(_how_lost(end, left[0]))

    def _stop(self, end: End, *, is_left: bool, is_any: bool) -> None:
        """End the job where it is to be, before the rest of it is run.

        :param is_left: whether components are left.
        :param is_any: whether any have ended in this process: then another may have filled the disk.
        """
        if is_left and self._relay.asked is not None:
            raise AskedToEnd(self._relay.asked)
        if is_left and self._saved(end.is_full and is_any):
            raise Saved
        if end.ended_at and self._watch is not None and self._watch.is_retried:
            memory.leave_unwatched()
            raise Saved
        if end.trouble is not None and end.is_full and is_left and len(self._results.components) == 1:
            raise NoRoom(end.trouble.text)

    def _settle(self, end: End) -> bool:
        """See to the component that has begun and not ended; return whether there was one."""
        results = self._results
        if (begun := results.begun) is None:
            results.forget_begun()
            return False
        # Others ran before it in its process. It runs again alone, unless that would only fill the machine twice. One before it
        # may also have killed the supervising process, which took a moment to end.
        is_first = begun["component"] == results.pending.first
        if not is_first and not end.has_filled_machine and (end.was_supervisor or self._again(begun["component"])):
            results.forget_begun()
            return True
        self._died(begun, end)
        results.read()
        results.forget_begun()
        return True

    def _run(self, work: Callable[[], NoReturn], limit: TimeLimit, first: int) -> End:
        results, kills = self._results, self._kills()

        def begin() -> None:
            results.pending.enter(os.getpid(), first)
            if not is_on_terminal():
                os.setpgid(0, 0)  # a function that kills its process group must not kill the supervisor
            work()

        worker = self._relay.fork(begin)
        results.pending.enter(worker, first)
        with limit.watching(worker, lambda: results.running):
            status, peak = self._wait(worker)
        self._relay.has_ended()
        ended_at, ended_after = self._watch.ended_at if self._watch else 0, limit.seconds if limit.is_over else 0.0
        trouble = results.pending.take_trouble()
        end = End(status, peak, self._kills() > kills, ended_at, ended_after, trouble=trouble)
        with contextlib.suppress(ProcessLookupError, PermissionError):  # usually the worker has left no process
            os.killpg(worker, signal.SIGKILL)
        results.pending.enter(0, first)
        return end

    def _wait(self, worker: int) -> tuple[int, int]:
        if self._watch is not None:
            return self._watch.wait(worker)
        while True:
            _, status, used = os.wait4(worker, os.WUNTRACED)
            if not os.WIFSTOPPED(status):
                return status, host.peak_of(used)
            go_on(worker)

    def _kills(self) -> int:
        return self._group.kills() if self._group is not None else 0


def _left(components: Sequence[int], results: Results) -> Sequence[int]:
    """Return those of *components* that have not ended; all are not copied, for a million take much memory."""
    if not len(results.ended):
        return components
    return [component for component in components if component not in results.ended]


def _how_lost(end: End, first: int) -> str:
    return end.trouble.text if end.trouble else f"the worker process {end} before it began component {first}"
