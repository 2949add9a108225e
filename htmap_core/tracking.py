"""Event log -> component states.

All jobs of a map write one event log. A :class:`Tracker` reads what has come since it read last, and keeps for every job its
status and figures in flat arrays; a map of a million jobs is some 30 MB. What is known is written down beside the log from time
to time, so that another process need not begin at the beginning.

Facts come from measured logs of HTCondor 25: a job that is run again because of ``on_exit_remove`` writes 004 and a new 001; a
schedd that was killed and comes back writes a second 001 without a 004; late materialization writes events of the whole cluster
with -1 for the job.
"""

from __future__ import annotations

import json
import re
import time
from array import array
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import attrs

from htmap_core.components import ComponentHold, ComponentStatus
from htmap_core.exceptions import CorruptEventLog
from htmap_core.run import codes
from htmap_core.storage import Job, MapDir

STATUSES = tuple(ComponentStatus)
_CODE = {status: number for number, status in enumerate(STATUSES)}
_FORMAT = 1
_SAVE_AFTER = 256 * 1024  # bytes of news; below that, reading them again is as quick as reading the cache


@attrs.define
class Jobs:
    """What is known of the jobs of one submission, by their number in the cluster."""

    status: bytearray
    memory: array[int]  # MB, the peak so far
    started: array[float]  # seconds since the epoch, of the last run
    runtime: array[float]  # seconds, of the last run that ended

    @classmethod
    def fresh(cls, count: int, status: ComponentStatus) -> Jobs:
        """Return *count* jobs of which nothing is known but *status*."""
        zeros = bytes(8 * count)
        return cls(bytearray([_CODE[status]]) * count, array("q", zeros), array("d", zeros), array("d", zeros))


@attrs.define
class Tracker:
    """The states of a map's jobs."""

    _map_dir: MapDir
    _jobs: dict[int, Jobs] = attrs.field(factory=dict)  # by submission
    _clusters: dict[int, int] = attrs.field(factory=dict)  # cluster -> submission
    _notes: dict[tuple[int, int], str] = attrs.field(
        factory=dict
    )  # why a job is held, or how it ended, where not as wished
    _hold_codes: dict[tuple[int, int], int] = attrs.field(factory=dict)
    _offset: int = 0
    _inode: int = 0
    _saved: int = 0
    _read_state: bool = False

    # --- asking

    def status(self, job: Job) -> ComponentStatus:
        """Return the status of a job, as of the last :meth:`poll`."""
        jobs = self._jobs.get(job.submission)
        return ComponentStatus.UNKNOWN if jobs is None else STATUSES[jobs.status[job.row]]

    def all_statuses(self) -> set[ComponentStatus]:
        """Return the statuses that any job of the map has, as of the last :meth:`poll`."""
        return {STATUSES[code] for jobs in self._jobs.values() for code in set(jobs.status)}

    def hold(self, job: Job) -> ComponentHold | None:
        """Return why a job is held; None where it is not."""
        if self.status(job) is not ComponentStatus.HELD:
            return None
        key = (job.submission, job.row)
        return ComponentHold(self._hold_codes.get(key, 0), self._notes.get(key, ""))

    def note(self, job: Job) -> str:
        """Return how a job ended, where it did not end as it should; else nothing."""
        return self._notes.get((job.submission, job.row), "")

    def memory(self, job: Job) -> int:
        """Return a job's peak memory so far in MB, as HTCondor measured it; 0 where it has not."""
        return self._jobs[job.submission].memory[job.row]

    def runtime(self, job: Job) -> float:
        """Return for how many seconds a job runs, or ran last."""
        jobs = self._jobs[job.submission]
        if STATUSES[jobs.status[job.row]] is ComponentStatus.RUNNING:
            return max(0.0, time.time() - jobs.started[job.row])
        return jobs.runtime[job.row]

    # --- reading

    def poll(self) -> bool:
        """Read what is new in the event log, and return whether there was anything."""
        if not self._read_state:
            self._read_state = True
            self._restore()
        try:
            stat = self._map_dir.events.stat()
        except FileNotFoundError:
            self._learn_clusters()
            return False  # HTCondor has written nothing yet, or the file system does not show it yet
        if stat.st_size == self._offset and stat.st_ino == self._inode:
            return False
        if stat.st_ino != self._inode or stat.st_size < self._offset:
            self._forget()  # another log than the one we know: begin again
            self._inode = stat.st_ino
        self._learn_clusters()
        return self._read_news()

    def _read_news(self) -> bool:
        with self._map_dir.events.open("rb") as log:
            log.seek(self._offset)
            news = log.read()
        end = news.rfind(_END_OF_EVENT)
        if end < 0:
            return False  # an event that is still being written
        for event in news[:end].split(_END_OF_EVENT):
            self._take(event)
        self._offset += end + len(_END_OF_EVENT)
        if self._offset - self._saved >= _SAVE_AFTER:
            self._save()
        return True

    def _take(self, event: bytes) -> None:
        handler = self._HANDLERS.get(event[:3])
        if handler is None:
            if not event[:3].isdigit():
                raise CorruptEventLog(f"{self._map_dir.events} has {event[:80]!r} where an event should begin")
            return  # says nothing about the state of a job
        cluster, proc, _ = event[5 : event.index(b")")].split(b".")
        submission = self._clusters.get(int(cluster))
        if submission is None:
            self._learn_clusters()
            submission = self._clusters.get(int(cluster))
        if submission is None:
            return  # jobs of a submission that its maker has not written down yet; see recovery
        handler(self, submission, int(proc), event)

    def _learn_clusters(self) -> None:
        for submission in self._map_dir.submissions():
            if submission.cluster is not None:
                self._clusters[submission.cluster] = submission.number
                if submission.number not in self._jobs:
                    first = ComponentStatus.UNMATERIALIZED if submission.late else ComponentStatus.IDLE
                    self._jobs[submission.number] = Jobs.fresh(submission.jobs, first)

    def _forget(self) -> None:
        self._jobs.clear()
        self._clusters.clear()
        self._notes.clear()
        self._hold_codes.clear()
        self._offset = self._saved = 0

    # --- transitions

    def _enter(self, submission: int, row: int, status: ComponentStatus, note: str = "") -> None:
        self._jobs[submission].status[row] = _CODE[status]
        if note:
            self._notes[submission, row] = note
        else:
            self._notes.pop((submission, row), None)

    def _submitted(self, submission: int, row: int, event: bytes) -> None:
        if row >= 0:
            self._enter(submission, row, ComponentStatus.IDLE)

    def _executing(self, submission: int, row: int, event: bytes) -> None:
        self._jobs[submission].started[row] = _time_of(event)
        self._enter(submission, row, ComponentStatus.RUNNING)

    def _idle_again(self, submission: int, row: int, event: bytes) -> None:
        self._enter(submission, row, ComponentStatus.IDLE)

    def _suspended(self, submission: int, row: int, event: bytes) -> None:
        self._enter(submission, row, ComponentStatus.SUSPENDED)

    def _running_again(self, submission: int, row: int, event: bytes) -> None:
        self._enter(submission, row, ComponentStatus.RUNNING)

    def _terminated(self, submission: int, row: int, event: bytes) -> None:
        jobs = self._jobs[submission]
        jobs.runtime[row] = max(0.0, _time_of(event) - jobs.started[row]) if jobs.started[row] else 0.0
        if (memory := _MEMORY_USED.search(event)) is not None:
            jobs.memory[row] = max(jobs.memory[row], int(memory[1]))
        ended = _ENDED.search(event)
        if ended is None:
            raise CorruptEventLog(f"{self._map_dir.events} has a termination without an outcome: {event[:200]!r}")
        signal, code = ended["signal"], ended["code"]
        if signal is not None:
            self._enter(submission, row, ComponentStatus.ERRORED, f"killed by signal {int(signal)}")
        elif int(code) == codes.OK:
            self._enter(submission, row, ComponentStatus.COMPLETED)
        elif int(code) in {codes.COMPONENT_FAILED, codes.REFUSED}:
            self._enter(submission, row, ComponentStatus.ERRORED)
        else:
            self._enter(submission, row, ComponentStatus.ERRORED, f"ended with exit code {int(code)}")

    def _image_size(self, submission: int, row: int, event: bytes) -> None:
        if row >= 0 and (memory := _MEMORY_NOW.search(event)) is not None:
            jobs = self._jobs[submission]
            jobs.memory[row] = max(jobs.memory[row], int(memory[1]))

    def _removed(self, submission: int, row: int, event: bytes) -> None:
        reason = _second_line(event) or "removed from the queue"
        if row >= 0:
            self._enter(submission, row, ComponentStatus.REMOVED, reason)

    def _held(self, submission: int, row: int, event: bytes) -> None:
        code = _HOLD_CODE.search(event)
        self._enter(submission, row, ComponentStatus.HELD, _second_line(event))
        self._hold_codes[submission, row] = int(code[1]) if code else 0

    # The transition table: what each event of HTCondor's makes of a job. Events that are not here leave it as it is.
    _HANDLERS: ClassVar[dict[bytes, Callable[[Tracker, int, int, bytes], None]]] = {
        b"000": _submitted,  # SUBMIT
        b"001": _executing,  # EXECUTE
        b"004": _idle_again,  # JOB_EVICTED; also where the exit policy runs it again
        b"005": _terminated,  # JOB_TERMINATED
        b"006": _image_size,  # IMAGE_SIZE
        b"007": _idle_again,  # SHADOW_EXCEPTION
        b"009": _removed,  # JOB_ABORTED
        b"010": _suspended,  # JOB_SUSPENDED
        b"011": _running_again,  # JOB_UNSUSPENDED
        b"012": _held,  # JOB_HELD
        b"013": _idle_again,  # JOB_RELEASED
        b"023": _running_again,  # JOB_RECONNECTED
        b"024": _idle_again,  # JOB_RECONNECT_FAILED
    }

    # --- the cache

    def save(self) -> None:
        """Write down what is known, for the next process."""
        if self._offset > self._saved:
            self._save()

    def _save(self) -> None:
        header = {
            "format": _FORMAT,
            "offset": self._offset,
            "inode": self._inode,
            "clusters": list(self._clusters.items()),
            "jobs": [(number, len(jobs.status)) for number, jobs in self._jobs.items()],
            "notes": [(*key, note) for key, note in self._notes.items()],
            "hold_codes": [(*key, code) for key, code in self._hold_codes.items()],
        }
        arrays = b"".join(
            bytes(part)
            for jobs in self._jobs.values()
            for part in (jobs.status, jobs.memory, jobs.started, jobs.runtime)
        )
        self._map_dir.write_state(json.dumps(header).encode() + b"\n" + arrays)
        self._saved = self._offset

    def _restore(self) -> None:
        """Take over what was written down, if it fits; on any doubt the log itself is read."""
        content = self._map_dir.read_state()
        if content is None:
            return
        try:
            line, _, arrays = content.partition(b"\n")
            self._restore_from(json.loads(line), arrays)
        except (ValueError, KeyError, TypeError, IndexError):
            self._forget()

    def _restore_from(self, header: Mapping[str, Any], arrays: bytes) -> None:
        if header["format"] != _FORMAT or len(arrays) != sum(25 * count for _, count in header["jobs"]):
            raise ValueError("another format, or cut short")
        position = 0
        for number, count in header["jobs"]:
            jobs = self._jobs[number] = Jobs.fresh(count, ComponentStatus.UNKNOWN)
            jobs.status[:] = arrays[position : position + count]
            if jobs.status and max(jobs.status) >= len(STATUSES):
                raise ValueError("statuses that there are not")
            position += count
            for part in (jobs.memory, jobs.started, jobs.runtime):
                memoryview(part).cast("B")[:] = arrays[position : position + 8 * count]
                position += 8 * count
        self._clusters = dict(header["clusters"])
        self._notes = {(submission, row): note for submission, row, note in header["notes"]}
        self._hold_codes = {(submission, row): code for submission, row, code in header["hold_codes"]}
        self._inode = header["inode"]
        self._offset = self._saved = header["offset"]


_END_OF_EVENT = b"\n...\n"
_MEMORY_USED = re.compile(rb"\n\s+Memory \(MB\)\s+:\s+(\d+)\s+\d+\s+\d+")
_MEMORY_NOW = re.compile(rb"\n\s+(\d+)\s+-\s+MemoryUsage of job \(MB\)")
_ENDED = re.compile(rb"\(return value (?P<code>-?\d+)\)|\(signal (?P<signal>\d+)\)")
_HOLD_CODE = re.compile(rb"\n\s+Code (\d+)")


def _second_line(event: bytes) -> str:
    lines = event.split(b"\n", 2)
    return lines[1].strip().decode(errors="replace") if len(lines) > 1 else ""


def _time_of(event: bytes) -> float:
    """Return the time of an event, which is in the submit side's local time."""
    text = event[event.index(b")") + 2 :][:19].decode("ascii", "replace")
    try:
        return time.mktime(time.strptime(text, "%Y-%m-%d %H:%M:%S"))
    except ValueError:
        # EVENT_LOG_FORMAT_OPTIONS may ask for other notations; times are figures only, states do not depend on them.
        return 0.0
