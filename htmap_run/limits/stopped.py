"""Processes that are stopped by a signal: nobody else would let them go on, and the job would hang."""

from __future__ import annotations

import contextlib
import os
import signal
import time

_PAUSE = 1.0  # seconds, in which HTCondor stops this process, too, if it suspends the job


def go_on(process: int) -> None:
    """Let a process go on that was stopped.

    Where HTCondor suspends the job, it stops this process in the same moment, and lets all go on together.
    """
    time.sleep(_PAUSE)
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGCONT)
