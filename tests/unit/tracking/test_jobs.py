"""What the event log says, from the logs of real runs (see ``logs/record.py``), with HTCondor's own reader as the judge."""

from __future__ import annotations

import multiprocessing
import os
import re
import tempfile
import time
import tracemalloc
import warnings
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from htmap_core import wording
from htmap_core.components import ComponentStatus
from htmap_core.condor import eventlog
from htmap_core.exceptions import CorruptEventLog
from htmap_core.storage.jobs import Job
from htmap_core.storage.mapdir import MapDir
from htmap_core.tracking.jobs import Tracker, clusters_logged
from htmap_run import codes
from tests.golden_files import Golden

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # there is no configuration of HTCondor's here, and none is needed to read a log
    import htcondor2

LOGS = {path.stem: path for path in (Path(__file__).parent / "logs").glob("*.events")}
END = eventlog.END

# Jobs that the logs do not mention, because they were never made.
JOBS = {"late_removed": 62}


@attrs.define
class Known:
    """What is known of a job."""

    status: str
    note: str = ""
    hold: tuple[int, str, int] | None = None
    memory: int = 0
    started: float = 0
    runtime: float = 0


def naive(path: Path, jobs: int, late: bool) -> Iterator[list[Known]]:
    """Yield what is known before the first event and after each, as HTCondor's own reader and one ladder of ifs have it."""
    known = [Known("UNMATERIALIZED" if late else "IDLE") for _ in range(jobs)]
    yield known
    for event in htcondor2.JobEventLog(str(path)).events(0):
        kind = event.type.name
        if kind == "CLUSTER_REMOVE":
            for job in known:
                if job.status == "UNMATERIALIZED":
                    job.status, job.note = "REMOVED", "removed from the queue"
        if event.proc >= 0:
            advance(known[event.proc], kind, event)
        yield known


def advance(job: Known, kind: str, event: htcondor2.JobEvent) -> None:
    if kind in {"IMAGE_SIZE", "JOB_TERMINATED"}:
        job.memory = max(job.memory, event.get("MemoryUsage", 0))
    if kind == "EXECUTE":
        job.started = event.timestamp
    if kind in PLAIN:
        job.status, job.note, job.hold = PLAIN[kind], "", None
    elif kind == "JOB_HELD":
        job.status, job.note = "HELD", event["HoldReason"]
        job.hold = event["HoldReasonCode"], event["HoldReason"], event["HoldReasonSubCode"]
    elif kind == "JOB_DISCONNECTED" and job.status == "RUNNING":
        job.note = f"out of reach since {wording.minute(event.timestamp)}"
    elif kind == "JOB_ABORTED" and job.status not in {"COMPLETED", "ERRORED"}:
        job.status, job.note, job.hold = "REMOVED", event["Reason"], None
    elif kind == "JOB_TERMINATED":
        job.hold, job.runtime = None, event.timestamp - job.started
        job.status, job.note = outcome(event)


PLAIN = {
    "SUBMIT": "IDLE",
    "EXECUTE": "RUNNING",
    "JOB_EVICTED": "IDLE",
    "SHADOW_EXCEPTION": "IDLE",
    "JOB_SUSPENDED": "SUSPENDED",
    "JOB_UNSUSPENDED": "RUNNING",
    "JOB_RELEASED": "IDLE",
    "JOB_RECONNECTED": "RUNNING",
    "JOB_RECONNECT_FAILED": "IDLE",
}


def outcome(event: htcondor2.JobEvent) -> tuple[str, str]:
    if not event["TerminatedNormally"]:
        return "ERRORED", f"killed by signal {event['TerminatedBySignal']}"
    if event["ReturnValue"] in {0, 90, 91}:
        return ("COMPLETED" if event["ReturnValue"] == 0 else "ERRORED"), ""
    return "ERRORED", f"ended with exit code {event['ReturnValue']}"


@attrs.define
class Log:
    """A recorded log, and a map whose own log can be made of it."""

    text: bytes
    jobs: int
    late: bool
    map_dir: MapDir

    @classmethod
    def recorded(cls, name: str, folder: Path, text: bytes | None = None) -> Log:
        text = LOGS[name].read_bytes() if text is None else text
        heads = [event[4:].split(b".")[:2] for event in text.split(END)]
        rows = [int(head[1]) for head in heads if len(head) == 2]
        log = cls(text, JOBS.get(name, max(rows) + 1), name.startswith("late"), MapDir(folder / "map"))
        log.map_dir.path.mkdir()
        submission = log.map_dir.submissions.intend(log.jobs, late=log.late)
        log.map_dir.submissions.taken(submission, int(heads[0][0].strip(b"(")))
        return log

    def judged(self) -> list[list[Known]]:
        """Return what is known after each event, the state before the first one included."""
        path = self.map_dir.path / "judged"
        path.write_bytes(self.text)
        return [[attrs.evolve(job) for job in known] for known in naive(path, self.jobs, self.late)]

    def append(self, text: bytes) -> None:
        with self.map_dir.events.open("ab") as file:
            file.write(text)


def known(tracker: Tracker, jobs: int) -> list[Known]:
    """Return what a tracker knows, in the judge's words; a job that runs has a start, and one that ended a duration."""
    return [
        Known(
            status=str(tracker.status(job)),
            note=tracker.note(job),
            hold=None if (hold := tracker.hold(job)) is None else (hold.code, hold.reason, hold.subcode),
            memory=tracker.memory(job),
            started=0,
            runtime=0 if tracker.status(job) == "RUNNING" else tracker.runtime(job),
        )
        for job in (Job(0, row) for row in range(jobs))
    ]


def comparable(judged: list[Known]) -> list[Known]:
    return [attrs.evolve(job, started=0, runtime=0 if job.status == "RUNNING" else job.runtime) for job in judged]


# --- what events mean


@pytest.mark.parametrize("name", sorted(LOGS))
def test_after_each_event_the_tracker_agrees_with_htcondors_own_reader(name: str, tmp_path: Path) -> None:
    log = Log.recorded(name, tmp_path)
    tracker = Tracker(log.map_dir)
    judged = log.judged()
    events = log.text.split(END)
    assert len(judged) == len(events)
    for number, before_and_after in enumerate(judged):
        tracker.poll()
        assert known(tracker, log.jobs) == comparable(before_and_after), f"after {number} events"
        log.append(events[number] + END if number + 1 < len(events) else b"")


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("plain", "COMPLETED ERRORED ERRORED ERRORED"),
        ("memory", "COMPLETED"),
        ("hold_release", "COMPLETED HELD"),
        ("vacate", "COMPLETED"),
        ("remove", "REMOVED REMOVED REMOVED COMPLETED"),
        ("retries", "HELD COMPLETED COMPLETED"),
        ("by_signal", "ERRORED"),
        ("never_starts", "REMOVED"),
        ("too_long", "HELD"),
        ("late_complete", " ".join(["COMPLETED"] * 6)),
        ("suspend", "COMPLETED"),
        ("schedd_killed", "COMPLETED COMPLETED"),
        ("startd_killed", "COMPLETED"),
        ("starter_killed", "COMPLETED"),
        ("shadow_killed", "COMPLETED"),
    ],
)
def test_a_recorded_run_ends_as_it_did(name: str, statuses: str, tmp_path: Path) -> None:
    log = Log.recorded(name, tmp_path)
    log.append(log.text)
    tracker = Tracker(log.map_dir)
    tracker.poll()
    assert [str(status) for status in tracker.statuses(0)] == statuses.split()


@pytest.mark.parametrize("name", sorted(LOGS))
def test_fractions_of_seconds_are_part_of_run_times_and_of_nothing_else(name: str, tmp_path: Path) -> None:
    log = Log.recorded(name, tmp_path)
    header = rb"^(%s \(.*?\) .{19}) "
    text = re.sub(header % rb"\d{3}", rb"\1.250 ", log.text, flags=re.MULTILINE)
    log.append(re.sub(rb"^(005 \(.*?\) .{19})\.250 ", rb"\1.750 ", text, flags=re.MULTILINE))
    tracker = Tracker(log.map_dir)
    tracker.poll()
    judged, found = comparable(log.judged()[-1]), known(tracker, log.jobs)
    assert [attrs.evolve(job, runtime=0) for job in found] == [attrs.evolve(job, runtime=0) for job in judged]
    for job, before in zip(found, judged):
        assert job.runtime - before.runtime == (0.5 if job.status in {"COMPLETED", "ERRORED"} else 0)


def test_a_job_that_has_left_its_slot_in_time_is_idle_for_that_reason(tmp_path: Path) -> None:
    left = b"(return value %d)" % codes.LEFT
    log = Log.recorded("retries", tmp_path, LOGS["retries"].read_bytes().replace(b"(return value 5)", left))
    until = log.text.index(END, log.text.index(left)) + len(END)
    log.append(log.text[:until])
    tracker = Tracker(log.map_dir)
    tracker.poll()
    assert [str(tracker.status(Job(0, row))) for row in (0, 1)] == ["IDLE", "IDLE"]
    assert [bool(tracker.note(Job(0, row))) for row in (0, 1)] == [False, True]
    log.append(log.text[until:])
    tracker.poll()
    assert (str(tracker.status(Job(0, 1))), tracker.note(Job(0, 1))) == ("COMPLETED", "")


def test_jobs_that_were_never_made_are_removed_with_their_cluster(tmp_path: Path, golden: Golden) -> None:
    log = Log.recorded("late_removed", tmp_path)
    log.append(log.text)
    tracker = Tracker(log.map_dir)
    tracker.poll()
    assert tracker.status(Job(0, 61)) is ComponentStatus.REMOVED
    golden("tracking/jobs-that-were-never-made-are-removed-with-their", tracker.note(Job(0, 61)))
    assert all(status.is_final for status in tracker.statuses(0))


@pytest.mark.parametrize("name", ["late_complete", "late_removed"])
def test_late_jobs_have_ended_when_the_schedd_has_said_that_there_will_be_no_more(name: str, tmp_path: Path) -> None:
    log = Log.recorded(name, tmp_path)
    before, removed, rest = log.text.partition(b"036 (")
    log.append(before)
    tracker = Tracker(log.map_dir)
    tracker.poll()
    assert not tracker.has_ended(0, late=True)
    log.append(removed + rest)
    tracker.poll()
    tracker.save()
    assert tracker.has_ended(0, late=True)
    assert Tracker(log.map_dir).has_ended(0, late=True)


def test_an_unknown_submission_has_not_ended(tmp_path: Path) -> None:
    assert not Tracker(Log.recorded("plain", tmp_path).map_dir).has_ended(7, late=False)


def test_a_removal_that_comes_after_the_end_takes_nothing_away(tmp_path: Path) -> None:
    log = Log.recorded("plain", tmp_path)
    cluster = log.text[5 : log.text.index(b".")]
    removal = b"009 (%s.%03d.000) 2026-11-21 09:00:00 Job was aborted.\n\tvia condor_rm (by user ada)" + END
    log.append(log.text + removal % (cluster, 0) + removal % (cluster, 1))
    tracker = Tracker(log.map_dir)
    tracker.poll()
    assert tracker.statuses(0)[:2] == ["COMPLETED", "ERRORED"]


def test_jobs_that_are_submitted_on_hold_are_held_until_they_are_released(tmp_path: Path) -> None:
    log = Log.recorded("plain", tmp_path)
    again = log.map_dir.submissions.intend(1, late=False, held=True)
    log.map_dir.submissions.taken(again, 77)
    happens = "%s (77.000.000) 2026-11-21 09:00:00 Something" + END.decode()
    log.append((happens % "000").encode())
    tracker = Tracker(log.map_dir)
    tracker.poll()
    tracker.save()
    for reader in (tracker, Tracker(log.map_dir)):
        hold = reader.hold(Job(1, 0))
        assert hold is not None
        assert hold.code == 15
    log.append((happens % "013").encode())
    tracker.poll()
    assert (tracker.status(Job(1, 0)), tracker.hold(Job(1, 0))) == (ComponentStatus.IDLE, None)


def test_a_hold_is_told_with_code_and_reason(tmp_path: Path) -> None:
    log = Log.recorded("too_long", tmp_path)
    log.append(log.text)
    tracker = Tracker(log.map_dir)
    tracker.poll()
    hold = tracker.hold(Job(0, 0))
    assert hold is not None
    assert (hold.code, hold.reason in log.text.decode()) == (47, True)
    assert str(hold) == f"[47] {hold.reason}"


def test_a_termination_without_the_table_of_resources_is_understood(tmp_path: Path) -> None:
    """As HTCondor writes it where the job's ad has no resources."""
    lines = LOGS["plain"].read_bytes().split(b"\n")
    table = (b"\tPartitionable", b"\t   ")
    log = Log.recorded("plain", tmp_path, b"\n".join(line for line in lines if not line.startswith(table)))
    log.append(log.text)
    tracker = Tracker(log.map_dir)
    tracker.poll()
    assert known(tracker, log.jobs) == comparable(log.judged()[-1])


def test_the_memory_of_a_job_that_was_killed_is_in_its_termination(tmp_path: Path) -> None:
    events = LOGS["by_signal"].read_bytes().split(END)
    log = Log.recorded("by_signal", tmp_path, END.join(event for event in events if event[:3] != b"006"))
    log.append(log.text)
    tracker = Tracker(log.map_dir)
    tracker.poll()
    assert tracker.memory(Job(0, 0)) == log.judged()[-1][0].memory > 0


@pytest.mark.parametrize(("later", "memory"), [(733, 526), (734, 734), (5, 526)])
@pytest.mark.parametrize("without", [b"none", b"006"])
def test_what_the_schedd_has_rounded_up_is_no_measurement_of_the_next_run(
    later: int, memory: int, without: bytes, tmp_path: Path
) -> None:
    runs = LOGS["vacate"].read_bytes().partition(b"040 (021.000.000) 2026-11-21 08:19:52")
    text = using(runs[0], 526) + runs[1] + using(runs[2], later)
    # Of a run of seconds, the table at its end may be all that tells.
    events = [event for event in text.split(END) if event[:3] != without]
    log = Log.recorded("vacate", tmp_path, END.join(events))
    half = log.text.index(b"08:19:55")
    log.append(log.text[: log.text.rindex(END, 0, half) + len(END)])
    tracker = Tracker(log.map_dir)
    tracker.poll()
    tracker.save()
    log.append(log.text[log.map_dir.events.stat().st_size :])
    for reader in (tracker, Tracker(log.map_dir)):
        reader.poll()
        assert reader.memory(Job(0, 0)) == memory


def using(log: bytes, megabytes: int) -> bytes:
    """Return a log in which jobs use as much memory."""
    figure = b"%d" % megabytes
    return re.sub(rb"\d+(?=  -  MemoryUsage)", figure, re.sub(rb"(Memory \(MB\) +: +)\d+", rb"\g<1>" + figure, log))


# Events that no run could be brought to write when it was recorded: written by hand, so that HTCondor's own reader takes them.
UNRECORDED = {
    "a shadow that fails": b"007 (%s.001.000) 2026-11-21 09:00:00 Shadow exception!\n\tno space left\n"
    b"\t0  -  Run Bytes Sent By Job\n\t0  -  Run Bytes Received By Job",
    "a schedd that finds a job running which it had ended": b"023 (%s.001.000) 2026-11-21 09:00:00 Job reconnected to wn1\n"
    b"    startd address: <192.0.2.1:9618>\n    starter address: <192.0.2.1:9618>",
}


@pytest.mark.parametrize("event", UNRECORDED.values(), ids=UNRECORDED)
def test_events_that_are_hard_to_bring_about_mean_what_htcondors_reader_says(event: bytes, tmp_path: Path) -> None:
    cluster = LOGS["plain"].read_bytes()[5:].partition(b".")[0]
    log = Log.recorded("plain", tmp_path, LOGS["plain"].read_bytes() + event % cluster + END)
    log.append(log.text)
    tracker = Tracker(log.map_dir)
    tracker.poll()
    assert known(tracker, log.jobs) == comparable(log.judged()[-1])
    assert tracker.status(Job(0, 1)) is not ComponentStatus.ERRORED


def test_an_event_of_the_whole_cluster_is_not_taken_for_one_of_the_last_job(tmp_path: Path) -> None:
    log = Log.recorded("plain", tmp_path)
    cluster = log.text[5:].partition(b".")[0]
    log.append(
        log.text + b"000 (%s.-01.000) 2026-11-21 09:00:00 Job submitted from host: <192.0.2.1:9618>" % cluster + END
    )
    tracker = Tracker(log.map_dir)
    tracker.poll()
    assert tracker.status(Job(0, 3)) is ComponentStatus.ERRORED


def test_unknown_events_are_ignored(tmp_path: Path) -> None:
    log = Log.recorded("plain", tmp_path)
    log.append(b"987 (018.000.000) 2031-01-01 00:00:00 Job was teleported.\nJobStatus = 2" + END + log.text)
    tracker = Tracker(log.map_dir)
    tracker.poll()
    assert tracker.statuses(0) == ["COMPLETED", "ERRORED", "ERRORED", "ERRORED"]


@pytest.mark.parametrize("garbage", [b"\0\0\0\0\0\0", b"not an event", b"005 (", b"005 (18.0.0) soon", b"\nx"])
def test_text_that_is_not_an_event_is_reported_with_the_name_of_the_log(garbage: bytes, tmp_path: Path) -> None:
    log = Log.recorded("plain", tmp_path)
    log.append(log.text + garbage + END)
    os.utime(log.map_dir.events, (0, 0))  # nothing is added to it any more
    with pytest.raises(CorruptEventLog) as caught:
        Tracker(log.map_dir).poll()
    assert (caught.value.path.name, caught.value.reason) == ("events", "")


def test_a_termination_without_an_outcome_is_reported(tmp_path: Path) -> None:
    log = Log.recorded("plain", tmp_path)
    log.append(log.text.replace(b"(return value 0)", b"(no idea)"))
    with pytest.raises(CorruptEventLog) as caught:
        Tracker(log.map_dir).poll()
    assert caught.value.event.startswith("005 of job ")
    assert caught.value.reason


def test_an_event_of_a_job_that_the_map_does_not_have_is_reported(tmp_path: Path) -> None:
    log = Log.recorded("plain", tmp_path)
    log.append(log.text.replace(b".003.000)", b".099.000)"))
    with pytest.raises(CorruptEventLog) as caught:
        Tracker(log.map_dir).poll()
    assert caught.value.event.endswith(".99")


def test_how_long_a_job_ran_does_not_depend_on_a_change_of_clocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")  # Central Europe's, where the system has no table of zones
    time.tzset()
    eventlog._minute.cache_clear()
    log = Log.recorded("by_signal", tmp_path)
    start, end = b"2026-03-29 01:59:30", b"2026-03-29 03:00:30"  # the hour between was left out
    events = [
        event[: event.index(b")") + 2] + (end if event[:3] == b"005" else start) + event[event.index(b")") + 21 :]
        for event in log.text.split(END)
        if event
    ]
    log.append(END.join(events) + END)
    tracker = Tracker(log.map_dir)
    tracker.poll()
    monkeypatch.undo()
    time.tzset()
    eventlog._minute.cache_clear()
    assert tracker.runtime(Job(0, 0)) == 60


def test_times_in_another_notation_cost_figures_but_no_status(tmp_path: Path) -> None:
    log = Log.recorded("plain", tmp_path)
    log.append(log.text.replace(b") 2026-11-21 ", b") 11/21 "))
    tracker = Tracker(log.map_dir)
    tracker.poll()
    assert tracker.statuses(0) == ["COMPLETED", "ERRORED", "ERRORED", "ERRORED"]
    assert tracker.runtime(Job(0, 1)) == 0


# --- how the log arrives


def test_before_there_is_a_log_jobs_are_idle_or_not_made_yet(tmp_path: Path) -> None:
    for number, (name, status) in enumerate((("plain", "IDLE"), ("late_complete", "UNMATERIALIZED"))):
        (tmp_path / str(number)).mkdir()
        tracker = Tracker(Log.recorded(name, tmp_path / str(number)).map_dir)
        assert not tracker.poll()
        assert set(tracker.statuses(0)) == {status}


@pytest.mark.parametrize("name", ["retries", "late_removed", "schedd_killed"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_pieces_in_which_the_log_arrives_make_no_difference(name: str, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        log = Log.recorded(name, Path(folder))
        judged = log.judged()
        cuts = data.draw(st.lists(st.integers(0, len(log.text)), max_size=12).map(sorted))
        tracker = Tracker(log.map_dir)
        for begin, end in zip([0, *cuts], [*cuts, len(log.text)]):
            log.append(log.text[begin:end])
            if data.draw(st.booleans()):
                tracker.save()
                tracker = Tracker(log.map_dir)  # another process goes on from the cache
            tracker.poll()
            assert known(tracker, log.jobs) == comparable(judged[log.text[:end].count(END)])


def test_an_event_that_is_cut_off_is_left_until_it_is_whole(tmp_path: Path) -> None:
    log = Log.recorded("by_signal", tmp_path)
    log.append(log.text[:-2])
    tracker = Tracker(log.map_dir)
    assert tracker.poll()
    assert not tracker.poll()
    assert tracker.statuses(0) == ["RUNNING"]
    log.append(log.text[-2:])
    assert tracker.poll()
    assert tracker.statuses(0) == ["ERRORED"]


def test_events_wait_until_the_cluster_of_their_submission_is_written_down(tmp_path: Path) -> None:
    log = Log.recorded("plain", tmp_path)
    tracker = Tracker(log.map_dir)
    again = log.map_dir.submissions.intend(1, late=False)
    log.append(log.text + b"000 (999.000.000) 2026-11-21 09:00:00 Job submitted from host: <192.0.2.1:9618>" + END)
    log.append(b"001 (999.000.000) 2026-11-21 09:00:01 Job executing on host: <192.0.2.1:9618>" + END)
    tracker.poll()
    assert tracker.statuses(0) == ["COMPLETED", "ERRORED", "ERRORED", "ERRORED"]
    assert tracker.status(Job(again.number, 0)) is ComponentStatus.UNKNOWN
    log.map_dir.submissions.taken(again, 999)
    tracker.poll()
    assert tracker.status(Job(again.number, 0)) is ComponentStatus.RUNNING


FOREIGN = b"009 (999.000.000) 2026-11-21 09:00:00 Job was aborted." + END


def test_an_event_of_a_cluster_that_the_map_never_had_is_reported(tmp_path: Path) -> None:
    log = Log.recorded("plain", tmp_path)
    log.append(FOREIGN + log.text)
    with pytest.raises(CorruptEventLog) as caught:
        Tracker(log.map_dir).poll()
    assert caught.value.event == "009 of job 999.0"


def test_events_of_a_submission_whose_answer_was_lost_are_ignored(tmp_path: Path) -> None:
    log = Log.recorded("plain", tmp_path)
    log.map_dir.submissions.not_taken(log.map_dir.submissions.intend(1, late=False))
    log.append(FOREIGN + log.text)
    tracker = Tracker(log.map_dir)
    tracker.poll()
    assert tracker.statuses(0) == ["COMPLETED", "ERRORED", "ERRORED", "ERRORED"]


def test_a_poll_with_nothing_new_does_not_read_the_log(tmp_path: Path) -> None:
    log = Log.recorded("plain", tmp_path)
    log.append(log.text)
    tracker = Tracker(log.map_dir)
    tracker.poll()
    with log.map_dir.events.open("r+b") as file:
        file.write(b"x" * len(log.text))
    assert not tracker.poll()
    assert tracker.statuses(0) == ["COMPLETED", "ERRORED", "ERRORED", "ERRORED"]


def test_news_is_read_without_what_was_read_before(tmp_path: Path) -> None:
    log = Log.recorded("late_removed", tmp_path)
    half = log.text.index(END, len(log.text) // 2) + len(END)
    log.append(log.text[:half])
    tracker = Tracker(log.map_dir)
    tracker.poll()
    with log.map_dir.events.open("r+b") as file:
        file.write(b"x" * (half - 2000))  # who reads this again raises an error
    log.append(log.text[half:])
    tracker.poll()
    assert known(tracker, log.jobs) == comparable(log.judged()[-1])


def test_a_long_log_is_never_held_in_memory(tmp_path: Path) -> None:
    log = Log.recorded("plain", tmp_path)
    log.append(log.text * (32 * 1024 * 1024 // len(log.text)))
    tracker = Tracker(log.map_dir)
    tracemalloc.start()
    tracker.poll()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * 1024 * 1024


# --- another log under the same name


def test_a_log_that_was_cut_short_is_read_anew(tmp_path: Path) -> None:
    log = Log.recorded("hold_release", tmp_path)
    log.append(log.text)
    tracker = Tracker(log.map_dir)
    tracker.poll()
    half = log.text.index(END, len(log.text) // 2) + len(END)
    with log.map_dir.events.open("r+b") as file:
        file.truncate(half)
    tracker.poll()
    assert known(tracker, log.jobs) == comparable(log.judged()[log.text[:half].count(END)])


@pytest.mark.parametrize("in_place", [True, False])
def test_a_log_that_was_replaced_is_read_anew(in_place: bool, tmp_path: Path) -> None:
    log = Log.recorded("plain", tmp_path)
    log.append(log.text.replace(b"(return value 7)", b"(return value 0)"))
    tracker = Tracker(log.map_dir)
    tracker.poll()
    if not in_place:
        log.map_dir.events.unlink()
    log.map_dir.events.write_bytes(log.text.replace(b" 2026-11-21 ", b" 2026-11-22 ") * 2)
    tracker.poll()
    assert tracker.statuses(0) == ["COMPLETED", "ERRORED", "ERRORED", "ERRORED"]


def test_a_log_that_was_replaced_by_one_of_the_same_length_is_read_anew(tmp_path: Path) -> None:
    log = Log.recorded("plain", tmp_path)
    log.append(log.text)
    tracker = Tracker(log.map_dir)
    tracker.poll()
    new = log.map_dir.path / "new"
    new.write_bytes(log.text.replace(b"(return value 90)", b"(return value 00)").replace(b"2026", b"2027"))
    new.replace(log.map_dir.events)
    tracker.poll()
    assert tracker.statuses(0)[1] is ComponentStatus.COMPLETED


# --- the cache


def test_another_process_goes_on_where_the_first_one_saved(tmp_path: Path) -> None:
    log = Log.recorded("late_removed", tmp_path)
    half = log.text.index(END, len(log.text) // 2) + len(END)
    log.append(log.text[:half])
    first = Tracker(log.map_dir)
    first.poll()
    first.save()
    with log.map_dir.events.open("r+b") as file:
        file.write(b"x" * (half - 2000))  # who reads this again raises an error
    second = Tracker(log.map_dir)
    assert not second.poll()
    assert known(second, log.jobs) == comparable(log.judged()[log.text[:half].count(END)])


@pytest.mark.parametrize("name", sorted(LOGS))
def test_the_cache_keeps_all_that_is_known(name: str, tmp_path: Path) -> None:
    log = Log.recorded(name, tmp_path)
    log.append(log.text)
    first = Tracker(log.map_dir)
    first.poll()
    first.save()
    log.map_dir.events.unlink()
    second = Tracker(log.map_dir)
    assert known(second, log.jobs) == known(first, log.jobs)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_damaged_cache_is_as_good_as_none(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        log = Log.recorded("retries", Path(folder))
        log.append(log.text)
        tracker = Tracker(log.map_dir)
        tracker.poll()
        tracker.save()
        state = log.map_dir.path / "state"
        content = state.read_bytes()
        at = data.draw(st.integers(0, len(content) - 1))
        change = data.draw(st.one_of(st.just(b""), st.binary(min_size=1, max_size=40)))
        state.write_bytes(content[:at] + (change + content[at + len(change) :] if change else b""))
        again = Tracker(log.map_dir)
        again.poll()
        assert known(again, log.jobs) == known(tracker, log.jobs)


def test_a_cache_of_a_log_that_is_gone_is_not_believed(tmp_path: Path) -> None:
    log = Log.recorded("plain", tmp_path)
    log.append(log.text)
    first = Tracker(log.map_dir)
    first.poll()
    first.save()
    log.map_dir.events.write_bytes(log.text[: log.text.index(END) + len(END)])
    second = Tracker(log.map_dir)
    second.poll()
    assert set(second.statuses(0)) == {"IDLE"}


def test_a_long_poll_saves_by_itself(tmp_path: Path) -> None:
    log = Log.recorded("plain", tmp_path)
    log.append(log.text * (512 * 1024 // len(log.text)))
    Tracker(log.map_dir).poll()
    assert (log.map_dir.path / "state").exists()


def poll_many_times(path: Path, until: int) -> None:
    events = MapDir(path).events
    is_complete = False
    while not is_complete:
        is_complete = events.stat().st_size == until  # before the poll, which then sees all of it
        tracker = Tracker(MapDir(path))
        tracker.poll()
        tracker.save()
    os._exit(0 if set(tracker.statuses(0)) == {"COMPLETED", "ERRORED"} else 3)


def test_several_processes_may_poll_and_save_at_once(tmp_path: Path) -> None:
    log = Log.recorded("plain", tmp_path)
    text = log.text * 40
    log.append(b"")
    readers = [
        multiprocessing.get_context("fork").Process(target=poll_many_times, args=(log.map_dir.path, len(text)))
        for _ in range(4)
    ]
    for reader in readers:
        reader.start()
    for begin in range(0, len(text), 5000):
        log.append(text[begin : begin + 5000])
    for reader in readers:
        reader.join(600)
    assert [reader.exitcode for reader in readers] == [0, 0, 0, 0]


def test_the_clusters_of_a_log_are_known_though_htcondor_is_writing_it(tmp_path: Path) -> None:
    log = Log.recorded("plain", tmp_path)
    (cluster,) = {int(event.cluster) for event in htcondor2.JobEventLog(str(LOGS["plain"])).events(0)}
    assert clusters_logged(log.map_dir) == set()
    log.append(log.text[: log.text.index(b"\n")])
    assert clusters_logged(log.map_dir) == {cluster}
    log.append(log.text[log.text.index(b"\n") :])
    assert clusters_logged(log.map_dir) == {cluster}
