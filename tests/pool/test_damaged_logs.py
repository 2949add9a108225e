"""Maps whose event log is damaged: what can still be read is read, and the queue settles what the log alone cannot tell."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

import htmap
from htmap.exceptions import CorruptEventLog, DamagedMap
from htmap_core.contract.pools import PoolAddress
from htmap_core.results import news

pytestmark = [pytest.mark.pool, pytest.mark.usefixtures("personal_pool")]

ENDED = """005 ({cluster}.{row:03}.000) 2026-11-21 09:00:00 Job terminated.
\t(1) Normal termination (return value 0)
...
"""


@pytest.fixture
def finished() -> htmap.Map:
    finished = htmap.map(lambda x: 2 * x, range(3), tag="finished", quiet=True)
    assert list(finished.iter(timeout=240)) == [0, 2, 4]
    return finished


@pytest.fixture
def waiting() -> htmap.Map:
    return htmap.map(str, range(2), map_options=htmap.MapOptions(requirements="false"), quiet=True)


def damage(mapped: htmap.Map) -> Path:
    events = mapped._map_dir.events
    with events.open("ab") as log:
        log.write(b"0\x035 (018.000.000)\n...\n")
    os.utime(events, (0, 0))  # nothing is added to it any more
    return events


WAITING = """
import htmap
finished = htmap.load("finished")
print([str(status) for status in finished.component_statuses], flush=True)
finished.wait(timeout=240)
print(list(finished))
"""


def test_waiting_goes_on_where_the_log_has_grown_before_it_is_filled(finished: htmap.Map) -> None:
    events = finished._map_dir.events
    written = events.read_bytes()
    begin = written.index(b"\n005 ") + 1
    with events.open("r+b") as log:  # as the server of a network file system has it for a moment
        log.truncate(begin)
        log.truncate(begin + 200)
        log.seek(begin + 200)
        log.write(written[begin + 200 :])
    (finished._map_dir.path / "state").unlink(missing_ok=True)
    with subprocess.Popen([sys.executable, "-c", WAITING], stdout=subprocess.PIPE, text=True) as waiting:
        assert waiting.stdout is not None
        assert "RUNNING" in waiting.stdout.readline()
        with events.open("r+b") as log:
            log.write(written)
        assert waiting.stdout.readline() == "[0, 2, 4]\n"
    assert waiting.returncode == 0


def test_results_that_came_back_are_read_and_the_map_is_removed(finished: htmap.Map) -> None:
    damage(finished)
    with pytest.raises(CorruptEventLog):
        finished.status()
    assert (finished[0], finished.get(1), list(finished)) == (0, 2, [0, 2, 4])
    finished.remove()
    assert htmap.get_tags() == ()


def test_the_other_maps_are_shown(finished: htmap.Map, waiting: htmap.Map) -> None:
    damage(finished)
    with pytest.warns(DamagedMap) as warned:
        assert waiting.tag in htmap.status()
    assert [each.message.tag for each in warned if isinstance(each.message, DamagedMap)] == ["finished"]
    with pytest.raises(CorruptEventLog):
        htmap.status([finished])


def test_where_the_log_is_moved_away_result_files_and_queue_tell(
    finished: htmap.Map, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = damage(finished)
    with pytest.raises(CorruptEventLog):
        finished.status()
    events.rename(events.with_name("events.damaged"))
    monkeypatch.setattr(news, "QUIET", 0.5)  # a minute of silence would be long for a test
    finished.wait(timeout=60)
    assert finished.is_done


def test_a_job_that_seems_to_have_ended_and_is_in_the_queue_has_not(waiting: htmap.Map) -> None:
    end(waiting, 1)
    assert waiting.component_statuses == ["IDLE", "IDLE"]


@pytest.fixture
def unreachable(waiting: htmap.Map) -> Iterator[htmap.Map]:
    """Give a map whose pool does not answer; the jobs that it really has are removed in the end."""
    address = waiting._map_dir.record.pool
    remember(waiting, PoolAddress("nowhere", collector="127.0.0.1:9", schedd="nowhere.example.org"))
    yield waiting
    remember(waiting, address)


def remember(mapped: htmap.Map, address: PoolAddress) -> None:
    mapped._map_dir.write_record(attrs.evolve(mapped._map_dir.record, pool=address))
    mapped._map_dir._record = None  # as read again by another process


def test_if_the_queue_cannot_be_asked_the_doubt_is_told(unreachable: htmap.Map) -> None:
    end(unreachable, 1)
    with pytest.raises(CorruptEventLog) as caught:
        unreachable.status()
    assert "job 1" in caught.value.event


def end(mapped: htmap.Map, row: int) -> None:
    """Have the log tell of the end of a job that never ran."""
    mapped.status()
    with mapped._map_dir.events.open("a") as log:
        log.write(ENDED.format(cluster=mapped._map_dir.submissions.all()[0].cluster, row=row))
