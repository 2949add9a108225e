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
from htmap_run.job.results import Results
from htmap_run.limits import memory
from htmap_run.reports import control_group, host

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType
    from typing import Any, Callable, NoReturn, Optional

    from htmap_run.limits.time_limit import TimeLimit

_MOST_OF_MEMORY = 0.5

_FORWARDED = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM)
"""The signals by which HTCondor, or a person, may ask a job to end; the function may handle them."""


class WorkerLost(Exception):
    """The worker process ended while it ran no component, so no component can have the error."""


class AskedToEnd(Exception):
    """A signal asked this process to end, and its worker has ended."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(number)

    def obey(self) -> NoReturn:
        """Die by that signal, as HTCondor expects."""
        signal.signal(self.number, signal.SIG_DFL)
        os.kill(os.getpid(), self.number)
        os._exit(128 + self.number)  # the first process of a container survives its own signals


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
    """

    def __init__(
        self, status: int, peak_kib: int, out_of_memory: bool, ended_at: int, ended_after: float = 0.0
    ) -> None:
        self.signal = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        self.exit_code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 0
        self.peak_kib = peak_kib
        self.out_of_memory = out_of_memory
        self.ended_at = ended_at
        self.ended_after = ended_after

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

    :ivar asked: the last signal that asked this process to end, or None.
    """

    def __init__(self) -> None:
        self._worker: Optional[int] = None
        self.asked: Optional[int] = None
        self._before: dict[int, Any] = {}
        self._group = control_group.of_this_process()
        self._watch = memory.watch(self._group)
        for number in _FORWARDED:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._forward)

    def finish(
        self,
        components: Sequence[int],
        results: Results,
        work: Callable[[Sequence[int]], NoReturn],
        died: Callable[[dict[str, Any], End], None],
        limit: TimeLimit,
        *,
        has_checkpointed: Callable[[], bool],
        again: Callable[[int], bool],
    ) -> bool:
        """Run *components* in as many workers as it takes; return False if a worker gave up.

        Components that have ended already are not run.

        :param work: runs components and ends the process; called in a worker.
        :param died: writes down the end of a component whose worker died, from the record of its beginning and the worker's end.
        :param limit: ends a worker when the time of the job is nearly over.
        :param has_checkpointed: whether a worker has ended for its checkpoint, or what has ended so far, to be fetched.
        :param again: whether a component whose worker died runs again, first in the next worker, before its death counts.
        :raises WorkerLost: a worker ended before it began a component.
        :raises AskedToEnd: a signal asked this process to end, and the worker ended with components left.
        :raises Saved: it has, or it needs more memory, and HTCondor has been asked to see to that.
        """
        results.read()
        while left := _left(components, results):
            limit.begin_with(left[0])
            end = self._run(lambda: work(left), limit, results)
            if results.is_given_up:
                return False
            results.read()
            if limit.is_over and (begun := results.begun) is not None and limit.has_had_all(begun["component"]):
                died(begun, end)
                results.read()
            still = _left(left, results)
            if still and self.asked is not None:
                raise AskedToEnd(self.asked)
            if still and has_checkpointed():
                raise Saved
            if end.ended_at and self._watch is not None and self._watch.is_retried:
                memory.leave_unwatched()
                raise Saved
            if (begun := results.begun) is not None:
                # Others ran before it in its process. It runs again alone, unless that would only fill the machine twice.
                is_first = begun["component"] == left[0]
                if not is_first and not end.has_filled_machine and again(begun["component"]):
                    results.forget_begun()
                    continue
                died(begun, end)
                results.read()
            elif len(still) == len(left):
                raise WorkerLost(f"the worker process {end} before it began component {left[0]}")
        return True

    def _run(self, work: Callable[[], NoReturn], limit: TimeLimit, results: Results) -> End:
        kills = self._kills()
        # Signals are blocked meanwhile: a new worker has this process's handlers until it has set its own.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, _FORWARDED)
        worker = os.fork()
        if worker == 0:
            self._become_worker(work, mask)
        self._worker = worker
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if self.asked is not None:  # the signal came before there was a worker
            os.kill(worker, self.asked)
        with limit.watching(worker, lambda: results.running):
            status, peak = self._wait(worker)
        ended_at, ended_after = self._watch.ended_at if self._watch else 0, limit.seconds if limit.is_over else 0.0
        end = End(status, peak, self._kills() > kills, ended_at, ended_after)
        with contextlib.suppress(ProcessLookupError, PermissionError):  # usually the worker has left no process
            os.killpg(worker, signal.SIGKILL)
        self._worker = None
        return end

    def _wait(self, worker: int) -> tuple[int, int]:
        if self._watch is not None:
            return self._watch.wait(worker)
        _, status, used = os.wait4(worker, 0)
        return status, host.peak_of(used)

    def _kills(self) -> int:
        return self._group.kills() if self._group is not None else 0

    def _become_worker(self, work: Callable[[], NoReturn], mask: set[Any]) -> NoReturn:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if not os.isatty(0):  # in a terminal, a debugger must be able to read from it
            os.setpgid(0, 0)  # a function that kills its process group must not kill the supervisor
        work()

    def _forward(self, number: int, _: Optional[FrameType]) -> None:
        self.asked = number
        if self._worker is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._worker, number)


def _left(components: Sequence[int], results: Results) -> Sequence[int]:
    """Return those of *components* that have not ended; all are not copied, for a million take much memory."""
    if not len(results.ended):
        return components
    return [component for component in components if component not in results.ended]
