"""Describe how a component's process died, from the facts that the supervising process has."""

from __future__ import annotations

import signal
import time

from htmap_run import frames
from htmap_run.reports import surroundings
from htmap_run.reports.host import needs_memory, slot_memory

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from typing import Any

    from htmap_run.job.supervisor import End
    from htmap_run.journal.results import Results
    from htmap_run.reports.capture import Capture

_TAIL = 4000  # bytes
_NEARLY = 0.9  # of the slot's memory: the peak is measured for one process, the limit holds for all of the job's
_KIB_PER_MB = 1024

_CRASH = (
    "This is a crash in the compiled code of an extension module or a library. The end of the standard error shows the line of "
    "Python that called it."
)
_ADVICE_ON_SIGNALS: dict[int, str] = {
    signal.SIGSEGV: _CRASH,
    signal.SIGBUS: _CRASH,
    signal.SIGFPE: _CRASH,
    signal.SIGABRT: _CRASH,
    signal.SIGILL: f"{_CRASH} Perhaps that code was compiled for a newer processor than the execute node's.",
    signal.SIGXCPU: "It used more processor time than the execute node allows.",
}

_ON_FULL_DISK = (
    "The disk of the scratch directory is full there. Request more with the option request_disk, delete temporary files, or "
    "return less."
)
_ON_TROUBLE = (
    "The function has changed what all code in its process needs, such as a limit, an open file or a function of Python's own. "
    "Do that in a process of its own (subprocess, multiprocessing)."
)
_ON_SUPERVISOR = (
    "The function or a library has sent that signal to its parent process. Send it to processes of your own alone."
)


def write_down(begun: dict[str, Any], end: End, results: Results, capture: Capture, scratch: str) -> None:
    """Write down the end of a component whose process died, and its error to the component's standard error.

    :param begun: the record of its beginning.
    :param end: how the worker ended.
    :param scratch: the job's scratch directory, whose files are listed.
    """
    memory = max(-(-end.peak_kib // _KIB_PER_MB), end.ended_at)
    error = _error(end, memory, scratch)
    capture.resume(begun["stdout"], begun["stderr"])
    error["tails"] = dict(zip(("standard output", "standard error"), capture.tails(_TAIL)))
    capture.tell(f"{error['traceback']}{error['advice']}\n")
    record = {"start": begun["start"], "end": time.time(), "memory_mb": memory, "error": error}
    results.end(begun["component"], frames.ERROR, record, b"", capture)


def _error(end: End, memory: int, scratch: str) -> dict[str, Any]:
    if end.ended_after:
        message = (
            "this component has had all the time of its job, so HTMap ended its process before HTCondor ends the job"
        )
    elif end.ended_at:
        message = (
            "this component needs more memory than its job has, so HTMap ended its process before HTCondor ends the job"
        )
    elif end.trouble:
        message = f"what this component leaves could not be written down: {end.trouble.text}"
    elif end.was_supervisor:
        message = f"this component has ended the process that watches over it, which {end}"
    else:
        message = f"the process of this component {end} before the component had a result"
    return {
        "type": "htmap.ComponentDied",
        "classes": ["htmap.ComponentDied"],
        "message": message,
        "text": f"ComponentDied: {message}",
        "traceback": f"ComponentDied: {message}\n",
        "frames": [],
        "related": [],
        "packages": surroundings.packages(),
        "scratch": surroundings.scratch_listing(scratch),
        "by_value": False,
        "missing_module": None,
        "missing_file": None,
        "doing": "",
        "advice": _advice(end, memory),
    }


def _advice(end: End, memory: int) -> str:
    if end.ended_after:
        return (
            f"Its job may run for {round(end.ended_after)} s. If the component did not hang, give it more time with the option "
            "walltime, or with map.set_walltime() after map.rerun()."
        )
    if end.ended_at:
        return f"It ran out of memory: {needs_memory(memory)}"
    if end.trouble:
        return _ON_FULL_DISK if end.is_full else _ON_TROUBLE
    return _ON_SUPERVISOR if end.was_supervisor else _advice_on_death(end, memory)


def _advice_on_death(end: End, memory: int) -> str:
    if not end.signal:
        return (
            "The function or a library called os._exit(), or replaced Python by another program (os.exec). To give up, raise an "
            "exception instead."
        )
    if end.signal == signal.SIGKILL:
        slot, _ = slot_memory()
        if end.out_of_memory or (slot and memory >= _NEARLY * slot):
            return f"It probably ran out of memory: {needs_memory(memory)}"
        had = f", and the slot has {slot} MB" if slot else ""
        return (
            "HTCondor did not do this. Either the function did, or the system, because memory ran out (it used "
            f"{memory} MB at its peak{had})."
        )
    return _ADVICE_ON_SIGNALS.get(end.signal, "The function, or a program or library that it called, sent this signal.")
