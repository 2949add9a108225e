"""Event logs on a network file system: a log has grown before what was written into it is there."""

from __future__ import annotations

import os
import random
import re
import time
from pathlib import Path

import pytest

from htmap_core.exceptions import CorruptEventLog
from htmap_core.storage.jobs import Job
from htmap_core.tracking import late_bytes
from htmap_core.tracking.jobs import Tracker
from tests.unit.tracking.test_jobs import END, Log

ENDED = ["COMPLETED", "ERRORED", "ERRORED", "ERRORED"]
TIME = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
YEAR = 365 * 24 * 3600


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """Give a recorded log that seems to be written now."""
    log = Log.recorded("plain", tmp_path)
    log.text = TIME.sub(time.strftime("%Y-%m-%d %H:%M:%S").encode(), log.text)
    return log


def hole(text: bytes, begin: int, end: int) -> bytes:
    return text[:begin] + bytes(end - begin) + text[end:]


def ending(text: bytes, row: int) -> tuple[int, int]:
    """Return where the event of a job's end begins and ends."""
    begin = text.index(b"005 (018.%03d" % row)
    return begin, text.index(END, begin) + len(END)


def fill(log: Log, text: bytes) -> None:
    """Write into the log in place, as the server of a network file system does."""
    with log.map_dir.events.open("r+b") as file:
        file.write(text)


def test_what_is_missing_before_complete_events_is_read_when_it_is_there(log: Log) -> None:
    begin, end = ending(log.text, 0)
    log.append(hole(log.text, begin + 20, end))
    tracker = Tracker(log.map_dir)
    tracker.poll()
    assert (str(tracker.status(Job(0, 0))), tracker.is_behind) == ("RUNNING", True)
    assert not tracker.poll()
    fill(log, log.text)
    assert tracker.poll()
    assert (tracker.statuses(0), tracker.is_behind) == (ENDED, False)


def test_an_event_of_which_the_end_is_missing_is_read_when_it_is_there(log: Log) -> None:
    begin, end = ending(log.text, 0)
    log.append(log.text[: begin + 60] + log.text[end:])
    tracker = Tracker(log.map_dir)
    tracker.poll()
    assert tracker.is_behind
    fill(log, log.text)
    tracker.poll()
    assert tracker.statuses(0) == ENDED


def test_a_log_that_has_grown_is_read_when_it_is_filled_without_growing_again(log: Log) -> None:
    begin, _ = ending(log.text, 0)
    log.append(log.text[:begin])
    os.truncate(log.map_dir.events, len(log.text))
    tracker = Tracker(log.map_dir)
    tracker.poll()
    fill(log, log.text)
    assert tracker.poll()
    assert tracker.statuses(0) == ENDED


def test_wherever_something_is_missing_all_is_read_in_the_end(log: Log) -> None:
    chance = random.Random(16)
    for _ in range(100):
        begin = chance.randrange(len(log.text))
        log.map_dir.events.write_bytes(hole(log.text, begin, min(len(log.text), begin + chance.randrange(1, 4096))))
        tracker = Tracker(log.map_dir)
        tracker.poll()
        fill(log, log.text)
        tracker.poll()
        assert tracker.statuses(0) == ENDED


def test_what_stays_as_it_is_is_damage_while_somebody_watches(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    log.append(hole(log.text, *ending(log.text, 0)))
    in_a_year = time.time() + YEAR  # a file server's clock may be wrong
    os.utime(log.map_dir.events, (in_a_year, in_a_year))
    tracker = Tracker(log.map_dir)
    tracker.poll()
    monkeypatch.setattr(late_bytes, "PATIENCE", 0.0)  # a minute would be long for a test
    for _ in range(3):  # nobody who asks again is told that all is well
        with pytest.raises(CorruptEventLog):
            tracker.poll()
    fill(log, log.text)
    tracker.poll()
    assert tracker.statuses(0) == ENDED


def test_what_changes_has_its_time_anew(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    begin, end = ending(log.text, 0)
    log.append(hole(log.text, begin, end))
    in_a_year = time.time() + YEAR
    tracker = Tracker(log.map_dir)
    tracker.poll()
    monkeypatch.setattr(late_bytes, "PATIENCE", 0.05)
    time.sleep(0.1)
    fill(log, hole(log.text, begin + 10, end))
    os.utime(log.map_dir.events, (in_a_year, in_a_year))
    tracker.poll()
    assert tracker.is_behind


def test_what_is_missing_in_a_log_to_which_nothing_was_added_for_a_minute_is_damage(log: Log) -> None:
    log.append(hole(log.text, *ending(log.text, 0)))
    os.utime(log.map_dir.events, (time.time() - 61, time.time() - 61))
    with pytest.raises(CorruptEventLog):
        Tracker(log.map_dir).poll()


def test_what_is_missing_before_an_event_of_long_ago_is_damage(log: Log) -> None:
    _, end = ending(log.text, 0)
    log.append(hole(TIME.sub(b"2001-01-01 00:00:00", log.text), end - 20, end))
    with pytest.raises(CorruptEventLog):
        Tracker(log.map_dir).poll()


def test_nothing_is_late_in_a_log_that_was_moved_away(log: Log) -> None:
    log.append(hole(log.text, *ending(log.text, 0)))
    tracker = Tracker(log.map_dir)
    tracker.poll()
    log.map_dir.events.unlink()
    tracker.poll()
    assert not tracker.is_behind


def test_an_event_that_a_full_disk_has_cut_short_is_passed_over_and_the_queue_is_to_tell(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late_bytes, "PATIENCE", 0.0)
    begin, end = ending(log.text, 0)
    log.append(log.text[: begin + 60] + log.text[end:])
    tracker = Tracker(log.map_dir)
    tracker.poll()
    assert tracker.statuses(0) == ["RUNNING", *ENDED[1:]]
    assert tracker.lacks_events()
    tracker.made_up_for()
    assert not tracker.lacks_events()


def test_a_log_that_ends_within_an_event_and_is_silent_lacks_events(log: Log) -> None:
    begin, end = ending(log.text, 0)
    log.append(log.text[: begin + 60])
    tracker = Tracker(log.map_dir)
    tracker.poll()
    assert not tracker.lacks_events()
    os.utime(log.map_dir.events, (0, time.time() - 2 * late_bytes.PATIENCE))
    assert tracker.lacks_events()
    log.append(log.text[begin + 60 : end])
    tracker.poll()
    assert not tracker.lacks_events()


def test_an_event_that_was_cut_at_a_page_is_passed_over_at_once(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    begin, end = ending(log.text, 0)
    monkeypatch.setattr(late_bytes, "PAGE", begin + 60)
    log.append(log.text[: begin + 60] + log.text[end:])
    tracker = Tracker(log.map_dir)
    tracker.poll()
    assert (tracker.statuses(0), tracker.lacks_events()) == (["RUNNING", *ENDED[1:]], True)
