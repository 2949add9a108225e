"""Have the components of one job run, and write its result file.

The archive's command line is ``BLOCKS COMPONENTS RESULT [REMAPPED]``: the input blocks in the scratch directory (one, or several
separated by commas), the components to run (see :mod:`.ranges`), and where the result goes below the returned outputs,
without ending: ``_htmap_inputs_12 0-9,12 0/3/3215``; and the output files that HTCondor sends elsewhere (see :mod:`.remaps`).

The index of the result file: ``format``, ``runtime`` (:func:`.handshake.runtime_facts`), ``host``
(:func:`.host.host_facts`) and ``components``, one record each::

    {"component": 3, "status": "OK" | "ERR" | "REFUSED", "start": epoch, "end": epoch, "memory_mb": peak,
     "stdout": [begin, end], "stderr": [begin, end], "error": {...} where not OK, and where it is
     "result": [offset, size], "by_value": whether code in it goes by value}

One of the records may have ``surroundings``, the place of what :func:`.surroundings.of_result` returns, as JSON.

``error`` is what :func:`.report.describe` returns; its ``exception`` is the place of the pickled exception, where that can
be pickled and unpickled, ``by_value`` whether code in that goes by value, and its ``advice`` what the user can do, where
that is known. Where the component's process died there are no frames, but ``tails``, the end of what it wrote: see
:mod:`.death`.
"""

from __future__ import annotations

import contextlib
import os
import sys

from htmap_run import codes, formats, handshake, names, ranges
from htmap_run.files import remaps
from htmap_run.job import worker
from htmap_run.job.journal import Journal
from htmap_run.job.supervisor import AskedToEnd, End, Supervisor
from htmap_run.job.work import Work
from htmap_run.reports.capture import Capture
from htmap_run.reports.host import host_facts

TYPE_CHECKING = False  # as typing's, whose import every job would pay for
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, NoReturn, Optional


def main(archive: str) -> NoReturn:
    """Run the job that the command line describes, and exit with one of :mod:`.codes`.

    :param archive: the absolute path of the archive.
    """
    scratch = os.getcwd()
    arguments = sys.argv[1:]
    del sys.argv[1:]  # they are ours; what a user's module may read there must not depend on them
    if len(arguments) == 4:  # noqa: PLR2004 -- the last of the usage, which few maps have
        os.environ[remaps.VARIABLE] = arguments.pop()
    try:
        code = _run(archive, scratch, arguments)
    except AskedToEnd as asked:
        asked.obey()
    except BaseException as error:  # nothing is above; the exit code and the text tell of it
        code = codes.CANNOT_FINISH
        _tell_why(error, scratch, arguments)
    os._exit(code)


def _run(archive: str, scratch: str, arguments: list[str]) -> int:
    if len(arguments) != 3:  # noqa: PLR2004 -- the three of the usage
        raise SystemExit(f"usage: BLOCKS COMPONENTS RESULT [REMAPS], not {arguments!r}")
    supervisor = Supervisor()  # before there is anything to return: nobody else sees to what an evicted job returns
    blocks, components, result = arguments
    target = os.path.join(scratch, names.RETURNED_OUTPUTS, result)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    os.environ["HTMAP_ON_EXECUTE"] = "1"
    os.environ["HTMAP_OUTPUT_FILES"] = f"{target}.files"  # for htmap.transfer_output_files, in child processes too
    _remove_output_files(target)
    capture = Capture(f"{target}.stdout", f"{target}.stderr")
    journal = Journal(f"{target}.journal")

    with formats.PackWriter(f"{target}.result") as writer:

        def work(left: list[int]) -> NoReturn:
            writer.catch_up()
            worker.run(
                left,
                lambda: Work(archive, scratch, names.FUNCTION, blocks.split(","), writer),
                capture,
                journal,
                lambda error: _tell_why(error, scratch, arguments),
            )

        def died(begun: dict[str, Any], end: End) -> dict[str, Any]:
            from htmap_run.job import death

            return death.record(begun, end, target, scratch)

        numbers = ranges.parse(components)
        _take_over(scratch, result, numbers, writer, journal)
        try:
            with _live(f"{target}.stdout", scratch):
                records = supervisor.records(numbers, journal, work, died)
        finally:
            _remove_output_files(target, only_empty=True)
            _keep(supervisor, scratch, result, numbers, writer, journal)
        return _finish(writer, records, scratch)


def _take_over(scratch: str, result: str, components: list[int], writer: formats.PackWriter, journal: Journal) -> None:
    if not os.path.isdir(os.path.join(scratch, names.EVICTED)):
        return  # as nearly always
    from htmap_run.job import eviction

    for record in eviction.take_over(scratch, result, components, writer):
        journal.finish(record)


def _keep(
    supervisor: Supervisor,
    scratch: str,
    result: str,
    components: list[int],
    writer: formats.PackWriter,
    journal: Journal,
) -> None:
    if supervisor.asked is None:
        return  # as nearly always
    from htmap_run.job import eviction

    records, _ = journal.read()
    try:
        eviction.keep(scratch, result, records, writer, all_done=len(records) == len(components))
    except OSError as error:  # the disk is full, perhaps: then the next run begins anew
        os.write(2, f"htmap: what is finished could not be kept: {error}\n".encode("utf-8", "backslashreplace"))


@contextlib.contextmanager
def _live(stdout: str, scratch: str) -> Iterator[None]:
    """Have the job's own standard output lead to that of the components while they run, because ``condor_tail`` shows no other.

    HTCondor sends it back, so it is an empty file in the end; where there is none, none is made. In the end there are also the
    folders that HTCondor sends back, for the function may have cleaned up behind itself: without them, the job is run for ever.
    """
    live = os.path.join(scratch, names.LIVE_STDOUT)
    is_wanted = os.path.lexists(live)
    if is_wanted:
        open(stdout, "ab").close()  # a link that leads nowhere could not be sent back, if this process were killed
        os.unlink(live)
        os.symlink(os.path.relpath(stdout, scratch), live)
    try:
        yield
    finally:
        os.makedirs(os.path.dirname(stdout), exist_ok=True)
        if is_wanted:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(live)
            open(live, "wb").close()


def _remove_output_files(target: str, only_empty: bool = False) -> None:
    for path in (f"{target}.stdout", f"{target}.stderr"):
        with contextlib.suppress(FileNotFoundError):
            if not only_empty or os.stat(path).st_size == 0:
                os.unlink(path)


def _finish(writer: formats.PackWriter, records: Optional[list[dict[str, Any]]], scratch: str) -> int:
    """Write the end of the result file; return the exit code."""
    if records is None:
        return codes.CANNOT_FINISH
    writer.catch_up()
    writer.close(
        {
            "format": formats.FORMAT,
            "runtime": handshake.runtime_facts(),
            "host": host_facts(scratch),
            "components": records,
        }
    )
    return _exit_code(records)


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
        path = os.path.join(scratch, names.RETURNED_OUTPUTS, f"{arguments[2]}.stderr")
        with contextlib.suppress(OSError), open(path, "ab") as file:  # a full disk may be the reason; fd 2 has the text
            file.write(data)
