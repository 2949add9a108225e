"""The process that runs the user's code: one component after the other, each with an output and a record of its own."""

from __future__ import annotations

import atexit
import contextlib
import faulthandler
import os
import sys
import time

from htmap_run import packages
from htmap_run.by_value.script import forget_others
from htmap_run.job.work import NOTHING, Outcome, Work
from htmap_run.journal import trouble
from htmap_run.reports.capture import Capture
from htmap_run.reports.host import PeakMemory

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Callable, NoReturn

    from htmap_run.files.saves import Saves
    from htmap_run.journal.results import Results
    from htmap_run.limits.time_limit import TimeLimit

_exit = os._exit  # which the user's code may replace


def run(
    components: Sequence[int],
    make_work: Callable[[], Work],
    capture: Capture,
    results: Results,
    saving: Saves,
    limit: TimeLimit,
) -> NoReturn:
    """Run *components*, write down what each leaves, and end this process.

    :param make_work: opens the function and the inputs of the job.
    :param saving: tells after which component to end for the results to be fetched.
    :param limit: tells after which component to end because the time of the job is nearly over.
    """
    try:
        with capture:
            work = make_work()
            _prepare_environment(work.scratch)
            work.script.take_place()
            work.expect(len(components))
            memory = PeakMemory()
            limit.start()
            for count, component in enumerate(components, 1):
                start, end = run_one(work, component, capture, results, memory, is_first=count == 1)
                if end >= saving.due and saving.is_time(count, len(components) - count, start, end):
                    break
                if end >= limit.due and limit.is_short(count, len(components) - count, start, end):
                    break
                if work.is_spoilt:  # the others begin in a new process
                    break
            results.flush()
    except BaseException as error:  # the supervising process decides what it means
        results.pending.tell(trouble.of(error))
    finally:  # a function may have replaced anything that is used above
        try:
            _leave()
        finally:
            _exit(0)


def _prepare_environment(scratch: str) -> None:
    faulthandler.enable(2)  # a crash in an extension module leaves a traceback in the captured standard error
    look_in(scratch)
    forget_others()


def look_in(scratch: str) -> None:
    """Have programs and modules among the input files found."""
    # Functions call programs among the input files by their names, and jobs have no PATH by default.
    os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH") or "/usr/local/bin:/usr/bin:/bin", scratch])
    # Modules among the input files can be imported, whatever is installed. Python's own come first: an input file that happens
    # to be called platform.py must not hide one of them from packages, or from the reports of this archive.
    library = [number for number, folder in enumerate(sys.path) if _is_standard_library(folder)]
    place = max(library, default=0) + 1
    packages.look_in(scratch, place)
    sys.path.insert(place, scratch)


def _is_standard_library(folder: str) -> bool:
    library = os.path.dirname(os.__file__)
    return folder in (library, os.path.join(library, "lib-dynload"))


def run_one(
    work: Work, component: int, capture: Capture, results: Results, memory: PeakMemory, *, is_first: bool
) -> tuple[float, float]:
    """Run a component, write down what it leaves, and return when it began and ended."""
    begins = capture.begin()
    work.enter_scratch()
    if "multiprocessing.forkserver" in sys.modules:
        _end_fork_server()
    work.variable.set(component)
    if work.keeps_checkpoints:
        from htmap_run.files import checkpoints

        interval, by_exit = work.checkpoint_interval, work.checkpoints_by_exit
        capture.tell(checkpoints.begin(work.scratch, component, interval=interval, by_exit=by_exit) or "")
    start = time.time()
    memory.start(start)
    results.begin(component, start, *begins)
    outcome = work.attempt(component)
    if os.getpid() != work.process:
        _end_forked_child(outcome, component)
    if not is_first and isinstance(outcome.error, MemoryError) and work.runs_again_alone:
        results.flush()
        os._exit(0)  # others may have left it too little memory: it runs again in another process
    end = time.time()
    megabytes = memory.megabytes(end)
    kind, more, payload = work.end_of(outcome)
    if outcome.error is not None:
        capture.tell(f"{more['error']['traceback']}{more['error']['advice'] or ''}\n")
    record = {"start": start, "end": end, "memory_mb": megabytes, **more}
    if outcome.result_type == NOTHING and (left := work.lost.since(start, component)):
        record["left"] = left
    results.end(component, kind, record, payload, capture)
    # The frames of its traceback have this outcome: whatever the function had in memory would stay until cycles are collected.
    outcome.error = None
    return start, end


def _end_fork_server() -> None:
    """End multiprocessing's fork server unless processes of it run: those that it starts have the environment of its beginning.

    So they would not have the inputs of this component, but those of the component that was first to start a process.
    """
    from multiprocessing import active_children, forkserver

    if not active_children():
        with contextlib.suppress(ChildProcessError):  # the function has waited for all children
            forkserver._forkserver._stop()  # type: ignore[attr-defined]


def _end_forked_child(outcome: Outcome, component: int) -> NoReturn:
    """End a child process that the function forked, with its own exit code: two processes must not write one result."""
    with contextlib.suppress(Exception):  # the user may have closed or replaced it
        sys.stdout.flush()
    if isinstance(outcome.error, SystemExit) and isinstance(outcome.error.code, (int, type(None))):
        os._exit(outcome.error.code or 0)
    told = outcome.error or "it reached the end of the function"
    text = f"htmap: component {component} forked a process and did not end it, so HTMap ended it ({told!r})\n"
    os.write(2, text.encode("utf-8", "backslashreplace"))
    os._exit(1)


def _leave() -> NoReturn:
    """Exit at once: everything is written, threads may run on for ever, and extension modules may crash in their teardown."""
    _end_executors()
    with contextlib.suppress(BaseException):  # Python has printed it already, and raises it again up to 3.9
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # closed by the user, or a full disk; captured output is safe
            stream.flush()
    os._exit(0)


def _end_executors() -> None:
    """Do what Python does before it joins threads: executors, also joblib's, tell their processes to end.

    Without that, multiprocessing would wait for these at the exit, and they for work.
    """
    # Executors of threads would wait for these.
    getattr(sys.modules.get("concurrent.futures.thread"), "_threads_queues", {}).clear()
    for call in reversed(getattr(sys.modules.get("threading"), "_threading_atexits", [])):
        with contextlib.suppress(BaseException):  # what else there is to do at the exit must be done
            call()
