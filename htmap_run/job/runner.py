"""Run the components of one job, and write down what they leave.

The archive's command line is ``BLOCKS COMPONENTS [REMAPPED]``, for example ``_htmap_inputs_12 0-9,12``:

- the input blocks in the scratch directory, separated by commas;
- the components to run (see :mod:`.ranges`);
- the output files that HTCondor sends elsewhere (see :mod:`.remaps`).

All that comes back is in one folder: the results (see :mod:`.results`), and files that the components have handed over.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys

from htmap_run import codes, names, ranges
from htmap_run.files import packages, remaps, saves
from htmap_run.files.own_archive import OwnArchive
from htmap_run.job import eviction, worker
from htmap_run.job.results import Results
from htmap_run.job.supervisor import AskedToEnd, End, Saved, Supervisor
from htmap_run.job.work import Work
from htmap_run.limits import time_limit
from htmap_run.reports.capture import Capture
from htmap_run.reports.host import job_ad

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any, NoReturn

    from htmap_run.job.work import Refusal


_ADS = (".job.ad", ".machine.ad")  # of HTCondor, which tell the next run that what was saved is its own


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
    supervisor = Supervisor()  # it handles signals before there is anything to return, so that an eviction keeps it
    if saves.is_leaving(scratch):
        return _leave(scratch)
    return _finish(supervisor, archive, scratch, arguments, packages.unpack(scratch))


def _finish(supervisor: Supervisor, archive: str, scratch: str, arguments: list[str], refused: Refusal) -> int:
    blocks, components = _parsed(arguments)
    own = OwnArchive(archive, scratch, (names.FUNCTION, *blocks, *_ADS))
    results, capture, saving, limit, past = _opened(scratch, components)

    def work(left: Sequence[int]) -> NoReturn:
        def open_work() -> Work:
            own.restore_all()  # the worker before may have deleted them
            return Work(own, scratch, names.FUNCTION, blocks, results, refused)

        worker.run(left, open_work, capture, results, saving, limit, lambda error: _tell_why(error, scratch, arguments))

    def died(begun: dict[str, Any], end: End) -> None:
        own.restore_all()
        from htmap_run.job import death

        death.write_down(begun, end, results, capture, scratch)

    try:
        with _live(scratch):
            again = functools.partial(eviction.runs_again, own, scratch, capture)
            is_finished = supervisor.finish(
                components, results, work, died, limit, has_checkpointed=lambda: saves.is_marked(scratch), again=again
            )
        if not is_finished:
            results.remove()
            return codes.CANNOT_FINISH
        results.complete()
        if not eviction.is_by_hand(scratch):
            capture.remove()
        return _exit_code(results, past, scratch)
    except AskedToEnd as asked:
        _keep(asked, own, results, capture, scratch)
        raise
    except BaseException:
        results.remove()
        raise
    finally:
        results.close()
        capture.close()


def _keep(asked: AskedToEnd, own: OwnArchive, results: Results, capture: Capture, scratch: str) -> None:
    """See that what has ended comes back, and that after a save the next run can begin in this place."""
    if isinstance(asked, Saved) and saves.is_leaving(scratch):
        with contextlib.suppress(OSError):  # on a full disk; then it counts as a failure
            eviction.leave(results, scratch)
    results.put_in_place()
    capture.remove()
    eviction.keep(scratch, results.ended)
    with contextlib.suppress(OSError):  # on a full disk, what comes back has the room
        own.restore_all()


def _leave(scratch: str) -> int:
    """Let a job that leaves its slot return nothing: it was saved a moment ago, and goes on from that.

    This is an end of the job to HTCondor, so what is returned would go to the submit side, and not to the next run.
    """
    import shutil

    shutil.rmtree(os.path.join(scratch, names.RETURN), ignore_errors=True)
    os.makedirs(os.path.join(scratch, names.RETURN), exist_ok=True)
    live = os.path.join(scratch, names.LIVE_STDOUT)
    if os.path.lexists(live):
        open(live, "wb").close()
    return codes.LEFT


def _parsed(arguments: list[str]) -> tuple[list[str], Sequence[int]]:
    if len(arguments) != 2:  # noqa: PLR2004 -- BLOCKS COMPONENTS
        raise SystemExit(f"usage: BLOCKS COMPONENTS [REMAPPED], not {arguments!r}")
    return arguments[0].split(","), ranges.parse(arguments[1])


def _opened(
    scratch: str, components: Sequence[int]
) -> tuple[Results, Capture, saves.Saves, time_limit.TimeLimit, eviction.Past]:
    """Make the folder that comes back, with what earlier runs of this job have finished."""
    returned = os.path.join(scratch, names.RETURN)
    now = eviction.facts(scratch)
    past = eviction.take_over(scratch, components, now)
    limit = time_limit.of_job(scratch, len(components), past.failures)
    os.makedirs(returned, exist_ok=True)
    os.environ["HTMAP_ON_EXECUTE"] = "1"
    # For htmap.transfer_output_files, in child processes too.
    os.environ["HTMAP_OUTPUT_FILES"] = os.path.join(returned, names.FILES)
    capture = Capture(os.path.join(returned, names.STDOUT), os.path.join(returned, names.STDERR))
    results = Results(os.path.join(returned, names.RESULTS), components)
    if past.finished:
        eviction.put_back(results, capture, past.finished)
    results.run(now)
    saving = saves.Saves(scratch, len(components), len(past.finished), past.failures, limit.began)
    return results, capture, saving, limit, past


@contextlib.contextmanager
def _live(scratch: str) -> Iterator[None]:
    """Link the job's own standard output to that of the components while they run: ``condor_tail`` shows no other file.

    HTCondor sends the job's standard output back, so the link is an empty file again in the end. If there was no such file, none
    is made. While HTCondor saves what there is, it has what was written: ``condor_tail`` begins anew where it finds less than
    before, and the next run puts that back before it makes the link.

    The function may also have deleted the folder that HTCondor sends back; it is made again, because HTCondor would run a job
    without it again and again.
    """
    live, link = (os.path.join(scratch, name) for name in (names.LIVE_STDOUT, names.LINK))
    is_wanted = os.path.lexists(live)
    if is_wanted:
        os.symlink(f"{names.RETURN}/{names.STDOUT}", link)
        os.replace(link, live)
    is_shown = False
    try:
        yield
    except Saved:
        with contextlib.suppress(FileNotFoundError):  # the function has deleted it
            if is_wanted:
                os.replace(os.path.join(scratch, names.RETURN, names.STDOUT), live)
                is_shown = True
        raise
    finally:
        os.makedirs(os.path.join(scratch, names.RETURN), exist_ok=True)
        if is_wanted and not is_shown:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(live)
            open(live, "wb").close()


def _exit_code(results: Results, past: eviction.Past, scratch: str) -> int:
    code = results.exit_code
    if code != codes.COMPONENT_FAILED:
        return code
    ad = job_ad(scratch)
    named = ad.get(names.RETRIED.lower())
    if named is not None and not any(_is_named(classes, named.split(",")) for classes in results.raised()):
        return code
    if past.is_retried(ad.get(names.LEAVES.lower(), "")):
        return codes.AGAIN
    return code if named is None else codes.TRY_AGAIN


def _is_named(classes: Sequence[str], named: Sequence[str]) -> bool:
    """Return whether some classes have one of some names; one without a dot is that of a class of any module."""
    known = {*classes, *(each.rpartition(".")[2] for each in classes)}
    return any(each.strip() in known for each in named)


def _tell_why(error: BaseException, scratch: str, arguments: list[str]) -> None:
    """Say why there are no results, on standard error and in the file that comes back; usually the launcher has made them one."""
    import traceback

    cause = "" if isinstance(error, (OSError, ValueError, SystemExit)) else traceback.format_exc()
    python = f"Python {sys.version.split()[0]} at {sys.executable}"
    text = (
        f"htmap: the runner could not finish, so this job has no results: {type(error).__name__}: {error}\n{cause}"
        f"htmap: on {os.uname().nodename}, {python}, arguments {arguments!r}\n"
    )
    data = text.encode("utf-8", "backslashreplace")
    os.write(2, data)
    with contextlib.suppress(OSError):  # the disk may be full; descriptor 2 has the text
        os.makedirs(os.path.join(scratch, names.RETURN), exist_ok=True)
        with open(os.path.join(scratch, names.RETURN, names.STDERR), "ab") as file:
            if not os.path.sameopenfile(file.fileno(), 2):
                file.write(data)
