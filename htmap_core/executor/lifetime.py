"""What becomes of executors when their process ends or is forked.

At the end of a process, the thread that has futures done is stopped. Python is told so before it is told what is below, and
therefore does it later.
"""

from __future__ import annotations

import atexit
import os
import weakref
from typing import TYPE_CHECKING

from htmap_core.futures.following import keep

if TYPE_CHECKING:
    from htmap_core.executor.submitter import Submitter

_alive: weakref.WeakSet[Submitter] = weakref.WeakSet()


def watch(submitter: Submitter) -> None:
    """Have what an executor has collected be submitted when the process ends, and by no process that is forked from it."""
    keep(submitter)
    _alive.add(submitter)


@atexit.register
def _end() -> None:
    for submitter in list(_alive):
        submitter.end()


def _leave() -> None:
    for submitter in list(_alive):
        submitter.leave()
    _alive.clear()


os.register_at_fork(after_in_child=_leave)
