"""Event log -> component states.

All jobs of a map write one event log. A :class:`Tracker` reads what has come since it read last, and keeps for every job its
status and figures in flat arrays, 17 bytes a job. What is known is written down beside the log from time to time, for others.

Facts come from measured logs of HTCondor 25: a job that is run again because of ``on_exit_remove`` writes 004 and a new 001; a
schedd that was killed and comes back may write a second 001 without a 004, or a second 005; a removal that crosses with the end
of a job writes 009 after its 005; late materialization writes events of the whole cluster, with -1 for the job.
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
# Jobs keep the numbers of their statuses: a byte each, and quicker to handle than members of an Enum.
_NUMBERS = {status.value: number for number, status in enumerate(STATUSES)}
_UNMATERIALIZED, _IDLE, _RUNNING = _NUMBERS["UNMATERIALIZED"], _NUMBERS["IDLE"], _NUMBERS["RUNNING"]
_SUSPENDED, _HELD = _NUMBERS["SUSPENDED"], _NUMBERS["HELD"]
_COMPLETED, _ERRORED, _REMOVED = _NUMBERS["COMPLETED"], _NUMBERS["ERRORED"], _NUMBERS["REMOVED"]
_SEAL = f"3 {sys.byteorder} %08x\n".encode()  # what the cache begins with: its format, and a checksum of the rest
_PIECE = 256 * 1024  # bytes of the log that are taken at once; more would leave the processor's cache
_MARK = 1024  # bytes before the offset, whose checksum tells whether the log is still the one that was read
_SAVE_AFTER = 256 * 1024  # bytes of news; below that, reading them again is as quick as reading the cache
_CLUSTER_REMOVED = b"036"
_AT_FIRST = (15, "submitted on hold at user's request")  # what HTCondor writes into the job's ad, and not into the log
_OUTCOMES = {codes.OK: _COMPLETED, codes.COMPONENT_FAILED: _ERRORED, codes.REFUSED: _ERRORED}


def _becomes(status: int) -> Callable[..., None]:
    """Return the transition of an event that gives a job a status, whatever else it says."""
    return lambda jobs, row, *_: jobs.enter(row, status)


@attrs.define
class Jobs:
    """What is known of the jobs of one submission, by their number in the cluster, and what events make of it."""

    status: bytearray
    memory: array[int]  # MB, the peak so far
    started: array[float]  # seconds since the epoch, of the last run
    runtime: array[float]  # seconds, of the last run that ended
    notes: dict[int, tuple[int, str]] = attrs.field(factory=dict)  # why jobs are held, with a code; how they went wrong
    closed: bool = False  # whether the schedd has said that no more of them will be made

    @classmethod
    def fresh(cls, count: int, status: int) -> Jobs:
        """Return *count* jobs of which nothing is known but *status*."""
        zeros, half = bytes(8 * count), bytes(4 * count)
        return cls(bytearray([status]) * count, array("i", half), array("d", zeros), array("f", half))

    @property
    def arrays(self) -> list[memoryview]:
        """What is kept for every job, as bytes that can be written to."""
        return [memoryview(each).cast("B") for each in (self.status, self.memory, self.started, self.runtime)]

    def enter(self, row: int, status: int, note: str = "", code: int = 0) -> None:
        """Give a job a status, and the note that belongs to it."""
        self.status[row] = status
        if note:
            self.notes[row] = code, note
        elif row in self.notes:
            del self.notes[row]

    def _submitted(self, row: int, *_: bytes) -> None:
        if self.status[row] != _HELD:  # on hold from the start, of which there is no event
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
        if self.status[row] not in {_COMPLETED, _ERRORED}:  # else it came too late to take anything away
            self.enter(row, _REMOVED, eventlog.reason(text))

    def _held(self, row: int, _: bytes, __: bytes, ___: bytes, text: bytes) -> None:
        self.enter(row, _HELD, eventlog.reason(text), eventlog.hold_code(text))

    def _cluster_removed(self, *_: object) -> None:
        self.status[:] = self.status.replace(bytes([_UNMATERIALIZED]), bytes([_REMOVED]))
        self.closed = True

    # The transition table: what each event of HTCondor's makes of a job. Events that are not here leave it as it is.
    TRANSITIONS: ClassVar[Mapping[bytes, Callable[..., None]]] = {
        b"000": _submitted,  # SUBMIT
        b"001": _executing,  # EXECUTE
        b"004": _becomes(_IDLE),  # JOB_EVICTED; also where the exit policy runs it again
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
        _CLUSTER_REMOVED: _cluster_removed,  # the one that says something of jobs that were never made
    }


class Tracker:
    """The states of a map's jobs, as of the last :meth:`poll`."""

    def __init__(self, map_dir: MapDir) -> None:
        self._map_dir = map_dir
        self._log = os.fspath(map_dir.events)
        self._forget()
        self._restore()

    def _forget(self) -> None:
        self._jobs: dict[int, Jobs] = {}  # by submission
        self._clusters: dict[int, int] = {}  # cluster -> submission
        self._offset = self._saved = 0
        self._mark = zlib.crc32(b"")
        self._seen: tuple[int, ...] = ()  # inode and size of the log when it was read to its end

    def status(self, job: Job) -> ComponentStatus:
        """Return the status of a job."""
        jobs = self._jobs.get(job.submission)
        return ComponentStatus.UNKNOWN if jobs is None else STATUSES[jobs.status[job.row]]

    def statuses(self, submission: int) -> list[ComponentStatus]:
        """Return the statuses of all jobs of a submission, by row; nothing where it is not known yet."""
        jobs = self._jobs.get(submission)
        return [] if jobs is None else [STATUSES[code] for code in jobs.status]

    def has_ended(self, submission: int, *, late: bool) -> bool:
        """Return whether nothing more will be heard of a submission: of *late* ones, there is an event after the last job's."""
        jobs = self._jobs.get(submission)
        return jobs is not None and (jobs.closed or not late) and not self.open_rows(submission)

    def open_rows(self, submission: int) -> list[int]:
        """Return the rows of a submission whose jobs have not ended."""
        return [row for row, status in enumerate(self.statuses(submission)) if not status.is_final]

    def hold(self, job: Job) -> ComponentHold | None:
        """Return why a job is held; None where it is not."""
        is_held = self.status(job) is ComponentStatus.HELD
        return ComponentHold(*self._jobs[job.submission].notes.get(job.row, _AT_FIRST)) if is_held else None

    def note(self, job: Job) -> str:
        """Return how a job ended, where it did not end as it should; else nothing."""
        known = self._jobs[job.submission].notes if job.submission in self._jobs else {}
        was_removed = self.status(job) is ComponentStatus.REMOVED
        return known.get(job.row, (0, "removed from the queue" if was_removed else ""))[1]

    def memory(self, job: Job) -> int:
        """Return a job's peak memory so far in MB, as HTCondor measured it; 0 where it has not."""
        jobs = self._jobs.get(job.submission)
        return 0 if jobs is None else jobs.memory[job.row]

    def runtime(self, job: Job) -> float:
        """Return for how many seconds a job runs, or ran last."""
        jobs = self._jobs.get(job.submission)
        if self.status(job) is ComponentStatus.RUNNING and jobs is not None:
            return max(0.0, time.time() - jobs.started[job.row])
        return 0.0 if jobs is None else jobs.runtime[job.row]

    def correct(self, job: Job, status: ComponentStatus, note: str, code: int = 0) -> None:
        """Take down what became of a job, of which the event log has not told."""
        self._jobs[job.submission].enter(job.row, _NUMBERS[status.value], note, code)

    def poll(self) -> bool:
        """Read what is new in the event log, and return whether there was anything.

        :raises CorruptEventLog: the log has something that is no event, or an event of a job that the map does not have.
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
                self._forget()  # another log than the one we know: begin again
            self._learn_clusters()
            before = self._offset
            self._seen = (stat.st_ino, stat.st_size) if self._read_news(log) else ()
            self._mark = self._mark_in(log)
        if self._offset - self._saved >= max(_SAVE_AFTER, 64 * sum(len(jobs.status) for jobs in self._jobs.values())):
            self.save()
        return self._offset > before

    def _read_news(self, log: IO[bytes]) -> bool:
        """Take what the log has from the offset on; return whether that could be done to its end."""
        log.seek(self._offset)
        text = END  # of the event before
        while piece := log.read(_PIECE):
            text += piece
            end = text.rfind(END)  # an event that is still being written is left for a later poll
            done = self._take(text[:end])
            self._offset += done
            if done < end:
                return False
            text = text[end:]
        return True

    def _take(self, text: bytes) -> int:
        """Take the events of *text*, which begins with the end of the event before; return how many bytes of it are done."""
        transitions, cluster, jobs = Jobs.TRANSITIONS, b"", None
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
                    # Whoever submits these jobs has not written down their cluster yet; until then nothing more is read.
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
                    self._jobs[submission.number] = Jobs.fresh(submission.jobs, first)

    def _mark_in(self, log: IO[bytes]) -> int:
        start = max(0, self._offset - _MARK)
        log.seek(start)
        return zlib.crc32(log.read(self._offset - start))

    def save(self) -> None:
        """Write down what is known, for the next process."""
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
        """Take over what was written down; on any doubt the log itself is read."""
        state = self._map_dir.read_state() or b""
        seal, content = state[: len(_SEAL % 0)], state[len(_SEAL % 0) :]
        if seal != _SEAL % zlib.crc32(content):
            return
        header, _, arrays = content.partition(b"\n")
        self._offset, self._mark, clusters, known = json.loads(header)
        self._saved, self._clusters = self._offset, dict(clusters)
        for number, count, closed, notes in known:
            jobs = self._jobs[number] = Jobs.fresh(count, _IDLE)
            jobs.closed = closed
            jobs.notes.update(notes)
            for part in jobs.arrays:
                part[:], arrays = arrays[: len(part)], arrays[len(part) :]
