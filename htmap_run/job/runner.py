"""Run the components of one job, and write its result file.

The archive's command line is ``BLOCKS COMPONENTS RESULT [REMAPPED]``, for example ``_htmap_inputs_12 0-9,12 0/3/3215``:

- the input blocks in the scratch directory, separated by commas;
- the components to run (see :mod:`.ranges`);
- the path of the result file below the returned outputs, without its ending;
- the output files that HTCondor sends elsewhere (see :mod:`.remaps`).

The index of the result file has ``format``, ``runtime`` (:func:`.handshake.runtime_facts`), ``host``
(:func:`.host.host_facts`) and ``components``, a list with one record each::

    {"component": 3, "status": "OK" | "ERR" | "REFUSED", "start": epoch, "end": epoch, "memory_mb": peak,
     "stdout": [begin, end], "stderr": [begin, end], "error": {...} unless OK; if OK,
     "result": [offset, size], "by_value": whether the result has code by value}

One of the records may have ``surroundings``, the place of a JSON text with what :func:`.surroundings.of_result` returns.

``error`` is the report of :func:`.report.describe`, with three more facts: ``exception`` is the place of the pickled exception,
if that can be pickled and unpickled; ``by_value`` says whether that pickle has code by value; ``advice`` says what the user can
do, if that is known. If the component's process died, there are no frames but ``tails``, the ends of its output: see
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

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, NoReturn, Optional


def main(archive: str) -> NoReturn:
    """Run the job that the command line describes, and exit with one of the codes in :mod:`.codes`.

    :param archive: the absolute path of the archive.
    """
    scratch = os.getcwd()
    arguments = sys.argv[1:]
    del sys.argv[1:]  # these arguments are HTMap's; a user's module that reads sys.argv must not see them
    if len(arguments) == 3:  # noqa: PLR2004 -- REMAPPED, which few maps have
        os.environ[remaps.VARIABLE] = arguments.pop()
    try:
        code = _run(archive, scratch, arguments)
    except AskedToEnd as asked:
        asked.obey()
    except BaseException as error:  # no caller could catch it; the exit code and the text tell of it
        code = codes.CANNOT_FINISH
        _tell_why(error, scratch, arguments)
    os._exit(code)


def _run(archive: str, scratch: str, arguments: list[str]) -> int:
    if len(arguments) != 2:  # noqa: PLR2004 -- BLOCKS COMPONENTS
        raise SystemExit(f"usage: BLOCKS COMPONENTS [REMAPPED], not {arguments!r}")
    supervisor = Supervisor()  # it handles signals before there is anything to return, so that an eviction keeps it
    blocks, components = arguments
    result = "job"
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
    kept = os.path.join(scratch, names.RETURN, names.EVICTED)
    if os.path.isdir(kept):
        os.rename(kept, os.path.join(scratch, names.EVICTED))
    if not os.path.isdir(os.path.join(scratch, names.EVICTED)):
        return  # the usual case: this job was not evicted before
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
        return  # the usual case: nobody asked this job to end
    from htmap_run.job import eviction

    records, _ = journal.read()
    try:
        eviction.keep(scratch, result, records, writer, all_done=len(records) == len(components))
    except OSError as error:  # the disk may be full; then the next run starts from the beginning
        os.write(2, f"htmap: the finished components could not be kept: {error}\n".encode("utf-8", "backslashreplace"))


@contextlib.contextmanager
def _live(stdout: str, scratch: str) -> Iterator[None]:
    """Link the job's own standard output to that of the components while they run: ``condor_tail`` shows no other file.

    HTCondor sends the job's standard output back, so the link is an empty file again in the end. If there was no such file, none
    is made. The function may also have deleted the folders that HTCondor sends back; they are made again, because HTCondor would
    run a job without them again and again.
    """
    live = os.path.join(scratch, names.LIVE_STDOUT)
    is_wanted = os.path.lexists(live)
    if is_wanted:
        open(stdout, "ab").close()  # HTCondor could not send back a dangling link if this process were killed
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
    """Complete the result file; return the exit code."""
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
    """Say on standard error and in its file why there is no result: perhaps HTCondor sends back only one of them."""
    import traceback

    cause = "" if isinstance(error, (OSError, ValueError, SystemExit)) else traceback.format_exc()
    python = f"Python {sys.version.split()[0]} at {sys.executable}"
    text = (
        f"htmap: the runner could not finish, so this job has no results: {type(error).__name__}: {error}\n{cause}"
        f"htmap: on {os.uname().nodename}, {python}, arguments {arguments!r}\n"
    )
    data = text.encode("utf-8", "backslashreplace")
    os.write(2, data)
    if len(arguments) == 2:  # noqa: PLR2004 -- BLOCKS COMPONENTS
        path = os.path.join(scratch, names.RETURNED_OUTPUTS, "job.stderr")
        with contextlib.suppress(OSError), open(path, "ab") as file:  # the disk may be full; descriptor 2 has the text
            file.write(data)
