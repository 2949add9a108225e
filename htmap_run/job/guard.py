"""Outlive the supervising process: what a component does to its parent is to cost nobody else a result.

HTCondor starts this process. It holds the files of the job open, forks the supervising process, and does nothing but wait. If the
function kills that one, as by ``os.kill(os.getppid(), 9)``, another takes its place, and finds all that has ended in memory
that they share and in the file. A process that was stopped goes on.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import time

from htmap_run.job.relay import AskedToEnd, Relay, is_on_terminal
from htmap_run.job.supervisor import End
from htmap_run.limits.stopped import go_on
from htmap_run.reports.host import peak_of

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from typing import Callable, NoReturn, Optional

    from htmap_run.journal.results import Results

_PAUSE = 0.01  # seconds
_IN_VAIN = 3


class SupervisorLost(Exception):
    """The supervising process was killed again and again while no component ran, so no component can have the error."""


class Guard:
    """Starts supervising processes one after the other, and hands signals on to them."""

    def __init__(self) -> None:
        self._relay = Relay()

    def keep(self, supervise: Callable[[Optional[End]], NoReturn], results: Results) -> int:
        """Have the job supervised until it ends, and return its exit code.

        :param supervise: does so, and ends the process; it is given how the supervising process before it ended.
        :raises AskedToEnd: a signal asked this process to end, and the supervising process has died by it.
        :raises SupervisorLost: none of them lives.
        """
        lost: Optional[End] = None
        in_vain = 0
        while True:
            status, peak = self._run(functools.partial(supervise, lost))
            if os.WIFEXITED(status):
                return os.WEXITSTATUS(status)
            _end_worker(results.pending.worker)
            if self._relay.asked is not None:
                raise AskedToEnd(os.WTERMSIG(status))
            lost = End(status, peak, out_of_memory=False, ended_at=0, was_supervisor=True)
            in_vain = 0 if results.pending.begun is not None else in_vain + 1
            if in_vain >= _IN_VAIN:
                raise SupervisorLost(f"the process that watches over the components {lost}, {in_vain} times")

    def _run(self, supervise: Callable[[], NoReturn]) -> tuple[int, int]:
        def begin() -> None:
            if not is_on_terminal():
                os.setsid()  # a function may kill the group or the session of its parent
            supervise()

        supervisor = self._relay.fork(begin)
        while True:
            _, status, used = os.wait4(supervisor, os.WUNTRACED)
            if not os.WIFSTOPPED(status):
                self._relay.has_ended()
                return status, peak_of(used)
            go_on(supervisor)


def _end_worker(worker: int) -> None:
    """End the worker of a supervising process that is gone, and wait until it has ended: two must not write one file."""
    if not worker:
        return
    for kill in (os.killpg, os.kill):  # it has a group of its own, unless it was too early for that
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(worker, signal.SIGKILL)
    while _is_running(worker):
        time.sleep(_PAUSE)


def _is_running(process: int) -> bool:
    """Return whether a process runs; one that has ended may stay until somebody asks how, which is another's to do."""
    with contextlib.suppress(ChildProcessError):  # where this is the first process of a container, orphans are its own
        os.waitpid(process, os.WNOHANG)
    try:
        with open(f"/proc/{process}/stat", "rb", buffering=0) as file:
            return file.read(4096).rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except OSError:
        return False
