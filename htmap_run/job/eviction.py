"""What an evicted job has finished, and what its next run takes over.

HTCondor puts the files that an evicted job returns into the schedd's spool (``ON_EXIT_OR_EVICT``), and from there into the
scratch directory of the job's next run. So that run finds the returned folder as the run before left it: results up to where it
was interrupted, files, and checkpoints that could not be copied to the submit side.
"""

from __future__ import annotations

import os

from htmap_run import frames, handshake, names
from htmap_run.reports.host import host_facts, job_ad

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from typing import Any, Callable, Optional

    from htmap_run.files.own_archive import OwnArchive
    from htmap_run.journal.results import Results
    from htmap_run.reports.capture import Capture


class Past:
    """What earlier runs of the job have left.

    :ivar finished: the components that need not run again.
    :ivar is_careful: whether this run has been begun already as one that is saved after each component.
    :ivar has_killer: whether the run before was, and a signal has killed the job all the same: the first component did.
    """

    def __init__(self, completions: Optional[str]) -> None:
        self.finished: list[int] = []
        self.is_careful = self.has_killer = False
        self._completions = completions if completions is not None and completions.isdigit() else None
        self._left: set[int] = set()  # what the number of its ends was when it left its slot

    @property
    def failures(self) -> int:
        """How often the job has ended by itself, without those ends by which it has left its slot in time."""
        return 0 if self._completions is None else self._failures(int(self._completions))

    def is_retried(self, retries: str) -> bool:
        """Return whether HTCondor is to be told to run a failed job again, because it counts that the job has left its slot.

        :param retries: what the job's ad says of :data:`.names.LEAVES`.
        """
        return bool(self._left) and retries.isdigit() and self.failures < int(retries)

    def is_same_attempt(self, completions: Optional[str]) -> bool:
        """Return whether the job has not failed since a run whose ad has had this number of ends."""
        is_known = completions is not None and self._completions is not None
        return is_known and self._failures(int(completions or 0)) == self.failures

    def add(self, job: dict[str, Any]) -> None:
        """Add what the facts of a run say; that of the last one counts."""
        self._left.update(map(int, job.get("left", ())))
        now, then = self._completions or "", job.get("attempt") or ""
        is_known = bool(job.get("careful")) and now.isdigit() and then.isdigit()
        self.is_careful, self.has_killer = (is_known and int(now) == int(then) + more for more in (0, 1))

    def _failures(self, completions: int) -> int:
        return completions - sum(left < completions for left in self._left)


def facts(scratch: str) -> dict[str, Any]:
    """Return the facts about this run of the job, with which its part of the results begins."""
    ad = job_ad(scratch)
    job = {"submission": ad.get("htmapsubmission"), "row": ad.get("procid"), "attempt": ad.get("numjobcompletions")}
    return {"job": job, "host": host_facts(scratch), "runtime": handshake.runtime_facts()}


def is_by_hand(scratch: str) -> bool:
    """Return whether a user has submitted this job apart from its map: then what it writes stays there to be read."""
    ad = job_ad(scratch)
    return bool(ad) and "htmapsubmission" not in ad


def keep(scratch: str, ended: Collection[int]) -> None:
    """Put the checkpoints that could not be sent where the next run of this job finds them."""
    from htmap_run.files.checkpoints import UNSENT

    for name in os.listdir(scratch):
        number = name[len(UNSENT) :]
        if name.startswith(UNSENT) and number.isdigit() and int(number) not in ended:
            os.replace(os.path.join(scratch, name), os.path.join(scratch, names.RETURN, name))


def leave(results: Results, scratch: str) -> None:
    """Write down that the job leaves its slot, so that its next run knows that it has not failed."""
    now = facts(scratch)
    results.run({**now, "job": {**now["job"], "left": [int(now["job"]["attempt"] or 0)]}})


def take_over(scratch: str, components: Sequence[int], now: dict[str, Any]) -> Past:
    """Keep of the returned folder what components of earlier runs of this job have finished; return what there is.

    What is damaged or of another job is removed, as if there were none. Refused components are run again, and so are failed
    components of a run that ended by itself: HTCondor runs the job again because of them.

    :param now: the facts about this run.
    """
    past = Past(now["job"]["attempt"])
    returned = os.path.join(scratch, names.RETURN)
    if not os.path.isdir(returned) or set(os.listdir(returned)) <= {names.STDERR}:
        return past  # the usual case: this job was not evicted before
    import shutil

    from htmap_run.files.checkpoints import UNSENT

    for name in os.listdir(returned):
        if name.startswith(UNSENT):
            os.replace(os.path.join(returned, name), os.path.join(scratch, name))
    path = os.path.join(returned, names.RESULTS)
    try:
        ended = _ended(path, now, past)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        ended, past = set(), Past(now["job"]["attempt"])
    if not ended:
        shutil.rmtree(returned, ignore_errors=True)
        return past
    past.finished = [component for component in components if component in ended]
    kept = {str(component) for component in past.finished}
    for folder in (names.FILES, names.REMAPPED):
        _remove_entries(os.path.join(returned, folder), lambda name: name not in kept)
    return past


def runs_again(own: OwnArchive, scratch: str, capture: Capture, component: int) -> bool:
    """Return whether a component whose process died runs again, first in a new one; what it has left does not count then.

    It does if HTMap has chosen that components share jobs.
    """
    own.restore_all()  # it may have deleted the record of the function
    function = frames.Reader(os.path.join(scratch, names.FUNCTION))
    if not function.record(function.only(frames.FUNCTION)).get("runs_again_alone", False):
        return False
    for folder in (names.FILES, names.REMAPPED):
        path = os.path.join(scratch, names.RETURN, folder)
        _remove_entries(path, lambda name: name == str(component))
    capture.end()  # the output of the next one begins here
    return True


def put_back(results: Results, capture: Capture, finished: list[int]) -> None:
    """Let the results begin with those of finished components; the captured output, too: ``condor_tail`` shows it."""
    results.read()
    kept = set(finished)
    results.drop([*results.ended.others, *(component for component in results.ended if component not in kept)])
    results.read()
    for text in results.stdout(kept):
        capture.show(text)


def _ended(path: str, now: dict[str, Any], past: Past) -> set[int]:
    """Return the components that need not run again, and add to *past* what it says of the job.

    :raises ValueError: the results are another job's, or damaged.
    """
    reader = frames.Reader(path)
    os.truncate(path, reader.end)  # what was being written, and an index
    finished: set[int] = set()
    failed: dict[int, Optional[str]] = {}  # and in which run
    attempt: Optional[str] = None
    for frame in frames.Reader(path).frames:
        if frame.kind == frames.RUN:
            then = reader.record(frame)
            if _identity(then) != _identity(now):
                raise ValueError("the results are another job's, or another Python's")
            attempt = then["job"]["attempt"]
            past.add(then["job"])
        elif frame.kind == frames.BEGUN or frame.kind in frames.ENDS:
            finished.discard(frame.component)
            failed.pop(frame.component, None)
        for _ in reader.pieces(frame):
            pass  # a damaged one raises an error
        if frame.kind in frames.ENDS:
            reader.record(frame)
            if frame.kind == frames.RESULT:
                finished.add(frame.component)
            elif frame.kind == frames.ERROR:
                failed[frame.component] = attempt
    return finished.union(component for component, then in failed.items() if past.is_same_attempt(then))


def _identity(facts: dict[str, Any]) -> list[str]:
    """Return what identifies the job, and the Python that pickles its results."""
    job, runtime = facts["job"], facts["runtime"]
    python = runtime["python"].rpartition(".")[0]
    return [job["submission"], job["row"], runtime["implementation"], python, runtime["cloudpickle"], runtime["htmap"]]


def _remove_entries(folder: str, is_wrong: Callable[[str], bool]) -> None:
    """Remove the entries of wrong components; their names are like ``3`` or ``3-0``."""
    import shutil

    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        if is_wrong(name.partition("-")[0]):
            path = os.path.join(folder, name)
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path)
            else:
                os.unlink(path)
