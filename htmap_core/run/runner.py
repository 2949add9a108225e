"""Run the components of one job, and write its result file.

The archive's command line is ``BLOCKS COMPONENTS RESULT``: the input blocks in the scratch directory (one, or several
separated by commas), the components to run (see :mod:`.ranges`), and where below ``_htmap_return/outputs`` the result goes,
without ending: ``_htmap_inputs_12 0-9,12 0/3/3215``.

The index of the result file: ``format``, ``runtime`` (:func:`.handshake.runtime_facts`), ``host``
(:func:`.host.host_facts`) and ``components``, one record each::

    {"component": 3, "status": "OK" | "ERR" | "REFUSED", "start": epoch, "end": epoch, "memory_mb": peak,
     "stdout": [begin, end], "stderr": [begin, end], "result": [offset, size] where OK, "error": {...} where not}

``error`` is what :func:`.report.describe` returns; its ``exception`` is the place of the pickled exception, where that can
be pickled and unpickled, and its ``advice`` what the user can do, where that is known.
"""

# ruff: noqa: PTH103, PTH109, PTH118, PTH120, PTH123 -- pathlib is slow to import
from __future__ import annotations

import atexit
import contextlib
import faulthandler
import os
import sys
import time

from . import codes, formats, handshake, ranges
from .capture import Capture
from .host import PeakMemory, host_facts
from .work import Outcome, Work

TYPE_CHECKING = False  # as typing's, whose import every job would pay for
if TYPE_CHECKING:
    from typing import Any, NoReturn

OUTPUTS = os.path.join("_htmap_return", "outputs")
FUNCTION = "_htmap_function"


def main(archive: str) -> NoReturn:
    """Run the job that the command line describes, and exit with one of :mod:`.codes`.

    :param archive: the absolute path of the archive.
    """
    scratch = os.getcwd()
    arguments = sys.argv[1:]
    del sys.argv[1:]  # they are ours; what a user's module may read there must not depend on them
    try:
        code = _run(archive, scratch, arguments)
    except BaseException as error:  # noqa: BLE001 -- nothing is above; the exit code and the text tell of it
        code = codes.CANNOT_FINISH
        _tell_why(error, scratch, arguments)
    _leave(code)


def _run(archive: str, scratch: str, arguments: list[str]) -> int:
    if len(arguments) != 3:  # noqa: PLR2004 -- the three of the usage
        raise SystemExit(f"usage: BLOCKS COMPONENTS RESULT, not {arguments!r}")
    blocks, components, result = arguments
    target = os.path.join(scratch, OUTPUTS, result)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    _prepare_environment(scratch, target)
    with formats.PackWriter(f"{target}.result") as writer, Capture(f"{target}.stdout", f"{target}.stderr") as capture:
        work = Work(archive, scratch, FUNCTION, blocks.split(","), writer)
        records = [_component(work, component, capture) for component in ranges.parse(components)]
        writer.close(
            {
                "format": formats.FORMAT,
                "runtime": handshake.runtime_facts(),
                "host": host_facts(scratch),
                "components": records,
            }
        )
    return _exit_code(records)


def _prepare_environment(scratch: str, target: str) -> None:
    faulthandler.enable(2)  # a crash in an extension module says where, in the captured standard error
    os.environ["HTMAP_ON_EXECUTE"] = "1"
    os.environ["HTMAP_OUTPUT_FILES"] = f"{target}.files"  # for htmap.transfer_output_files, in child processes too
    sys.path.insert(1, scratch)  # modules among the input files can be imported, as if a script ran there
    # What runs at every start of this Python (a .pth file) may have imported its own; the archive's must be used.
    for name in [name for name in sys.modules if name.partition(".")[0] in ("cloudpickle", "htmap")]:
        del sys.modules[name]


def _component(work: Work, component: int, capture: Capture) -> dict[str, Any]:
    """Run one component; return its record."""
    memory = PeakMemory()
    capture.begin()
    os.chdir(work.scratch)
    os.environ["HTMAP_COMPONENT"] = str(component)
    pid = os.getpid()
    memory.start()
    start = time.time()
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


def _exit_code(records: list[dict[str, Any]]) -> int:
    statuses = {record["status"] for record in records}
    if statuses <= {"OK"}:
        return codes.OK
    return codes.REFUSED if statuses == {"REFUSED"} else codes.COMPONENT_FAILED


def _tell_why(error: BaseException, scratch: str, arguments: list[str]) -> None:
    """Say on standard error and in the file for it why there is no result: perhaps only one of them is sent back."""
    import traceback

    cause = "" if isinstance(error, (OSError, ValueError, SystemExit)) else traceback.format_exc()
    python = f"Python {sys.version.split()[0]} at {sys.executable}"
    text = (
        f"htmap: the runner could not finish, so this job has no results: {type(error).__name__}: {error}\n{cause}"
        f"htmap: on {os.uname().nodename}, {python}, arguments {arguments!r}\n"
    )
    data = text.encode("utf-8", "backslashreplace")
    os.write(2, data)
    if len(arguments) == 3:  # noqa: PLR2004 -- the three of the usage
        path = os.path.join(scratch, OUTPUTS, f"{arguments[2]}.stderr")
        with contextlib.suppress(OSError), open(path, "ab") as file:  # a full disk may be the reason; fd 2 has the text
            file.write(data)


def _leave(code: int) -> NoReturn:
    """Exit without waiting for threads, or for the teardown of extension modules, which may crash: all is written."""
    with contextlib.suppress(BaseException):  # Python has printed it already, and raises it again up to 3.9
        atexit._run_exitfuncs()  # noqa: SLF001 -- there is no other way to run them before os._exit
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # closed by the user, or a full disk: what was captured is safe
            stream.flush()
    os._exit(code)
