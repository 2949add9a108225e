"""The states of jobs, and what each event of HTCondor makes of them.

The rules come from recorded logs of HTCondor 25. A job that ``on_exit_remove`` runs again writes 004 and a new 001. A schedd
that was killed and restarted may write a second 001 without a 004, or a second 005. A removal at the end of a job may write
009 after its 005. Late materialization writes events of the whole cluster, with -1 for the job.

A log may be damaged in a way that leaves every event readable: a digit is another, an event is gone or there twice. What a job
cannot have gone through makes its status doubtful. Result files and the queue settle that.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Mapping
from typing import ClassVar

import attrs

from htmap_core import wording
from htmap_core.components import ComponentStatus
from htmap_core.condor import eventlog
from htmap_core.tracking.hold_codes import COULD_NOT_FINISH
from htmap_run import codes

STATUSES = tuple(ComponentStatus)
# The arrays have the numbers of the statuses: a byte each, and faster than members of an Enum.
NUMBERS = {status: number for number, status in enumerate(STATUSES)}
UNMATERIALIZED, IDLE, RUNNING = (NUMBERS[ComponentStatus(name)] for name in ("UNMATERIALIZED", "IDLE", "RUNNING"))
SUSPENDED, HELD = NUMBERS[ComponentStatus.SUSPENDED], NUMBERS[ComponentStatus.HELD]
COMPLETED, ERRORED, REMOVED = (NUMBERS[ComponentStatus(name)] for name in ("COMPLETED", "ERRORED", "REMOVED"))
CLUSTER_REMOVED = b"036"
_OUTCOMES = {
    codes.OK: COMPLETED,
    codes.COMPONENT_FAILED: ERRORED,
    codes.TRY_AGAIN: ERRORED,  # the retries are used up
    codes.REFUSED: ERRORED,
}

_SILENT = "out of reach since {since}"
_LEFT = "it left its slot before its time was over, and goes on from there with the whole time"


def as_the_schedd_keeps_it(megabytes: int) -> int:
    """Return what becomes at most of the memory of a job, in MB, by the time that it runs again.

    The schedd rounds it up, in KB, to a quarter of the next power of ten (``SCHEDD_ROUND_ATTR_ResidentSetSize = 25%``).
    The next run begins with that figure, and may end with it, whatever it has used itself.

    >>> as_the_schedd_keeps_it(526), as_the_schedd_keeps_it(5)
    (733, 8)
    """
    kilobytes = megabytes * 1024
    step = int(10 ** len(str(kilobytes - 1))) // 4
    return math.ceil(math.ceil(kilobytes / step) * step / 1024)


def _becomes(status: int) -> Callable[..., None]:
    """Return a transition to a status that does not depend on the text of the event."""

    def change(jobs: JobStates, row: int, *_: bytes) -> None:
        jobs.doubt_after_end(row)
        jobs.enter(row, status)

    return change


@attrs.define
class JobStates:
    """The states of the jobs of one submission, by their number in the cluster, and the transitions between them.

    :param memory: MB, the peak so far.
    :param kept: MB, of jobs that run again: a figure up to this may be that of the runs before, as the schedd keeps it.
    :param started: seconds since the epoch, of the last run.
    :param runtime: seconds, of the last run that ended.
    :param notes: the code, reason and subcode of a hold, how a job failed, why it is idle again, or since when its
        machine is silent.
    :param doubts: the jobs whose events contradict each other or the exit policy; the value says whether the status may be
        wrong even if the job has returned nothing.
    :param failed: the jobs that have ended and could not finish, and run again, or would after a release.
    :param ended_again: whether the end of a job came twice: then the end of another may be missing.
    :param closed: whether the schedd has logged that it makes no more jobs of the cluster.
    """

    status: bytearray
    memory: array[int]
    started: array[float]
    runtime: array[float]
    notes: dict[int, tuple[int, str, int]] = attrs.field(factory=dict)
    doubts: dict[int, bool] = attrs.field(factory=dict)
    failed: set[int] = attrs.field(factory=set)
    kept: dict[int, int] = attrs.field(factory=dict)
    ended_again: bool = False
    closed: bool = False

    @classmethod
    def fresh(cls, count: int, status: int) -> JobStates:
        """Return the states of *count* jobs that have *status* and no figures yet."""
        zeros, half = bytes(8 * count), bytes(4 * count)
        return cls(bytearray([status]) * count, array("i", half), array("d", zeros), array("f", half))

    @property
    def arrays(self) -> list[memoryview]:
        """The arrays with a value for every job, as writable bytes."""
        return [memoryview(each).cast("B") for each in (self.status, self.memory, self.started, self.runtime)]

    def enter(self, row: int, status: int, note: str = "", code: int = 0, subcode: int = 0) -> None:
        """Set the status of a job, and the note that belongs to it."""
        self.status[row] = status
        if note:
            self.notes[row] = code, note, subcode
        elif row in self.notes:
            del self.notes[row]

    def doubt_after_end(self, row: int) -> None:
        """Note that a job which has ended has an event that only one which has not can have.

        A schedd that does not know yet of an end logs what it is asked for: a hold, a release. The job may then leave the
        queue without a further event, or run again.
        """
        if STATUSES[self.status[row]].is_final:
            self.doubts[row] = True

    def _submitted(self, row: int, *_: bytes) -> None:
        if self.status[row] == UNMATERIALIZED:  # others begin as idle, or held where they are submitted on hold
            self.status[row] = IDLE

    def _executing(self, row: int, when: bytes, *_: bytes) -> None:
        self.started[row] = eventlog.seconds(when)
        if before := self.memory[row]:  # it runs again
            self.kept[row] = as_the_schedd_keeps_it(before)
        self.enter(row, RUNNING)

    def _using(self, row: int, _: bytes, __: bytes, memory: bytes, text: bytes) -> None:
        used = int(memory or eventlog.memory(text))
        if used > self.memory[row] and (not self.kept or used > self.kept.get(row, 0)):
            self.memory[row] = used

    def _terminated(self, row: int, when: bytes, code: bytes, memory: bytes, text: bytes) -> None:
        began, ended, before = self.started[row], eventlog.seconds(when), self.status[row]
        self.runtime[row] = max(0.0, ended - began) if began and ended else 0.0
        self._using(row, when, code, memory, text)
        number = int(code) if code else eventlog.exit_code(text)
        status = ERRORED if number is None else _OUTCOMES.get(number, ERRORED)
        if before != RUNNING:
            self.ended_again = True  # a schedd that was restarted may write this twice; or it is about another job
            if before != status:
                self.doubts[row] = True  # it did not run, or it had ended otherwise
        if number in _OUTCOMES:
            self.enter(row, status)
            return
        self.doubts.setdefault(row, False)  # with the default exit policy, no job ends like this
        how = f"killed by signal {eventlog.signal(text)}" if number is None else f"ended with exit code {number}"
        self.enter(row, status, how)

    def _removed(self, row: int, _: bytes, __: bytes, ___: bytes, text: bytes) -> None:
        if self.status[row] not in {COMPLETED, ERRORED}:  # otherwise the job had ended before it was removed
            if self.status[row] == RUNNING:
                self.doubts.setdefault(row, False)  # if the event of its end is lost, its result file is not
            self.enter(row, REMOVED, eventlog.reason(text))

    def _evicted(self, row: int, when: bytes, code: bytes, memory: bytes, text: bytes) -> None:
        self._using(row, when, code, memory, text)
        has_left = eventlog.exit_code(text) == codes.LEFT  # what it has saved still counts
        if eventlog.ended(text) and not has_left:
            self.failed.add(row)
        self.doubt_after_end(row)
        self.enter(row, IDLE, _LEFT if has_left else "")

    def _held(self, row: int, _: bytes, __: bytes, ___: bytes, text: bytes) -> None:
        self.doubt_after_end(row)
        code, subcode = eventlog.hold_codes(text)
        if subcode == COULD_NOT_FINISH:
            self.failed.add(row)
        self.enter(row, HELD, eventlog.reason(text), code, subcode)

    def _disconnected(self, row: int, when: bytes, *_: bytes) -> None:
        if self.status[row] == RUNNING:  # it may run there still; nobody knows before its lease is over
            self.enter(row, RUNNING, _SILENT.format(since=wording.minute(eventlog.seconds(when))))

    def _cluster_removed(self, *_: object) -> None:
        self.status[:] = self.status.replace(bytes([UNMATERIALIZED]), bytes([REMOVED]))
        self.closed = True

    # The transition table: the effect of each HTCondor event on a job. Other events have no effect.
    TRANSITIONS: ClassVar[Mapping[bytes, Callable[..., None]]] = {
        b"000": _submitted,  # SUBMIT
        b"001": _executing,  # EXECUTE
        b"004": _evicted,  # JOB_EVICTED; also when the exit policy runs the job again
        b"005": _terminated,  # JOB_TERMINATED
        b"006": _using,  # IMAGE_SIZE
        b"007": _becomes(IDLE),  # SHADOW_EXCEPTION
        b"009": _removed,  # JOB_ABORTED
        b"010": _becomes(SUSPENDED),  # JOB_SUSPENDED
        b"011": _becomes(RUNNING),  # JOB_UNSUSPENDED
        b"012": _held,  # JOB_HELD
        b"013": _becomes(IDLE),  # JOB_RELEASED
        b"022": _disconnected,  # JOB_DISCONNECTED
        b"023": _becomes(RUNNING),  # JOB_RECONNECTED
        b"024": _becomes(IDLE),  # JOB_RECONNECT_FAILED
        CLUSTER_REMOVED: _cluster_removed,  # the only event about jobs that were never made
    }


# As above, also for events whose title eventlog.events() has looked at.
TRANSITIONS = {
    **JobStates.TRANSITIONS,
    **{kind + eventlog.TITLES[kind]: change for kind, change in JobStates.TRANSITIONS.items()},
}
