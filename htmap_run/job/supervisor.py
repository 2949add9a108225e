"""Run the components in a worker process, and outlive it: whatever kills the worker is one component's error.

The supervising process unpickles nothing and stays small, so that it is neither crashed by the user's code nor the one that
the system picks when memory runs out. HTCondor ends a job by a signal to this process, or kills both; so where this process
is alive to see the worker die, and was not asked to end itself, it was not HTCondor who killed the worker.
"""

from __future__ import annotations

import contextlib
import os
import signal

from htmap_run.job.journal import Journal
from htmap_run.reports.host import oom_kills

TYPE_CHECKING = False  # as typing's, whose import every job would pay for
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any, Callable, NoReturn, Optional

_FORWARDED = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM)
"""The signals by which HTCondor, or somebody by hand, may ask a job to end; the function may handle them."""


class WorkerLost(Exception):
    """The worker process ended while it ran no component, so nobody can be blamed."""


class AskedToEnd(Exception):
    """This process was asked to end by a signal, and its worker did."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(number)

    def obey(self) -> NoReturn:
        """Die by the signal, so that HTCondor sees what it asked for."""
        signal.signal(self.number, signal.SIG_DFL)
        os.kill(os.getpid(), self.number)
        os._exit(128 + self.number)  # the first process of a container survives its own signals


class End:
    """How a worker process ended.

    :ivar exit_code: what it exited with, where it did.
    :ivar signal: the number of the signal that killed it, else 0.
    :ivar peak_kib: the peak of the memory that it, or the largest of its children, had.
    :ivar out_of_memory: whether the system killed a process of this job in the meantime because memory ran out.
    """

    def __init__(self, status: int, peak_kib: int, out_of_memory: bool) -> None:
        self.signal = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        self.exit_code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 0
        self.peak_kib = peak_kib
        self.out_of_memory = out_of_memory

    def __str__(self) -> str:
        if not self.signal:
            return f"ended with exit code {self.exit_code}"
        try:
            name = f" ({signal.Signals(self.signal).name})"
        except ValueError:
            name = ""  # a real-time signal
        return f"was killed by signal {self.signal}{name}"


class Supervisor:
    """Starts workers one after the other, hands them the signals that this process gets, and waits for them.

    :ivar asked: the signal by which this process was asked to end last, if it was.
    """

    def __init__(self) -> None:
        self._worker: Optional[int] = None
        self.asked: Optional[int] = None
        self._before: dict[int, Any] = {}
        for number in _FORWARDED:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._forward)

    def records(
        self,
        components: list[int],
        journal: Journal,
        work: Callable[[list[int]], NoReturn],
        died: Callable[[dict[str, Any], End], dict[str, Any]],
    ) -> Optional[list[dict[str, Any]]]:
        """Have *components* run, in as many workers as it takes; return their records, or None where a worker has given up.

        Those of which the journal has records already are not run.

        :param work: runs components, and ends the process; called in a worker.
        :param died: returns the record of a component, given what the journal says of its begin, and how the worker ended.
        :raises WorkerLost: a worker ended before it began a component.
        :raises AskedToEnd: this process was asked to end, and the worker did, with components left.
        """
        records, _ = journal.read()
        while len(records) < len(components):
            done = {record["component"] for record in records}
            left = [component for component in components if component not in done]
            end = self._run(lambda: work(left))  # noqa: B023 -- called before the next turn
            if journal.is_given_up:
                return None
            records, begun = journal.read()
            if len(records) < len(components) and self.asked is not None:
                raise AskedToEnd(self.asked)
            if begun is not None:
                records.append(died(begun, end))
                journal.finish(records[-1])
            elif len(records) == len(done):
                raise WorkerLost(f"its worker process {end} before it began component {left[0]}")
        order = {component: number for number, component in enumerate(components)}
        return sorted(records, key=lambda record: order[record["component"]])

    def _run(self, work: Callable[[], NoReturn]) -> End:
        kills = oom_kills()
        # Blocked meanwhile, so that no signal reaches a worker that would not know what to do with it yet.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, _FORWARDED)
        worker = os.fork()
        if worker == 0:
            self._become_worker(work, mask)
        self._worker = worker
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if self.asked is not None:  # before there was a worker
            os.kill(worker, self.asked)
        _, status, used = os.wait4(worker, 0)
        end = End(status, used.ru_maxrss, oom_kills() > kills)
        with contextlib.suppress(ProcessLookupError, PermissionError):  # the usual case: it has left no process behind
            os.killpg(worker, signal.SIGKILL)
        self._worker = None
        return end

    def _become_worker(self, work: Callable[[], NoReturn], mask: set[Any]) -> NoReturn:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if not os.isatty(0):  # by hand in a terminal, a debugger must be able to read from it
            os.setpgid(0, 0)  # a function that kills its process group is its own doing, and not HTCondor's
        work()

    def _forward(self, number: int, _: Optional[FrameType]) -> None:
        self.asked = number
        if self._worker is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._worker, number)
