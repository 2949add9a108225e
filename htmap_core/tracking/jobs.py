"""Event log -> job states.

All jobs of a map write one event log. A :class:`Tracker` reads its new events, and keeps the status and the figures of every
job in flat arrays, 17 bytes a job (see :mod:`htmap_core.tracking.transitions`). It saves them beside the log from time to time,
for other processes.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import zlib
from typing import IO

from htmap_core.components import ComponentHold, ComponentStatus
from htmap_core.condor import eventlog
from htmap_core.condor.eventlog import END
from htmap_core.exceptions import CorruptEventLog
from htmap_core.files.reading import UNREADABLE, open_file, read_file
from htmap_core.storage.jobs import Job
from htmap_core.storage.mapdir import MapDir
from htmap_core.tracking import late_bytes
from htmap_core.tracking.late_bytes import LateBytes
from htmap_core.tracking.transitions import (
    CLUSTER_REMOVED,
    COMPLETED,
    ERRORED,
    HELD,
    IDLE,
    NUMBERS,
    REMOVED,
    RUNNING,
    STATUSES,
    TRANSITIONS,
    UNMATERIALIZED,
    JobStates,
)

_SEAL = f"9 {sys.byteorder} %08x\n".encode()  # the head of the cache: its format, and a checksum of the rest
_PIECE = 256 * 1024  # bytes of the log to read at once; more would not fit into the processor's cache
_MARK = 1024  # bytes before the offset, whose checksum shows whether the log is still the same
_ANEW = -1  # no checksum: the log is read from its beginning again
_SAVE_AFTER = 256 * 1024  # bytes of news; reading fewer bytes again is as fast as reading the cache
_FINAL = bytes((COMPLETED, ERRORED, REMOVED))
_AT_FIRST = (15, "submitted on hold at user's request")  # HTCondor writes this into the job's ad, but not into the log


def clusters_logged(map_dir: MapDir) -> set[int]:
    """Return the clusters that a map's event log tells of, whether or not the map knows that they are its own."""
    try:
        return eventlog.submitted_clusters(read_file(map_dir.events))
    except FileNotFoundError:
        return set()
    except OSError as error:
        raise _unreadable(map_dir, error) from error


def first_logged(map_dir: MapDir) -> float | None:
    """Return when HTCondor wrote the first event of a map's log, in seconds since the epoch; None if the log does not tell."""
    try:
        with open_file(map_dir.events) as log:
            return eventlog.began(log.readline(_MARK))
    except OSError:
        return None


def _unreadable(map_dir: MapDir, error: OSError) -> CorruptEventLog:
    """Return the exception for what is in place of an event log."""
    return CorruptEventLog(map_dir.events, "no event log", error.strerror or str(error))


def unseen(submission: int) -> ComponentStatus:
    """Return the status of jobs of which the log says nothing yet. Later submissions count once the schedd has taken them."""
    return ComponentStatus.IDLE if submission else ComponentStatus.UNKNOWN


class Tracker:
    """The states of a map's jobs, as of the last :meth:`poll`.

    Threads can share it. Its lock is held while the log is read and while states are looked up, and never while the caller
    waits for anything else.
    """

    def __init__(self, map_dir: MapDir) -> None:
        self._map_dir = map_dir
        self._log = os.fspath(map_dir.events)
        self._lock = threading.RLock()
        self._late: LateBytes | None = None  # what is no event yet, where there is something
        self._forget()
        self._restore()

    def _forget(self) -> None:
        self._jobs: dict[int, JobStates] = {}  # by submission
        self._clusters: dict[int, int] = {}  # cluster -> submission
        self._offset = self._saved = 0
        self._mark = zlib.crc32(b"")
        self._is_corrected = False  # since the states were saved
        self._has_lost = False  # whether an event that a full disk has cut short was passed over
        self._seen: tuple[int, ...] = ()  # the inode and size of the log when the last event at its end was complete

    # --- looking up states

    def status(self, job: Job) -> ComponentStatus:
        """Return the status of a job."""
        with self._lock:
            jobs = self._jobs.get(job.submission)
            return ComponentStatus.UNKNOWN if jobs is None else STATUSES[jobs.status[job.row]]

    def statuses(self, submission: int) -> list[ComponentStatus]:
        """Return the statuses of all jobs of a submission, by row; an empty list if the submission is not known yet."""
        with self._lock:
            jobs = self._jobs.get(submission)
            return [] if jobs is None else [STATUSES[code] for code in jobs.status]

    def counts(self, submission: int) -> dict[ComponentStatus, int]:
        """Return how many jobs of a submission have each status; nothing if it is not known yet. Quick, also for a million."""
        with self._lock:
            jobs = self._jobs.get(submission)
            found = {} if jobs is None else {status: jobs.status.count(code) for status, code in NUMBERS.items()}
        return {status: count for status, count in found.items() if count}

    def has_ended(self, submission: int, *, late: bool) -> bool:
        """Return whether the log will have no more events of a submission.

        :param late: whether the schedd makes its jobs late; then a last event of the cluster follows those of the jobs.
        """
        with self._lock:
            jobs = self._jobs.get(submission)
            return jobs is not None and (jobs.closed or not late) and not self.open_rows(submission)

    def open_rows(self, submission: int) -> list[int]:
        """Return the rows of the jobs of a submission that have not ended."""
        return [row for row, status in enumerate(self.statuses(submission)) if not status.is_final]

    def begun_rows(self, submission: int) -> list[int]:
        """Return the rows of the jobs of a submission that have begun to run and not ended. Cheap where all have ended."""
        with self._lock:
            jobs = self._jobs.get(submission)
            if jobs is None or not jobs.status.translate(None, _FINAL):
                return []
            return [row for row, when in enumerate(jobs.started) if when and jobs.status[row] not in _FINAL]

    def hold(self, job: Job) -> ComponentHold | None:
        """Return the hold of a job; None if it is not held."""
        with self._lock:
            if self.status(job) is not ComponentStatus.HELD:
                return None
            return ComponentHold(*self._jobs[job.submission].notes.get(job.row, _AT_FIRST))

    def note(self, job: Job) -> str:
        """Return how a job failed, why it is idle again by its own doing, or since when its machine is silent; else nothing."""
        with self._lock:
            known = self._jobs[job.submission].notes if job.submission in self._jobs else {}
            was_removed = self.status(job) is ComponentStatus.REMOVED
            return known.get(job.row, (0, "removed from the queue" if was_removed else "", 0))[1]

    def has_failed(self, job: Job) -> bool:
        """Return whether a job has once ended and could not finish, for which HTCondor runs it again or holds it."""
        with self._lock:
            jobs = self._jobs.get(job.submission)
            return jobs is not None and job.row in jobs.failed

    def memory(self, job: Job) -> int:
        """Return a job's peak memory so far in MB, as HTCondor measured it; 0 before the first measurement."""
        with self._lock:
            jobs = self._jobs.get(job.submission)
            return 0 if jobs is None else jobs.memory[job.row]

    def runtime(self, job: Job) -> float:
        """Return the duration of a job's present run, or else of its last one, in seconds."""
        with self._lock:
            jobs = self._jobs.get(job.submission)
            if self.status(job) is ComponentStatus.RUNNING and jobs is not None:
                return max(0.0, time.time() - (jobs.started[job.row] or time.time()))
            return 0.0 if jobs is None else jobs.runtime[job.row]

    # --- what the log alone cannot tell

    def doubts(self) -> dict[Job, bool]:
        """Return the jobs whose status is doubtful. The value says whether it is if the job has returned nothing. Cheap."""
        if not any(jobs.doubts for jobs in list(self._jobs.values())):
            return {}
        with self._lock:
            every = [(number, doubt) for number, jobs in self._jobs.items() for doubt in jobs.doubts.items()]
            return {Job(number, row): is_without for number, (row, is_without) in every}

    def perhaps_ended(self) -> list[Job]:
        """Return the running jobs whose end may be missing, because the log tells that of another job twice. Cheap."""
        if not any(jobs.ended_again for jobs in list(self._jobs.values())):
            return []
        with self._lock:
            every = [
                (number, row, status) for number, jobs in self._jobs.items() for row, status in enumerate(jobs.status)
            ]
        return [Job(number, row) for number, row, status in every if status == RUNNING]

    def correct(
        self,
        job: Job,
        was: ComponentStatus,
        status: ComponentStatus,
        note: str = "",
        code: int = 0,
        subcode: int = 0,
        *,
        started: float = 0.0,
    ) -> None:
        """Set the status of a job, as something else than the log tells it; it is not doubtful any more.

        :param was: the status that the caller has seen. If the log has told another since, that one stays.
        :param started: since when a running job runs, in seconds since the epoch; 0 where the log has told.
        """
        with self._lock:
            if self.status(job) is was:
                jobs = self._jobs[job.submission]
                jobs.doubts.pop(job.row, None)
                if status is not was:
                    jobs.enter(job.row, NUMBERS[status], note, code, subcode)
                    jobs.started[job.row] = started or jobs.started[job.row]
                    self._is_corrected = True

    @property
    def is_behind(self) -> bool:
        """Whether the log has bytes that are no events yet, so that it cannot have told of all events."""
        return self._late is not None

    def lacks_events(self) -> bool:
        """Return whether the log cannot have all events, because a full disk has cut one short. Cheap."""
        if self._has_lost or self._seen:
            return self._has_lost
        modified = self.modified()
        return modified is not None and time.time() - modified > late_bytes.PATIENCE

    def made_up_for(self) -> None:
        """Note that the queue has told what the log lacks."""
        self._has_lost = False

    # --- reading the log

    def modified(self) -> float | None:
        """Return when the log was last written to, in seconds since the epoch; None if there is none."""
        try:
            return os.lstat(self._log).st_mtime
        except OSError:
            return None

    def poll(self) -> bool:
        """Read the new events of the log, and return whether there were any.

        :raises CorruptEventLog: the log has text that is no event, or an event that the map's jobs cannot have.
        """
        try:
            stat = os.lstat(self._log)  # a Path would take longer than the system call
        except (FileNotFoundError, NotADirectoryError):
            with self._lock:
                self._late = None
                if self._mark == _ANEW:
                    self._forget()  # somebody has moved a damaged log away
                self._learn_clusters()
            return False  # HTCondor has written nothing yet, or the file system does not show it yet
        if (stat.st_ino, stat.st_size) == self._seen:
            return False
        with self._lock:
            if (stat.st_ino, stat.st_size) == self._seen:
                return False  # another thread was quicker
            try:
                has_news = self._read((stat.st_ino, stat.st_size))
            except FileNotFoundError:
                return False  # it was moved away a moment ago
            except OSError as error:
                raise _unreadable(self._map_dir, error) from error
        size = sum(len(jobs.status) for jobs in list(self._jobs.values()))
        if self._offset - self._saved >= max(_SAVE_AFTER, 64 * size):
            self.save()
        return has_news

    def _read(self, stat: tuple[int, int]) -> bool:
        with open_file(self._log) as log:
            if self._mark_in(log) != self._mark:
                self._forget()  # it is another log: read it from the beginning
            self._learn_clusters()
            before = self._offset
            try:
                is_complete = self._read_news(log)
            except CorruptEventLog:
                self._mark = _ANEW  # some of these events have had their effect
                raise
            self._seen = stat if is_complete else ()
            self._mark = self._mark_in(log)
        return self._offset > before

    def _read_news(self, log: IO[bytes]) -> bool:
        """Read the log from the offset on, and return whether it ends with the last event that was read."""
        log.seek(self._offset)
        text = END  # of the previous event
        while piece := log.read(_PIECE):
            text += piece
            end = text.rfind(END)  # a later poll reads an event that is still being written
            done = self._take(text[:end])
            self._offset += done
            if done < end:
                if not self._passes_over(text[done:end], os.fstat(log.fileno()).st_mtime):
                    return False
                log.seek(self._offset)
                text = END
                continue
            text = text[end:]
        self._late = None
        return text == END  # else the rest may be filled in, without a new size of the file

    def _take(self, text: bytes) -> int:
        """Apply the events of *text*, which begins with the end of the previous event; return how many bytes were used.

        It goes as far as the map's submissions are recorded, and as there are events.
        """
        cluster, jobs = b"", None
        found = eventlog.events(text)
        if (damage := eventlog.damage(text, len(found))) is not None:
            return self._take(text[: text.rfind(END, 0, damage)])
        for number, (kind, of, proc, when, title, code, memory, body, no_event) in enumerate(found):
            change = TRANSITIONS.get(kind + title)
            if no_event:
                return eventlog.begin(text, number)
            if body or (change is None and kind):
                self._check_title(kind, of, proc, body or b" " + title)
            if change is None:
                continue
            if of != cluster:
                cluster, jobs = of, self._jobs.get(self._clusters.get(int(of), -1))
                if jobs is None and self._is_submitting(kind, of, proc):
                    return eventlog.begin(text, number)  # a later poll, which knows it, goes on from here
            row = int(proc)
            if jobs is None or (row < 0 and kind != CLUSTER_REMOVED):
                continue
            try:
                change(jobs, row, when, code, memory, body)
            except (IndexError, ValueError) as error:
                raise self._corrupt(kind, of, proc, str(error)) from error
        return len(text)

    def _passes_over(self, text: bytes, modified: float) -> bool:
        """Pass over an event that was cut short, or note that the log has something that cannot be taken yet; return which.

        :param text: it begins with the end of the event before.
        :param modified: when the log was last written to.
        :raises CorruptEventLog: it is no event, and has had the time to become one.
        """
        damage = eventlog.damage_of_first(text)
        if damage is None:  # an event of a submission that another process is about to record
            self._late = None
            return False
        self._late = LateBytes(self._offset, text).seen_again(self._late)
        next_event = eventlog.after_torn(text)
        is_cut = next_event is not None and (self._offset + next_event - len(END)) % late_bytes.PAGE == 0
        if is_cut or self._late.are_damage(modified):
            if next_event is not None:
                self._offset += next_event - len(END)
                self._late, self._has_lost = None, True
                return True
            raise self._corrupt(text[damage:].partition(b"\n")[0][:80])
        return False

    def _corrupt(self, kind: bytes, cluster: bytes = b"", proc: bytes = b"", reason: str = "") -> CorruptEventLog:
        """Return the exception for an event that cannot be, or without a *reason* for text that is no event."""
        event = f"{kind.decode()} of job {int(cluster)}.{int(proc)}" if reason else kind.decode(errors="replace")
        return CorruptEventLog(self._map_dir.events, event, reason)

    def _check_title(self, kind: bytes, cluster: bytes, proc: bytes, text: bytes) -> None:
        if eventlog.is_of_another_kind(kind, text):
            raise self._corrupt(kind, cluster, proc, "it has the title of another kind of event")

    def _is_submitting(self, kind: bytes, cluster: bytes, proc: bytes) -> bool:
        """Return whether a process is about to record a cluster that was unknown, or has just done it.

        :raises CorruptEventLog: the map has no such cluster, and never had.
        """
        submissions = self._map_dir.submissions.all()  # once: another look could show it as recorded
        if any(each.cluster in {int(cluster), None} for each in submissions):
            return True
        if not self._map_dir.submissions.has_refused():
            raise self._corrupt(kind, cluster, proc, "the map has no such cluster")
        return False

    def _learn_clusters(self) -> None:
        submissions = self._map_dir.submissions.all()
        known = {each.number for each in submissions}
        for cluster, number in [*self._clusters.items()]:
            # Of a map that is being removed, the ledger may be gone.
            if known and number not in known:  # it was taken back, because what it belongs with was refused
                del self._clusters[cluster]
                self._jobs.pop(number, None)
        for submission in submissions:
            if submission.cluster is not None:
                self._clusters[submission.cluster] = submission.number
                if submission.number not in self._jobs:
                    first = UNMATERIALIZED if submission.late else HELD if submission.held else IDLE
                    self._jobs[submission.number] = JobStates.fresh(submission.jobs, first)

    def _mark_in(self, log: IO[bytes]) -> int:
        start = max(0, self._offset - _MARK)
        log.seek(start)
        return zlib.crc32(log.read(self._offset - start))

    # --- the cache

    def save(self) -> None:
        """Save the states for the next process."""
        with self._lock:
            offset = self._offset
            if (offset == self._saved and not self._is_corrected) or self._mark == _ANEW:
                return
            self._is_corrected = False
            known = [
                (
                    number,
                    len(jobs.status),
                    [jobs.closed, jobs.ended_again],
                    [*jobs.notes.items()],
                    [*jobs.doubts.items()],
                    [*jobs.failed],
                    [*jobs.kept.items()],
                )
                for number, jobs in self._jobs.items()
            ]
            header = json.dumps([offset, self._mark, list(self._clusters.items()), known])
            arrays = b"".join(part for jobs in self._jobs.values() for part in jobs.arrays)
            self._saved = offset
        content = header.encode() + b"\n" + arrays
        self._map_dir.write_state(_SEAL % zlib.crc32(content) + content)

    def _restore(self) -> None:
        """Restore the saved states; if they are damaged or missing, the log is read instead."""
        state = self._map_dir.read_state() or b""
        seal, content = state[: len(_SEAL % 0)], state[len(_SEAL % 0) :]
        if seal != _SEAL % zlib.crc32(content):
            return
        try:
            self._take_over(content)
        except UNREADABLE:  # another program has written it
            self._forget()

    def _take_over(self, content: bytes) -> None:
        """Take over saved states."""
        header, _, arrays = content.partition(b"\n")
        self._offset, self._mark, clusters, known = json.loads(header)
        self._saved, self._clusters = self._offset, dict(clusters)
        for number, count, closed, notes, doubts, failed, kept in known:
            jobs = self._jobs[number] = JobStates.fresh(count, IDLE)
            jobs.closed, jobs.ended_again = closed
            jobs.notes.update(notes)
            jobs.doubts.update(doubts)
            jobs.failed.update(failed)
            jobs.kept.update(kept)
            for part in jobs.arrays:
                part[:], arrays = arrays[: len(part)], arrays[len(part) :]
