"""Threads that share a map, as far as that needs no pool; see also ``tests/drills/test_threads.py``."""

from __future__ import annotations

import gc
import shutil
import threading

import pytest

import htmap
from htmap.exceptions import MapWasRemoved
from htmap_core.storage.mapdir import MapDir
from tests.threads import at_once
from tests.unit.conftest import MakeMap

EVENT = "{kind} (17.{row:03}.000) 2026-11-21 09:00:0{row} {text}\n...\n"
ENDED = "Job terminated.\n\t(1) Normal termination (return value 0)"


def submitted(make_map: MakeMap, components: int) -> MapDir:
    """Return a map whose jobs run."""
    map_dir = make_map("tide", components, {number: 10 * number for number in range(components)})
    map_dir.submissions.taken(map_dir.submissions.intend(components, late=False), 17)
    tell(map_dir, "001", range(components), "Job executing on host: <192.0.2.1:9618>")
    return map_dir


def tell(map_dir: MapDir, kind: str, rows: range, text: str) -> None:
    with map_dir.events.open("a") as log:
        log.writelines(EVENT.format(kind=kind, row=row, text=text) for row in rows)


def test_threads_that_load_a_map_at_once_get_one_object(make_map: MakeMap) -> None:
    make_map("tide")
    for _ in range(30):
        found = at_once(*[lambda: htmap.load("tide")] * 8)
        assert len({id(each) for each in found}) == 1
        del found
        gc.collect()


def test_whoever_waits_notices_what_another_thread_has_read(make_map: MakeMap) -> None:
    map_dir = submitted(make_map, 2)
    tide = htmap.load("tide")
    htmap.settings["WAIT_TIME"] = 0.3  # so that the other thread is the first to look
    found: list[int] = []
    waiter = threading.Thread(target=lambda: found.append(tide.get(1, timeout=20)))
    waiter.start()
    tell(map_dir, "005", range(2), ENDED)
    assert set(tide.component_statuses) == {"COMPLETED"}  # this thread reads it; the waiter has looked, and pauses
    waiter.join()
    assert found == [10]


def test_threads_see_no_status_that_no_component_had(make_map: MakeMap) -> None:
    map_dir = submitted(make_map, 8)
    tide = htmap.load("tide")

    def look() -> set[str]:
        return {str(status) for _ in range(300) for status in tide.component_statuses}

    def change() -> None:
        for _ in range(40):
            tell(map_dir, "012", range(8), "Job was held.\n\tto look at it\n\tCode 1 Subcode 0")
            held = tide.holds
            assert {str(hold) for hold in held.values()} <= {"[1] to look at it"}
            tell(map_dir, "013", range(8), "Job was released.")
            map_dir.events.rename(map_dir.path / "old")  # another log: it is read from its beginning
            shutil.copyfile(map_dir.path / "old", map_dir.events)

    *seen, changed = at_once(look, look, look, change)
    assert changed is None
    assert set().union(*seen) <= {"RUNNING", "HELD", "IDLE"}


def test_a_map_that_is_removed_while_an_iterator_reads_it_says_so(make_map: MakeMap) -> None:
    map_dir = submitted(make_map, 3)
    tell(map_dir, "005", range(3), ENDED)
    tide = htmap.load("tide")
    iterators = [iter(tide), tide.iter_with_inputs(), tide.outcomes(), tide.iter_inputs(), tide.error_reports()]
    assert next(iterators[0]) == 0
    shutil.rmtree(map_dir.path)
    for iterator in iterators:
        with pytest.raises(MapWasRemoved):
            list(iterator)
