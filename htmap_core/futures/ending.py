"""Whether an event loop ends, or a cell of a notebook is interrupted. Tasks are cancelled then, and maps shall go on."""

from __future__ import annotations

import inspect
import signal
from collections.abc import Callable

_CANCELS_ALL = "_cancel_all_tasks"  # of `asyncio.runners`, and of uvloop
_RUNS = ("asyncio.runners", "run")  # a method of Runner since Python 3.11, which cancels the first task after Ctrl-C
_OF_LOOPS = frozenset({"asyncio", "uvloop"})


def unless_loop_ends(cancel: Callable[[], object], otherwise: Callable[[], object] = lambda: None) -> None:
    """Call *cancel*, in a task that is cancelled; but *otherwise* if the loop ends or was interrupted.

    Nothing tells a task why it is cancelled. So the functions are looked at that run the loop. Before Python 3.11, a task of
    several coroutines does not see them: then the loop looks a moment later.
    """
    import asyncio  # 30 ms, and this program has it

    def decide(*, at_once: bool) -> None:
        is_ending = _cell_is_interrupted() or _loop_is_ending()
        if is_ending is None and at_once:
            asyncio.get_running_loop().call_soon(lambda: decide(at_once=False))
        else:
            (otherwise if is_ending else cancel)()

    decide(at_once=True)


def _cell_is_interrupted() -> bool:
    """Return whether somebody has interrupted the cell of a notebook, for which ipykernel cancels its task."""
    import asyncio  # as above

    handler = signal.getsignal(signal.SIGINT)
    if getattr(handler, "__name__", "") != "handle_sigint":
        return False
    found = [cell.cell_contents for cell in getattr(handler, "__closure__", None) or ()]
    return any(isinstance(each, asyncio.Future) and each.done() and not each.cancelled() for each in found)


def _loop_is_ending() -> bool | None:
    """Return whether the loop that runs ends; None if those who run it are not to be seen from here."""
    sees_loop: bool | None = None
    frame = inspect.currentframe()
    while frame is not None:
        module, name = str(frame.f_globals.get("__name__")), frame.f_code.co_name
        if name == _CANCELS_ALL:
            return True
        if (module, name) == _RUNS:
            return bool(getattr(frame.f_locals.get("self"), "_interrupt_count", 0))
        if module.partition(".")[0] in _OF_LOOPS and name in {"run_until_complete", "run_forever", "run"}:
            sees_loop = False
        frame = frame.f_back
    return sees_loop
