"""Signals that ask a job to end: HTCondor sends them to the job's first process, which hands them on to the next one."""

from __future__ import annotations

import contextlib
import os
import signal

from htmap_run import codes

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any, Callable, NoReturn, Optional

FORWARDED = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM)
"""The signals by which HTCondor, or a person, may ask a job to end; the function may handle them."""

_exit = os._exit  # which the user's code may replace


class AskedToEnd(Exception):
    """A signal asked this process to end, and its child process has ended."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(number)

    def obey(self) -> NoReturn:
        """Die by that signal, as HTCondor expects."""
        signal.signal(self.number, signal.SIG_DFL)
        os.kill(os.getpid(), self.number)
        os._exit(128 + self.number)  # the first process of a container survives its own signals


class Relay:
    """Forks one child process after the other, and hands signals on to it.

    :ivar asked: the last signal that asked this process to end, or None.
    """

    def __init__(self) -> None:
        self.asked: Optional[int] = None
        self._child: Optional[int] = None
        self._before: dict[int, Any] = {}
        for number in FORWARDED:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._forward)

    def fork(self, work: Callable[[], object]) -> int:
        """Do *work* in a child process, which it ends, and return the number of that.

        Signals are blocked meanwhile: a new process has this one's handlers until it has set its own.
        """
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)
        child = os.fork()
        if child == 0:
            self._become_child(work, mask)
        self._child = child
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if self.asked is not None:  # the signal came before there was a child
            os.kill(child, self.asked)
        return child

    def has_ended(self) -> None:
        """Note that there is nobody to hand signals on to any more."""
        self._child = None

    def _become_child(self, work: Callable[[], object], mask: set[Any]) -> NoReturn:
        try:
            for number, handler in self._before.items():
                signal.signal(number, handler)
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            work()
        finally:  # whatever happens, this process must not go on as its parent
            _exit(codes.CANNOT_FINISH)

    def _forward(self, number: int, _: Optional[FrameType]) -> None:
        self.asked = number
        if self._child is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._child, number)


def is_on_terminal() -> bool:
    """Return whether somebody runs the job by hand: then a debugger must be able to read from the terminal."""
    return os.isatty(0)
