"""What becomes of executors when their process ends or is forked.

At the end of a process, the thread that has futures done is stopped. Python is told so before it is told what is below, and
therefore does it later.
"""

from __future__ import annotations

import atexit
import os
import weakref
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from htmap_core.futures.following import keep
from htmap_core.futures.future import Future
from htmap_core.progress.bars import tell
from htmap_core.wording import counted

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


def tell_of_lost(waiting: Iterable[Future[Any]]) -> None:
    """Tell which calls could not be submitted when the program ended, for nobody asks for what came of them any more.

    :param waiting: those that had no component before.
    """
    done = [each for each in waiting if each.component is None and each.done() and not each.cancelled()]
    lost = [error for each in done if (error := each.exception()) is not None]
    if lost:
        tell(f"{counted(len(lost), 'call')} of an executor could not be submitted: {lost[0]}")


def _leave() -> None:
    for submitter in list(_alive):
        submitter.leave()
    _alive.clear()


os.register_at_fork(after_in_child=_leave)
