"""Event log -> job states.

All jobs of a map write one event log. A :class:`Tracker` reads its new events, and keeps the status and the figures of every
job in flat arrays, 17 bytes a job. It saves them beside the log from time to time, for other processes.

The rules come from recorded logs of HTCondor 25. A job that ``on_exit_remove`` runs again writes 004 and a new 001. A schedd
that was killed and restarted may write a second 001 without a 004, or a second 005. A removal at the end of a job may write
009 after its 005. Late materialization writes events of the whole cluster, with -1 for the job.
"""

from __future__ import annotations

import json
import os
import sys
import time
import zlib
from array import array
from collections.abc import Callable, Mapping
from typing import IO, ClassVar

import attrs

from htmap_core.components import ComponentHold, ComponentStatus
from htmap_core.condor import eventlog
from htmap_core.condor.eventlog import END
from htmap_core.exceptions import CorruptEventLog
from htmap_core.storage.jobs import Job
from htmap_core.storage.mapdir import MapDir
from htmap_run import codes

STATUSES = tuple(ComponentStatus)
# The arrays have the numbers of the statuses: a byte each, and faster than members of an Enum.
_NUMBERS = {status.value: number for number, status in enumerate(STATUSES)}
_UNMATERIALIZED, _IDLE, _RUNNING = _NUMBERS["UNMATERIALIZED"], _NUMBERS["IDLE"], _NUMBERS["RUNNING"]
_SUSPENDED, _HELD = _NUMBERS["SUSPENDED"], _NUMBERS["HELD"]
_COMPLETED, _ERRORED, _REMOVED = _NUMBERS["COMPLETED"], _NUMBERS["ERRORED"], _NUMBERS["REMOVED"]
_SEAL = f"3 {sys.byteorder} %08x\n".encode()  # the head of the cache: its format, and a checksum of the rest
_PIECE = 256 * 1024  # bytes of the log to read at once; more would not fit into the processor's cache
_MARK = 1024  # bytes before the offset, whose checksum shows whether the log is still the same
_SAVE_AFTER = 256 * 1024  # bytes of news; reading fewer bytes again is as fast as reading the cache
_CLUSTER_REMOVED = b"036"
_AT_FIRST = (15, "submitted on hold at user's request")  # HTCondor writes this into the job's ad, but not into the log
_OUTCOMES = {codes.OK: _COMPLETED, codes.COMPONENT_FAILED: _ERRORED, codes.REFUSED: _ERRORED}


def _becomes(status: int) -> Callable[..., None]:
    """Return a transition to a status that does not depend on the text of the event."""
    return lambda jobs, row, *_: jobs.enter(row, status)


@attrs.define
class JobStates:
    """The states of the jobs of one submission, by their number in the cluster, and the transitions between them."""

    status: bytearray
    memory: array[int]  # MB, the peak so far
    started: array[float]  # seconds since the epoch, of the last run
    runtime: array[float]  # seconds, of the last run that ended
    notes: dict[int, tuple[int, str]] = attrs.field(factory=dict)  # the code and reason of a hold, or how a job failed
    closed: bool = False  # whether the schedd has logged that it makes no more jobs of the cluster

    @classmethod
    def fresh(cls, count: int, status: int) -> JobStates:
        """Return the states of *count* jobs that have *status* and no figures yet."""
        zeros, half = bytes(8 * count), bytes(4 * count)
        return cls(bytearray([status]) * count, array("i", half), array("d", zeros), array("f", half))

    @property
    def arrays(self) -> list[memoryview]:
        """The arrays with a value for every job, as writable bytes."""
        return [memoryview(each).cast("B") for each in (self.status, self.memory, self.started, self.runtime)]

    def enter(self, row: int, status: int, note: str = "", code: int = 0) -> None:
        """Set the status of a job, and the note that belongs to it."""
        self.status[row] = status
        if note:
            self.notes[row] = code, note
        elif row in self.notes:
            del self.notes[row]

    def _submitted(self, row: int, *_: bytes) -> None:
        if self.status[row] != _HELD:  # submitted on hold; HTCondor logs no event of that
            self.enter(row, _IDLE)

    def _executing(self, row: int, when: bytes, *_: bytes) -> None:
        self.started[row] = eventlog.seconds(when)
        self.enter(row, _RUNNING)

    def _using(self, row: int, _: bytes, __: bytes, memory: bytes, text: bytes) -> None:
        used = int(memory) if memory else eventlog.memory(text)
        if used > self.memory[row]:  # noqa: PLR1730 -- half the time of max(), a million times
            self.memory[row] = used

    def _terminated(self, row: int, when: bytes, code: bytes, memory: bytes, text: bytes) -> None:
        began, ended = self.started[row], eventlog.seconds(when)
        self.runtime[row] = max(0.0, ended - began) if began and ended else 0.0
        self._using(row, when, code, memory, text)
        number = int(code) if code else eventlog.exit_code(text)
        if number is None:
            self.enter(row, _ERRORED, f"killed by signal {eventlog.signal(text)}")
        elif number in _OUTCOMES:
            self.enter(row, _OUTCOMES[number])
        else:
            self.enter(row, _ERRORED, f"ended with exit code {number}")

    def _removed(self, row: int, _: bytes, __: bytes, ___: bytes, text: bytes) -> None:
        if self.status[row] not in {_COMPLETED, _ERRORED}:  # otherwise the job had ended before it was removed
            self.enter(row, _REMOVED, eventlog.reason(text))

    def _held(self, row: int, _: bytes, __: bytes, ___: bytes, text: bytes) -> None:
        self.enter(row, _HELD, eventlog.reason(text), eventlog.hold_code(text))

    def _cluster_removed(self, *_: object) -> None:
        self.status[:] = self.status.replace(bytes([_UNMATERIALIZED]), bytes([_REMOVED]))
        self.closed = True

    # The transition table: the effect of each HTCondor event on a job. Other events have no effect.
    TRANSITIONS: ClassVar[Mapping[bytes, Callable[..., None]]] = {
        b"000": _submitted,  # SUBMIT
        b"001": _executing,  # EXECUTE
        b"004": _becomes(_IDLE),  # JOB_EVICTED; also when the exit policy runs the job again
        b"005": _terminated,  # JOB_TERMINATED
        b"006": _using,  # IMAGE_SIZE
        b"007": _becomes(_IDLE),  # SHADOW_EXCEPTION
        b"009": _removed,  # JOB_ABORTED
        b"010": _becomes(_SUSPENDED),  # JOB_SUSPENDED
        b"011": _becomes(_RUNNING),  # JOB_UNSUSPENDED
        b"012": _held,  # JOB_HELD
        b"013": _becomes(_IDLE),  # JOB_RELEASED
        b"023": _becomes(_RUNNING),  # JOB_RECONNECTED
        b"024": _becomes(_IDLE),  # JOB_RECONNECT_FAILED
        _CLUSTER_REMOVED: _cluster_removed,  # the only event about jobs that were never made
    }


def clusters_logged(map_dir: MapDir) -> set[int]:
    """Return the clusters that a map's event log tells of, whether or not the map knows that they are its own."""
    return eventlog.submitted_clusters(map_dir.events.read_bytes()) if map_dir.events.exists() else set()


class Tracker:
    """The states of a map's jobs, as of the last :meth:`poll`."""

    def __init__(self, map_dir: MapDir) -> None:
        self._map_dir = map_dir
        self._log = os.fspath(map_dir.events)
        self._forget()
        self._restore()

    def _forget(self) -> None:
        self._jobs: dict[int, JobStates] = {}  # by submission
        self._clusters: dict[int, int] = {}  # cluster -> submission
        self._offset = self._saved = 0
        self._mark = zlib.crc32(b"")
        self._seen: tuple[int, ...] = ()  # the inode and size of the log when it was last read to its end

    def status(self, job: Job) -> ComponentStatus:
        """Return the status of a job."""
        jobs = self._jobs.get(job.submission)
        return ComponentStatus.UNKNOWN if jobs is None else STATUSES[jobs.status[job.row]]

    def statuses(self, submission: int) -> list[ComponentStatus]:
        """Return the statuses of all jobs of a submission, by row; an empty list if the submission is not known yet."""
        jobs = self._jobs.get(submission)
        return [] if jobs is None else [STATUSES[code] for code in jobs.status]

    def has_ended(self, submission: int, *, late: bool) -> bool:
        """Return whether the log will have no more events of a submission.

        :param late: whether the schedd makes its jobs late; then a last event of the cluster follows those of the jobs.
        """
        jobs = self._jobs.get(submission)
        return jobs is not None and (jobs.closed or not late) and not self.open_rows(submission)

    def open_rows(self, submission: int) -> list[int]:
        """Return the rows of the jobs of a submission that have not ended."""
        return [row for row, status in enumerate(self.statuses(submission)) if not status.is_final]

    def hold(self, job: Job) -> ComponentHold | None:
        """Return the hold of a job; None if it is not held."""
        is_held = self.status(job) is ComponentStatus.HELD
        return ComponentHold(*self._jobs[job.submission].notes.get(job.row, _AT_FIRST)) if is_held else None

    def note(self, job: Job) -> str:
        """Return how a job failed; an empty text if it did not."""
        known = self._jobs[job.submission].notes if job.submission in self._jobs else {}
        was_removed = self.status(job) is ComponentStatus.REMOVED
        return known.get(job.row, (0, "removed from the queue" if was_removed else ""))[1]

    def memory(self, job: Job) -> int:
        """Return a job's peak memory so far in MB, as HTCondor measured it; 0 before the first measurement."""
        jobs = self._jobs.get(job.submission)
        return 0 if jobs is None else jobs.memory[job.row]

    def runtime(self, job: Job) -> float:
        """Return the duration of a job's present run, or else of its last one, in seconds."""
        jobs = self._jobs.get(job.submission)
        if self.status(job) is ComponentStatus.RUNNING and jobs is not None:
            return max(0.0, time.time() - jobs.started[job.row])
        return 0.0 if jobs is None else jobs.runtime[job.row]

    def correct(self, job: Job, status: ComponentStatus, note: str, code: int = 0) -> None:
        """Set the status of a job that the event log does not have."""
        self._jobs[job.submission].enter(job.row, _NUMBERS[status.value], note, code)

    def poll(self) -> bool:
        """Read the new events of the log, and return whether there were any.

        :raises CorruptEventLog: the log has text that is no event, or an event of a job that the map does not have.
        """
        try:
            stat = os.stat(self._log)  # a Path would take longer than the system call
        except FileNotFoundError:
            self._learn_clusters()
            return False  # HTCondor has written nothing yet, or the file system does not show it yet
        if (stat.st_ino, stat.st_size) == self._seen:
            return False
        with open(self._log, "rb", buffering=0) as log:
            if self._mark_in(log) != self._mark:
                self._forget()  # it is another log: read it from the beginning
            self._learn_clusters()
            before = self._offset
            self._seen = (stat.st_ino, stat.st_size) if self._read_news(log) else ()
            self._mark = self._mark_in(log)
        if self._offset - self._saved >= max(_SAVE_AFTER, 64 * sum(len(jobs.status) for jobs in self._jobs.values())):
            self.save()
        return self._offset > before

    def _read_news(self, log: IO[bytes]) -> bool:
        """Read the log from the offset on, and return whether that was possible to its end."""
        log.seek(self._offset)
        text = END  # of the previous event
        while piece := log.read(_PIECE):
            text += piece
            end = text.rfind(END)  # a later poll reads an event that is still being written
            done = self._take(text[:end])
            self._offset += done
            if done < end:
                return False
            text = text[end:]
        return True

    def _take(self, text: bytes) -> int:
        """Apply the events of *text*, which begins with the end of the previous event; return how many bytes were used."""
        transitions, cluster, jobs = JobStates.TRANSITIONS, b"", None
        for number, (kind, of, proc, when, code, memory, body, no_event) in enumerate(eventlog.events(text)):
            if kind not in transitions:
                if no_event:
                    raise CorruptEventLog(self._map_dir.events, no_event.decode(errors="replace"))
                continue
            if of != cluster:
                if int(of) not in self._clusters:
                    self._learn_clusters()
                cluster, jobs = of, self._jobs.get(self._clusters.get(int(of), -1))
                if jobs is None and any(each.cluster is None for each in self._map_dir.submissions.all()):
                    # The submitting process has not recorded their cluster yet; a later poll goes on from here.
                    return len(END.join(text.split(END)[: number + 1]))
            row = int(proc)
            if jobs is None or (row < 0 and kind != _CLUSTER_REMOVED):
                continue
            try:
                transitions[kind](jobs, row, when, code, memory, body)
            except (IndexError, ValueError) as error:
                what = f"{kind.decode()} of job {int(of)}.{row}"
                raise CorruptEventLog(self._map_dir.events, what, str(error)) from error
        return len(text)

    def _learn_clusters(self) -> None:
        for submission in self._map_dir.submissions.all():
            if submission.cluster is not None:
                self._clusters[submission.cluster] = submission.number
                if submission.number not in self._jobs:
                    first = _UNMATERIALIZED if submission.late else _HELD if submission.held else _IDLE
                    self._jobs[submission.number] = JobStates.fresh(submission.jobs, first)

    def _mark_in(self, log: IO[bytes]) -> int:
        start = max(0, self._offset - _MARK)
        log.seek(start)
        return zlib.crc32(log.read(self._offset - start))

    def save(self) -> None:
        """Save the states for the next process."""
        if self._offset == self._saved:
            return
        known = [
            (number, len(jobs.status), jobs.closed, list(jobs.notes.items())) for number, jobs in self._jobs.items()
        ]
        header = json.dumps([self._offset, self._mark, list(self._clusters.items()), known])
        arrays = b"".join(part for jobs in self._jobs.values() for part in jobs.arrays)
        content = header.encode() + b"\n" + arrays
        self._map_dir.write_state(_SEAL % zlib.crc32(content) + content)
        self._saved = self._offset

    def _restore(self) -> None:
        """Restore the saved states; if they are damaged or missing, the log is read instead."""
        state = self._map_dir.read_state() or b""
        seal, content = state[: len(_SEAL % 0)], state[len(_SEAL % 0) :]
        if seal != _SEAL % zlib.crc32(content):
            return
        header, _, arrays = content.partition(b"\n")
        self._offset, self._mark, clusters, known = json.loads(header)
        self._saved, self._clusters = self._offset, dict(clusters)
        for number, count, closed, notes in known:
            jobs = self._jobs[number] = JobStates.fresh(count, _IDLE)
            jobs.closed = closed
            jobs.notes.update(notes)
            for part in jobs.arrays:
                part[:], arrays = arrays[: len(part)], arrays[len(part) :]
