"""Damaged event logs: what is wrong with them is told, or made up for by result files; no ended job gets another's outcome.

An event log has no checksums. So these tests damage recorded logs in every way that a disk does, and compare.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from htmap_core import names
from htmap_core.components import ComponentStatus
from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import CorruptEventLog
from htmap_core.storage.jobs import Job
from htmap_core.storage.record import MapRecord
from htmap_core.tracking.states import LoggedStates
from tests.returned import Error, write_results
from tests.unit.tracking.test_jobs import END, LOGS, Log

LONG_AGO = (0, 0)  # the times of a file to which nothing is added any more: its damage is no news that comes late
TIMES = 25  # for each log and each kind of damage
COMPLETED, ERRORED, HELD, RUNNING = (ComponentStatus(name) for name in ("COMPLETED", "ERRORED", "HELD", "RUNNING"))


def flipped(log: bytearray, chance: random.Random) -> None:
    bit = chance.randrange(len(log) * 8)
    log[bit // 8] ^= 1 << bit % 8


def cut(log: bytearray, chance: random.Random) -> None:
    begin = chance.randrange(len(log))
    del log[begin : begin + chance.randrange(1, 600)]


def doubled(log: bytearray, chance: random.Random) -> None:
    begin = chance.randrange(len(log))
    end = begin + chance.randrange(1, 1500)
    log[end:end] = log[begin:end]


def zeroed(log: bytearray, chance: random.Random) -> None:
    begin = chance.randrange(len(log))
    end = min(len(log), begin + chance.randrange(1, 600))
    log[begin:end] = bytes(end - begin)


@pytest.fixture
def recorded(tmp_path: Path) -> Callable[[str], Log]:
    """Return what gives a recorded log with its map; jobs that ended with exit code 0, 90 or 91 have returned their results."""

    def recorded(name: str) -> Log:
        log = Log.recorded(name, tmp_path)
        pool = PoolAddress("personal")
        log.map_dir.write_record(MapRecord(log.jobs, 1, "assume", pool, {}, {}, created=1.5))
        for row, job in enumerate(log.judged()[-1]):
            if job.status == "COMPLETED":
                returned(log, row, 0)
            elif job.status == "ERRORED" and not job.note:
                returned(log, row, Error(ValueError()))
        return log

    return recorded


def returned(log: Log, component: int, end: object) -> None:
    write_results(log.map_dir.path / names.OUTPUTS / f"{Job(0, component).output}.result", {component: end})


def looked_at(log: Log, text: bytes) -> LoggedStates:
    """Return the states after a look at another text of a log."""
    log.map_dir.events.write_bytes(text)
    os.utime(log.map_dir.events, LONG_AGO)
    states = LoggedStates(log.map_dir)
    states.poll()
    return states


@pytest.mark.parametrize("damage", [flipped, cut, doubled, zeroed])
@pytest.mark.parametrize("name", sorted(LOGS))
def test_no_damage_gives_an_ended_job_another_outcome(
    name: str, damage: Callable[[bytearray, random.Random], None], recorded: Callable[[str], Log]
) -> None:
    log = recorded(name)
    truth = looked_at(log, log.text).statuses()
    for seed in range(TIMES):
        text = bytearray(log.text)
        damage(text, random.Random(f"{name} {seed}"))
        try:
            states = looked_at(log, bytes(text))
        except CorruptEventLog:
            continue
        wrong = {row: (is_, was) for row, (is_, was) in enumerate(zip(states.statuses(), truth)) if is_ is not was}
        assert states.doubt() or not any(is_.is_final for is_, _ in wrong.values()), (seed, wrong)


def every_flip(text: bytes, part: bytes) -> Iterator[bytes]:
    """Yield a log with each bit of the first occurrence of a part of it flipped."""
    begin = text.index(part)
    for bit in range(8 * begin, 8 * (begin + len(part))):
        flipped = bytearray(text)
        flipped[bit // 8] ^= 1 << bit % 8
        yield bytes(flipped)


@pytest.mark.parametrize("header", [b"001 (018.000", b"005 (018.000", b"005 (018.001", b"\n...\n005"])
def test_no_flip_in_what_an_event_is_about_is_believed(header: bytes, recorded: Callable[[str], Log]) -> None:
    log = recorded("plain")
    truth = looked_at(log, log.text).statuses()
    for text in every_flip(log.text, header):
        try:
            states = looked_at(log, text)
        except CorruptEventLog:
            continue
        assert states.doubt() or all(is_ in {was, RUNNING} for is_, was in zip(states.statuses(), truth))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"001 (018.000", b"009 (018.000"),
        (b"040 (018.000", b"000 (018.000"),
        (b"005 (018.000", b"045 (018.000"),
        (b"(018.002.000) 2026-11-21 08:19:18 Job exec", b"(019.002.000) 2026-11-21 08:19:18 Job exec"),
        (b"\n...\n005 (018.001", b"\n.n.\n005 (018.001"),
        (b"\n...\n005 (018.001", b"\n...*005 (018.001"),
        (b"\tCpus = 1", b"\t\0\0\0\0 = 1"),
    ],
)
def test_an_event_that_htcondor_cannot_have_written_is_reported(
    before: bytes, after: bytes, recorded: Callable[[str], Log]
) -> None:
    log = recorded("plain")
    with pytest.raises(CorruptEventLog):
        looked_at(log, log.text.replace(before, after, 1))


def test_an_exit_code_that_no_job_ends_with_is_settled_by_what_the_job_returned(recorded: Callable[[str], Log]) -> None:
    log = recorded("plain")
    damaged = log.text.replace(b"(return value 0)", b"(return value 4)")
    assert looked_at(log, damaged).statuses() == [COMPLETED, ERRORED, ERRORED, ERRORED]


def test_where_such_a_job_has_returned_nothing_the_log_is_believed(recorded: Callable[[str], Log]) -> None:
    states = looked_at(recorded("plain"), LOGS["plain"].read_bytes())
    assert (states.status(3), states.doubt()) == (ERRORED, None)
    assert "7" in states.note(3)


def test_an_end_of_a_job_that_did_not_run_is_doubtful_until_the_job_has_returned(
    recorded: Callable[[str], Log],
) -> None:
    log = recorded("plain")
    ending = log.text[log.text.index(b"005 (018.000") :].partition(END)[0].replace(b"018.000", b"018.003")
    before = log.text[: log.text.index(b"001 (018.003")]
    states = looked_at(log, before + ending + END)
    doubt = states.doubt()
    assert isinstance(doubt, CorruptEventLog)
    assert (doubt.path, "job 3" in doubt.event) == (log.map_dir.events, True)
    returned(log, 3, Error(ValueError()))
    states.poll()
    assert (states.status(3), states.doubt()) == (ERRORED, None)


def test_of_two_ends_of_a_job_the_one_that_it_returned_is_right(recorded: Callable[[str], Log]) -> None:
    log = recorded("plain")
    ending = log.text[log.text.index(b"005 (018.001") :].partition(END)[0].replace(b"018.001", b"018.000")
    assert looked_at(log, log.text + ending + END).statuses() == [COMPLETED, ERRORED, ERRORED, ERRORED]


def test_a_job_whose_end_is_written_down_for_another_has_ended(recorded: Callable[[str], Log]) -> None:
    log = recorded("late_complete")

    states = looked_at(log, log.text.replace(b"\n005 (027.001", b"\n005 (027.000"))

    assert set(states.statuses()) == {ComponentStatus.COMPLETED}


def test_a_removed_job_that_has_returned_its_results_has_ended_before(recorded: Callable[[str], Log]) -> None:
    log = recorded("removed_while_ending")
    rows = [set(re.findall(rb"^%s \(029\.(\d+)" % kind, log.text, re.MULTILINE)) for kind in (b"001", b"005", b"009")]
    row = min(set.intersection(*rows))
    end = log.text.index(b"005 (029.%s" % row)
    text = log.text[:end] + log.text[log.text.index(END, end) + len(END) :]
    assert looked_at(log, text).status(int(row)) is COMPLETED


_LOGGED_LATE = {
    "a hold": {"012": "Job was held.\n\tby the user\n\tCode 1 Subcode 0"},
    "a hold and a release": {
        "012": "Job was held.\n\tby the user\n\tCode 1 Subcode 0",
        "013": "Job was released.\n\tby the user",
    },
    "a suspension": {"010": "Job was suspended.\n\tNumber of processes actually suspended: 1"},
    "an eviction": {"004": "Job was evicted.\n\t(0) CPU times"},
    "a failed shadow": {"007": "Shadow exception!\n\tno space left"},
    "a lost connection": {"024": "Job reconnection failed\n    gone\n    Can not reconnect to wn1"},
}
AFTER_THE_END = {
    name: [f"{kind} (018.000.000) 2026-11-21 09:00:00 {text}\n...\n" for kind, text in events.items()]
    for name, events in _LOGGED_LATE.items()
}


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("events", AFTER_THE_END.values(), ids=AFTER_THE_END)
def test_what_the_schedd_logs_before_it_knows_of_an_end_undoes_no_result(
    recorded: Callable[[str], Log], events: list[str], at_once: bool
) -> None:
    log = recorded("plain")
    states = looked_at(log, log.text)
    for news in ["".join(events)] if at_once else events:
        log.append(news.encode())
        states.poll()
        assert (states.status(0), states.doubt()) == (COMPLETED, None)


def test_a_doubt_is_kept_for_the_next_process(recorded: Callable[[str], Log]) -> None:
    log = recorded("plain")
    states = looked_at(log, log.text + b"012 (018.000.000) 2026-11-21 09:00:00 Job was held.\n\tby nobody" + END)
    assert states.status(0) is COMPLETED
    (log.map_dir.path / names.OUTPUTS / f"{Job(0, 1).output}.result").unlink()
    states = looked_at(log, log.text + b"012 (018.001.000) 2026-11-21 09:00:00 Job was held.\n\tby nobody" + END)
    states.save()
    assert (states.status(1), states.doubt() is None) == (HELD, False)
    assert LoggedStates(log.map_dir).doubt() is not None


def test_a_log_that_is_mended_is_read_anew(recorded: Callable[[str], Log]) -> None:
    log = recorded("plain")
    log.map_dir.events.write_bytes(log.text.replace(b"005 (018.001", b"0x5 (018.001"))
    os.utime(log.map_dir.events, LONG_AGO)
    states = LoggedStates(log.map_dir)
    with pytest.raises(CorruptEventLog):
        states.poll()
    log.map_dir.events.write_bytes(log.text)
    states.poll()
    assert states.statuses() == [COMPLETED, ERRORED, ERRORED, ERRORED]
