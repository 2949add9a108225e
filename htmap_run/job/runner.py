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
import time

from htmap_run import codes, names, packages, ranges
from htmap_run.files import remaps, saves
from htmap_run.files.own_archive import OwnArchive
from htmap_run.job import eviction, worker
from htmap_run.job.guard import Guard
from htmap_run.job.live import shown_live
from htmap_run.job.relay import AskedToEnd
from htmap_run.job.supervisor import End, NoRoom, Saved, Supervisor, WorkerLost
from htmap_run.job.work import Work
from htmap_run.journal.results import Results
from htmap_run.journal.trouble import is_full
from htmap_run.limits import time_limit
from htmap_run.reports.capture import Capture
from htmap_run.reports.host import job_ad

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Callable, NoReturn, Optional

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
    os._exit(_code_of(lambda: _run(archive, scratch, arguments), scratch, arguments))


def _code_of(run: Callable[[], int], scratch: str, arguments: list[str]) -> int:
    """Return the exit code of this process, whatever happens."""
    try:
        return run()
    except AskedToEnd as asked:
        asked.obey()
    except BaseException as error:  # no caller could catch it; the exit code and the text tell of it
        _tell_why(error, scratch, arguments)
        return codes.NO_ROOM if _is_for_room(error) else codes.CANNOT_FINISH


def _is_for_room(error: BaseException) -> bool:
    return isinstance(error, NoRoom) or (isinstance(error, OSError) and is_full(error))


def _run(archive: str, scratch: str, arguments: list[str]) -> int:
    guard = Guard()  # it handles signals before there is anything to return, so that an eviction keeps it
    if saves.is_leaving(scratch):
        return _leave(scratch)
    job = _Job(archive, scratch, arguments)
    if job.is_to_be_saved_first:
        saves.save_at_once(scratch)
        job.tidy()
        return codes.SAVED

    def supervise(lost: Optional[End]) -> NoReturn:
        os._exit(_code_of(lambda: job.finish(lost), scratch, arguments))

    try:
        return guard.keep(supervise, job.results)
    except AskedToEnd:
        job.tidy()  # the supervising process may have died before it could
        raise


class _Job:
    """The files of the job, which are open as long as it runs.

    :param archive: the absolute path of the archive.
    :param scratch: the scratch directory.
    :param arguments: the command line.
    """

    def __init__(self, archive: str, scratch: str, arguments: list[str]) -> None:
        self._scratch = scratch
        self._blocks, self._components = _parsed(arguments)
        self._own = OwnArchive(archive, scratch, (names.FUNCTION, *self._blocks, *_ADS))
        self._ad = job_ad(scratch)
        opened = _opened(scratch, self._components)
        self.results, self._capture, self._saving, self._limit, self._past = opened

    @property
    def is_to_be_saved_first(self) -> bool:
        """Whether the next run must know that this one is careful, even if its first component kills it."""
        is_careful = len(self._components) > 1 and saves.is_careful(self._ad, self._past.failures)
        return is_careful and not (self._past.is_careful or self._past.has_killer)

    def finish(self, lost: Optional[End]) -> int:
        """Run the components, and return the exit code; in a process of its own.

        :param lost: how the process before it has ended that was to do so.
        """
        again = functools.partial(eviction.runs_again, self._own, self._scratch, self._capture)
        supervisor = Supervisor(self.results, self._died, again, self._is_saved)
        try:
            refused = packages.unpack(self._scratch)
            with shown_live(self._scratch, self._own):
                if lost is None and self._past.has_killer:
                    self._blame_first()
                supervisor.finish(self._components, functools.partial(self._work, refused), self._limit, lost)
            self.results.complete()
            if not eviction.is_by_hand(self._scratch):
                self._capture.remove()
            return _exit_code(self.results, self._past, self._scratch)
        except AskedToEnd as asked:
            self.keep(asked)
            raise
        except BaseException as error:
            if not self._has_news:
                self.results.remove()
                raise
            # What has ended comes back with a save. Then it is tried once more, and has nothing to lose. Where nothing can be
            # saved, this is the end of the job; those whose results are missing have that error.
            _tell_why(error, self._scratch, [])
            self.keep(Saved())
            return codes.SAVED if saves.can_save(self._ad) else codes.COMPONENT_FAILED

    def keep(self, asked: AskedToEnd) -> None:
        """See that what has ended comes back, and that after a save the next run can begin in this place."""
        if isinstance(asked, Saved) and saves.is_leaving(self._scratch):
            with contextlib.suppress(OSError):  # on a full disk; then it counts as a failure
                eviction.leave(self.results, self._scratch)
        self.tidy()
        eviction.keep(self._scratch, self.results.ended)
        with contextlib.suppress(OSError):  # on a full disk, what comes back has the room
            self._own.restore_all()

    def tidy(self) -> None:
        """See that what comes back is what has ended, and nothing else."""
        with contextlib.suppress(OSError):  # on a full disk
            if self.results.pending.used:
                self.results.read()
        self.results.put_in_place()
        self._capture.remove()

    @property
    def _has_news(self) -> bool:
        """Whether components have ended since HTCondor has started the job."""
        return len(self.results.ended) > len(self._past.finished)

    def _blame_first(self) -> None:
        """Give the first component that is left the error that it has killed the whole job: it ran with no other."""
        self.results.read()
        first = next((each for each in self._components if each not in self.results.ended), None)
        number = self._ad.get("exitsignal", "")
        if first is not None and number.isdigit():
            begun = {"component": first, "start": time.time(), "stdout": 0, "stderr": 0}
            self._died(begun, End(int(number), 0, out_of_memory=False, ended_at=0, was_supervisor=True))

    def _work(self, refused: Refusal, left: Sequence[int]) -> NoReturn:
        def open_work() -> Work:
            self._own.restore_all()  # the worker before may have deleted them
            return Work(self._own, self._scratch, names.FUNCTION, self._blocks, self.results, refused)

        worker.run(left, open_work, self._capture, self.results, self._saving, self._limit)

    def _died(self, begun: dict[str, Any], end: End) -> None:
        self._own.restore_all()
        from htmap_run.job import death

        death.write_down(begun, end, self.results, self._capture, self._scratch)

    def _is_saved(self, is_full: bool) -> bool:
        """Return whether the job ends to be saved. With a full disk it does, and leaves its slot where it may."""
        if saves.is_marked(self._scratch):
            return True
        if not is_full or not saves.can_save(self._ad):
            return False
        if self._ad.get(names.LEAVES.lower(), "").isdigit():
            self.results.give_room()
            saves.leave_slot(self._scratch, self._limit.began)
        return True


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
    if saves.is_careful(job_ad(scratch), past.failures) and len(components) > 1:
        now["job"]["careful"] = True
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

    is_told = isinstance(error, (WorkerLost, NoRoom))  # what the worker had to say
    cause = "" if is_told or isinstance(error, (OSError, ValueError, SystemExit)) else traceback.format_exc()
    what = str(error) if is_told else f"{type(error).__name__}: {error}"
    python = f"Python {sys.version.split()[0]} at {sys.executable}"
    text = (
        f"htmap: the runner could not finish, so this job has no results: {what}\n{cause}"
        f"htmap: on {os.uname().nodename}, {python}, arguments {arguments!r}\n"
    )
    data = text.encode("utf-8", "backslashreplace")
    with contextlib.suppress(OSError):  # it leads to a disk that may be full, and the exit code must come all the same
        os.write(2, data)
    with contextlib.suppress(OSError):
        os.makedirs(os.path.join(scratch, names.RETURN), exist_ok=True)
        with open(os.path.join(scratch, names.RETURN, names.STDERR), "ab") as file:
            if not os.path.sameopenfile(file.fileno(), 2):
                file.write(data)
