"""The process that runs the user's code: one component after the other, each with its own output and record."""

from __future__ import annotations

import atexit
import contextlib
import faulthandler
import os
import sys
import time

from htmap_run.job.work import Outcome, Work
from htmap_run.reports.capture import Capture
from htmap_run.reports.host import PeakMemory

TYPE_CHECKING = False  # as typing's, whose import every job would pay for
if TYPE_CHECKING:
    from typing import Any, Callable, NoReturn

    from htmap_run.job.journal import Journal


def run(
    components: list[int],
    make_work: Callable[[], Work],
    capture: Capture,
    journal: Journal,
    tell_why: Callable[[BaseException], None],
) -> NoReturn:
    """Run *components*, tell the journal of each, and end this process.

    :param make_work: opens what the job works on.
    :param tell_why: says why the job cannot be finished, where that is so.
    """
    try:
        with capture:
            work = make_work()
            _prepare_environment(work.scratch)
            for component in components:
                journal.finish(_component(work, component, capture, journal))
    except BaseException as error:  # nothing is above; the journal and the text tell of it
        tell_why(error)
        journal.give_up()
    _leave()


def _prepare_environment(scratch: str) -> None:
    faulthandler.enable(2)  # a crash in an extension module says where, in the captured standard error
    # Programs among the input files are found by their names, and jobs have no PATH by default.
    os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH") or "/usr/local/bin:/usr/bin:/bin", scratch])
    sys.path.insert(1, scratch)  # modules among the input files can be imported, as if a script ran there
    # What runs at every start of this Python (a .pth file) may have imported its own; the archive's must be used.
    for name in [name for name in sys.modules if name.partition(".")[0] in ("cloudpickle", "htmap")]:
        del sys.modules[name]


def _component(work: Work, component: int, capture: Capture, journal: Journal) -> dict[str, Any]:
    """Run one component; return its record."""
    memory = PeakMemory()
    begins = capture.begin()
    os.chdir(work.scratch)
    os.environ["HTMAP_COMPONENT"] = str(component)
    if work.keeps_checkpoints:
        from htmap_run.files import checkpoints

        capture.tell(checkpoints.begin(work.scratch, component) or "")
    pid = os.getpid()
    memory.start()
    start = time.time()
    journal.begin(component, start, *begins)
    outcome = work.attempt(component)
    if os.getpid() != pid:
        _end_forked_child(outcome, component)
    record: dict[str, Any] = {"component": component, "start": start, "end": time.time()}
    record["memory_mb"] = memory.megabytes()
    record.update(work.keep(outcome))
    if "error" in record:
        capture.tell(f"{record['error']['traceback']}{record['error']['advice'] or ''}\n")
    record["stdout"], record["stderr"] = capture.end()
    return record


def _end_forked_child(outcome: Outcome, component: int) -> NoReturn:
    """End a child that the function forked, as it asked to be ended; two processes must not write one result."""
    with contextlib.suppress(Exception):  # the user may have closed it, or put anything there
        sys.stdout.flush()
    if isinstance(outcome.error, SystemExit) and isinstance(outcome.error.code, (int, type(None))):
        os._exit(outcome.error.code or 0)
    told = outcome.error or "it came to the end of the function"
    text = f"htmap: component {component} forked a process and did not end it; ended here: {told!r}\n"
    os.write(2, text.encode("utf-8", "backslashreplace"))
    os._exit(1)


def _leave() -> NoReturn:
    """Exit without waiting for threads, or for the teardown of extension modules, which may crash: all is written."""
    with contextlib.suppress(BaseException):  # Python has printed it already, and raises it again up to 3.9
        atexit._run_exitfuncs()  # noqa: SLF001 -- there is no other way to run them before os._exit
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # closed by the user, or a full disk: what was captured is safe
            stream.flush()
    os._exit(0)
