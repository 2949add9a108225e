"""Describe how a component's process died: what is known when nobody is left to tell it."""

from __future__ import annotations

import os
import signal
import time

from htmap_run.reports import surroundings
from htmap_run.reports.host import slot_memory

TYPE_CHECKING = False  # as typing's, whose import every job would pay for
if TYPE_CHECKING:
    from typing import Any

    from htmap_run.job.supervisor import End

_TAIL = 4000  # bytes
_NEARLY = 0.9  # of the slot's memory: the peak is measured in pages of one process, the limit holds for all of them
_KIB_PER_MB = 1024

_CRASH = (
    "This is a crash in compiled code, of an extension module or a library: the end of the standard error shows which line "
    "of Python it was in."
)
_ADVICE_ON_SIGNALS: dict[int, str] = {
    signal.SIGSEGV: _CRASH,
    signal.SIGBUS: _CRASH,
    signal.SIGFPE: _CRASH,
    signal.SIGABRT: _CRASH,
    signal.SIGILL: f"{_CRASH} Perhaps it was compiled for a newer processor than the execute node's.",
    signal.SIGXCPU: "It used more processor time than the execute node allows.",
}


def record(begun: dict[str, Any], end: End, target: str, scratch: str) -> dict[str, Any]:
    """Return the record of a component whose process died, and say on its standard error what became of it.

    :param begun: what the journal says of the component's begin.
    :param target: the path of the job's output files, without ending.
    :param scratch: the job's scratch directory, whose files are listed.
    """
    memory = -(-end.peak_kib // _KIB_PER_MB)
    error = _error(end, memory, scratch)
    error["tails"] = {
        "standard output": _tail(f"{target}.stdout", begun["stdout"]),
        "standard error": _tail(f"{target}.stderr", begun["stderr"]),
    }
    with open(f"{target}.stderr", "a", encoding="utf-8") as file:
        file.write(f"{error['traceback']}{error['advice']}\n")
    return {
        "component": begun["component"],
        "status": "ERR",
        "start": begun["start"],
        "end": time.time(),
        "memory_mb": memory,
        "stdout": [begun["stdout"], _size(f"{target}.stdout")],
        "stderr": [begun["stderr"], _size(f"{target}.stderr")],
        "error": error,
    }


def _error(end: End, memory: int, scratch: str) -> dict[str, Any]:
    message = f"the process of this component {end} before the component had a result"
    return {
        "type": "htmap.ComponentDied",
        "message": message,
        "text": f"ComponentDied: {message}",
        "traceback": f"ComponentDied: {message}\n",
        "frames": [],
        "packages": surroundings.packages(),
        "scratch": surroundings.scratch_listing(scratch),
        "exception": None,
        "by_value": False,
        "missing_module": None,
        "doing": "",
        "advice": _advice(end, memory),
    }


def _advice(end: End, memory: int) -> str:
    if not end.signal:
        return (
            "Something called os._exit(), as the function itself or a library may, or put another program in the place of "
            "Python: to give up, raise an exception instead."
        )
    slot = slot_memory()
    used = f"it used {memory} MB at its peak" + (f", and the slot has {slot} MB" if slot else "")
    if end.signal == signal.SIGKILL:
        if end.out_of_memory or (slot and memory >= _NEARLY * slot):
            return f"It probably ran out of memory: {used}. Ask for more with map.set_memory() or the option request_memory."
        return f"HTCondor did not do this: the function did, or the system, where memory ran out ({used})."
    return _ADVICE_ON_SIGNALS.get(end.signal, "The function, or what it called, sent this signal.")


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0


def _tail(path: str, begin: int) -> str:
    try:
        with open(path, "rb") as file:
            file.seek(max(begin, _size(path) - _TAIL))
            return file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
