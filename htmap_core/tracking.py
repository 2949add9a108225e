"""Event log -> component states.

All jobs of a map write one event log. A :class:`Tracker` reads what has come since it read last, in pieces, and keeps for every
job its status and figures in flat arrays, 17 bytes a job. What is known is written down beside the log from time to time, so that
another process need not begin at the beginning.

Facts come from measured logs of HTCondor 25: a job that is run again because of ``on_exit_remove`` writes 004 and a new 001; a
schedd that was killed and comes back may write a second 001 without a 004, or a second 005; a removal that crosses with the end
of a job writes 009 after its 005; late materialization writes events of the whole cluster, with -1 for the job.
"""

from __future__ import annotations

import functools
import json
import os
import re
import sys
import time
import zlib
from array import array
from collections.abc import Callable, Mapping
from typing import IO, Any, ClassVar, Union

import attrs

from htmap_core.components import ComponentHold, ComponentStatus
from htmap_core.exceptions import CorruptEventLog
from htmap_core.run import codes
from htmap_core.storage import Job, MapDir

STATUSES = tuple(ComponentStatus)
_CODE = {status: number for number, status in enumerate(STATUSES)}
_FORMAT = [2, sys.byteorder]  # of the cache
_PIECE = 256 * 1024  # bytes of the log that are taken at once; more would leave the processor's cache
_MARK = 1024  # bytes before the offset, whose checksum tells whether the log is still the one that was read
_SAVE_AFTER = 256 * 1024  # bytes of news; below that, reading them again is as quick as reading the cache

# A log may have a million events of a few kinds. One pass of a regular expression, cheaper than a look at each of them in
# Python, finds all events of a piece, with all that is wanted of those kinds; of the others it takes the text.
_END = b"\n...\n"
_EVENTS = re.compile(
    rb"\n\.\.\.\n(?:"  # the end of the event before
    rb"040"  # FILE_TRANSFER: a third of all events, and none of our business
    rb"|(\d{3}) \((\d+)\.(-?\d+)\.\d+\) (.{19})(?:"  # kind, cluster, row, time
    rb"(?: Job terminated\.\n\t\(1\) Normal termination \(return value (\d+)\)\n(?:\t.*\n)*?\t +Memory \(MB\) +: +"  # exit code
    rb"| Image size of job updated: \d+\n\t(?=\d+  -  MemoryUsage))(\d+) "  # MB of memory
    rb"| Job (?:submitted|executing)"
    rb"|(.*(?:\n[\t ].*)*))"  # the text of any other
    rb"|(.{1,80}|\n))"  # what is no event
)
_CLUSTER_REMOVED = b"036"
_EXIT_CODE = re.compile(rb"\(return value (-?\d+)\)")
_SIGNAL = re.compile(rb"\(signal (\d+)\)")
_HOLD_CODE = re.compile(rb"\n\s+Code (\d+)")
_MEMORY = re.compile(rb"\n\s+Memory \(MB\)\s+:\s+(\d+)\s+\d+\s+\d+|\n\s+(\d+)\s+-\s+MemoryUsage of job \(MB\)")
_OUTCOMES = {
    codes.OK: ComponentStatus.COMPLETED,
    codes.COMPONENT_FAILED: ComponentStatus.ERRORED,
    codes.REFUSED: ComponentStatus.ERRORED,
}


@attrs.define
class Jobs:
    """What is known of the jobs of one submission, by their number in the cluster, and what events make of it."""

    status: bytearray
    memory: array[int]  # MB, the peak so far
    started: array[float]  # seconds since the epoch, of the last run
    runtime: array[float]  # seconds, of the last run that ended
    notes: dict[int, str] = attrs.field(factory=dict)  # why a job is held, or how it ended, where not as wished
    hold_codes: dict[int, int] = attrs.field(factory=dict)

    @classmethod
    def fresh(cls, count: int, status: ComponentStatus) -> Jobs:
        """Return *count* jobs of which nothing is known but *status*."""
        zeros, half = bytes(8 * count), bytes(4 * count)
        return cls(bytearray([_CODE[status]]) * count, array("i", half), array("d", zeros), array("f", half))

    @property
    def arrays(self) -> list[memoryview]:
        """What is kept for every job, as bytes that can be written to."""
        return [memoryview(each).cast("B") for each in (self.status, self.memory, self.started, self.runtime)]

    def enter(self, row: int, status: ComponentStatus, note: str = "") -> None:
        """Give a job a status, and the note that belongs to it."""
        self.status[row] = _CODE[status]
        if note:
            self.notes[row] = note
        elif row in self.notes:
            del self.notes[row]

    def _executing(self, row: int, when: bytes, *_: bytes) -> None:
        self.started[row] = _seconds(when)
        self.enter(row, ComponentStatus.RUNNING)

    def _using(self, row: int, _: bytes, __: bytes, memory: bytes, text: bytes) -> None:
        if found := memory or _first(_MEMORY, text):
            self.memory[row] = max(self.memory[row], int(found))

    def _terminated(self, row: int, when: bytes, code: bytes, memory: bytes, text: bytes) -> None:
        began, ended = self.started[row], _seconds(when)
        self.runtime[row] = max(0.0, ended - began) if began and ended else 0.0
        self._using(row, when, code, memory, text)
        if signal := _first(_SIGNAL, text):
            self.enter(row, ComponentStatus.ERRORED, f"killed by signal {int(signal)}")
            return
        number = int(code or _first(_EXIT_CODE, text))
        outcome = _OUTCOMES.get(number)
        self.enter(row, outcome or ComponentStatus.ERRORED, "" if outcome else f"ended with exit code {number}")

    def _removed(self, row: int, _: bytes, __: bytes, ___: bytes, text: bytes) -> None:
        if STATUSES[self.status[row]] not in _OUTCOMES.values():  # else it came too late to take anything away
            self.enter(row, ComponentStatus.REMOVED, _second_line(text))

    def _held(self, row: int, _: bytes, __: bytes, ___: bytes, text: bytes) -> None:
        self.enter(row, ComponentStatus.HELD, _second_line(text))
        self.hold_codes[row] = int(_first(_HOLD_CODE, text) or 0)

    def _cluster_removed(self, *_: object) -> None:
        never_made, removed = (bytes([_CODE[s]]) for s in (ComponentStatus.UNMATERIALIZED, ComponentStatus.REMOVED))
        self.status[:] = self.status.replace(never_made, removed)

    # The transition table: what each event of HTCondor's makes of a job. Events that are not here leave it as it is.
    TRANSITIONS: ClassVar[Mapping[bytes, Union[ComponentStatus, Callable[..., None]]]] = {
        b"000": ComponentStatus.IDLE,  # SUBMIT
        b"001": _executing,  # EXECUTE
        b"004": ComponentStatus.IDLE,  # JOB_EVICTED; also where the exit policy runs it again
        b"005": _terminated,  # JOB_TERMINATED
        b"006": _using,  # IMAGE_SIZE
        b"007": ComponentStatus.IDLE,  # SHADOW_EXCEPTION
        b"009": _removed,  # JOB_ABORTED
        b"010": ComponentStatus.SUSPENDED,  # JOB_SUSPENDED
        b"011": ComponentStatus.RUNNING,  # JOB_UNSUSPENDED
        b"012": _held,  # JOB_HELD
        b"013": ComponentStatus.IDLE,  # JOB_RELEASED
        b"023": ComponentStatus.RUNNING,  # JOB_RECONNECTED
        b"024": ComponentStatus.IDLE,  # JOB_RECONNECT_FAILED
        _CLUSTER_REMOVED: _cluster_removed,  # the one that says something of jobs that were never made
    }


class Tracker:
    """The states of a map's jobs, as of the last :meth:`poll`."""

    def __init__(self, map_dir: MapDir) -> None:
        self._map_dir = map_dir
        self._log = os.fspath(map_dir.events)
        self._is_restored = False
        self._forget()

    def _forget(self) -> None:
        self._jobs: dict[int, Jobs] = {}  # by submission
        self._clusters: dict[int, int] = {}  # cluster -> submission
        self._offset = self._inode = self._saved = 0
        self._size = -1  # of the log, when it was read to its end
        self._mark = zlib.crc32(b"")

    def status(self, job: Job) -> ComponentStatus:
        """Return the status of a job."""
        jobs = self._jobs.get(job.submission)
        return ComponentStatus.UNKNOWN if jobs is None else STATUSES[jobs.status[job.row]]

    def statuses(self, submission: int) -> list[ComponentStatus]:
        """Return the statuses of all jobs of a submission, by row; nothing where it is not known yet."""
        jobs = self._jobs.get(submission)
        return [] if jobs is None else [STATUSES[code] for code in jobs.status]

    def all_statuses(self) -> set[ComponentStatus]:
        """Return the statuses that any job of the map has."""
        return {STATUSES[code] for jobs in self._jobs.values() for code in set(jobs.status)}

    def hold(self, job: Job) -> ComponentHold | None:
        """Return why a job is held; None where it is not."""
        if self.status(job) is not ComponentStatus.HELD:
            return None
        return ComponentHold(self._jobs[job.submission].hold_codes[job.row], self.note(job))

    def note(self, job: Job) -> str:
        """Return how a job ended, where it did not end as it should; else nothing."""
        jobs = self._jobs.get(job.submission)
        note = "" if jobs is None else jobs.notes.get(job.row, "")
        return note or ("removed from the queue" if self.status(job) is ComponentStatus.REMOVED else "")

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

    def poll(self) -> bool:
        """Read what is new in the event log, and return whether there was anything.

        :raises CorruptEventLog: the log has something that is no event, or an event of a job that the map does not have.
        """
        if not self._is_restored:
            self._is_restored = True
            self._restore()
        try:
            stat = os.stat(self._log)  # noqa: PTH116 -- a Path would take longer than the system call
        except FileNotFoundError:
            self._learn_clusters()
            return False  # HTCondor has written nothing yet, or the file system does not show it yet
        if stat.st_size == self._size and stat.st_ino == self._inode:
            return False
        with open(self._log, "rb", buffering=0) as log:  # noqa: PTH123 -- likewise
            if stat.st_ino != self._inode or stat.st_size < self._offset or self._mark_in(log) != self._mark:
                self._forget()  # another log than the one we know: begin again
            self._learn_clusters()
            before, self._inode = self._offset, stat.st_ino
            self._read_news(log)
            self._mark = self._mark_in(log)
        if self._offset - self._saved >= max(_SAVE_AFTER, 64 * sum(len(jobs.status) for jobs in self._jobs.values())):
            self.save()
        return self._offset > before

    def _read_news(self, log: IO[bytes]) -> None:
        log.seek(self._offset)
        text = _END  # of the event before
        while piece := log.read(_PIECE):
            text += piece
            end = text.rfind(_END)  # an event that is still being written is left for a later poll
            done = self._take(text[:end]) if end else 0
            self._offset += done
            if done < end:
                self._size = -1  # look again, whether the log grows or not
                return
            text = text[end:]
        self._size = self._offset + len(text) - len(_END)

    def _take(self, text: bytes) -> int:
        """Take the events of *text*, which begins with the end of the event before; return how many bytes of it are done."""
        cluster, jobs = b"", None
        for number, (kind, of, row, when, code, memory, body, no_event) in enumerate(_EVENTS.findall(text)):
            change = Jobs.TRANSITIONS.get(kind)
            if change is None:
                if no_event:
                    raise CorruptEventLog(f"{self._log} has {no_event!r} where an event should begin")
                continue
            if of != cluster:
                cluster, jobs = of, self._jobs_of(int(of))
                if jobs is None and any(each.cluster is None for each in self._map_dir.submissions()):
                    # Whoever submits these jobs has not written down their cluster yet; until then nothing more is read.
                    return len(_END.join(text.split(_END)[: number + 1]))
            if jobs is None or (row[:1] == b"-" and kind != _CLUSTER_REMOVED):
                continue
            try:
                if isinstance(change, ComponentStatus):
                    jobs.enter(int(row), change)
                else:
                    change(jobs, int(row), when, code, memory, body)
            except (IndexError, ValueError) as error:
                what = f"{kind.decode()} of job {int(of)}.{int(row)}"
                raise CorruptEventLog(f"{self._log} has an event {what} that is not one: {error}") from error
        return len(text)

    def _jobs_of(self, cluster: int) -> Jobs | None:
        if cluster not in self._clusters:
            self._learn_clusters()
        return self._jobs[self._clusters[cluster]] if cluster in self._clusters else None

    def _learn_clusters(self) -> None:
        for submission in self._map_dir.submissions():
            if submission.cluster is not None:
                self._clusters[submission.cluster] = submission.number
                if submission.number not in self._jobs:
                    first = ComponentStatus.UNMATERIALIZED if submission.late else ComponentStatus.IDLE
                    self._jobs[submission.number] = Jobs.fresh(submission.jobs, first)

    def _mark_in(self, log: IO[bytes]) -> int:
        start = max(0, self._offset - _MARK)
        log.seek(start)
        return zlib.crc32(log.read(self._offset - start))

    def save(self) -> None:
        """Write down what is known, for the next process."""
        if self._offset == self._saved:
            return
        header = {
            "format": _FORMAT,
            "read": (self._offset, self._inode, self._mark),
            "clusters": list(self._clusters.items()),
            "jobs": [
                (n, len(j.status), list(j.notes.items()), list(j.hold_codes.items())) for n, j in self._jobs.items()
            ],
        }
        arrays = b"".join(part for jobs in self._jobs.values() for part in jobs.arrays)
        content = json.dumps(header).encode() + b"\n" + arrays
        self._map_dir.write_state(b"%08x\n" % zlib.crc32(content) + content)
        self._saved = self._offset

    def _restore(self) -> None:
        """Take over what was written down; on any doubt the log itself is read."""
        checksum, _, content = (self._map_dir.read_state() or b"").partition(b"\n")
        if checksum != b"%08x" % zlib.crc32(content):
            return
        line, _, arrays = content.partition(b"\n")
        header: dict[str, Any] = json.loads(line)
        if header.get("format") != _FORMAT:
            return
        for number, count, notes, hold_codes in header["jobs"]:
            jobs = self._jobs[number] = Jobs.fresh(count, ComponentStatus.UNKNOWN)
            jobs.notes, jobs.hold_codes = dict(notes), dict(hold_codes)
            for part in jobs.arrays:
                part[:], arrays = arrays[: len(part)], arrays[len(part) :]
        self._clusters = dict(header["clusters"])
        self._offset, self._inode, self._mark = header["read"]
        self._saved = self._offset


def _first(pattern: re.Pattern[bytes], text: bytes) -> bytes:
    found = pattern.search(text)
    return b"" if found is None else next(group for group in found.groups() if group is not None)


def _second_line(text: bytes) -> str:
    return text.partition(b"\n")[2].partition(b"\n")[0].strip().decode(errors="replace")


@functools.lru_cache(maxsize=1024)
def _seconds(when: bytes) -> float:
    """Return the time of an event, which is in the submit side's local time; 0 where it is written in another notation.

    Other notations may be asked for by EVENT_LOG_FORMAT_OPTIONS; times are figures only, states do not depend on them.
    """
    try:
        return time.mktime(time.strptime(when.decode("ascii", "replace"), "%Y-%m-%d %H:%M:%S"))
    except ValueError:
        return 0.0
