"""What is measured of whom, what is told of it, and that whoever was started is stopped. The peers themselves are not needed."""

from __future__ import annotations

import doctest
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.peers import contenders, plot, processes, records
from benchmarks.peers.contenders import CONTENDERS, QUICK, WHOLE, Work, cells
from benchmarks.peers.records import Record
from benchmarks.peers.ways import work

NAMES = [each.name for each in CONTENDERS]
PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print(child.pid, flush=True)
child.wait()
"""


def record(contender: str, of: Work, **changes: object) -> Record:
    facts = {
        "contender": contender,
        "label": contender,
        "calls": of.calls,
        "sleep": of.seconds,
        "slots": 8,
        "done": of.calls,
        "seconds": 20.0,
        "first": 2.0,
        "cpu": 1.0,
        "peak_mb": 50.0,
        "inodes": 30,
        "schedd_cpu": 0.5,
        "shadows_cpu": 0.5,
        **changes,
    }
    return Record(**facts)  # type: ignore[arg-type]  # facts of a test


def test_a_quick_run_has_nothing_that_a_whole_one_has_not() -> None:
    assert set(cells(NAMES, QUICK)) < set(cells(NAMES, WHOLE))


def test_work_that_was_asked_for_is_run_by_all_that_were_asked_for() -> None:
    asked = Work(7, 0)
    assert [each.name for each, _ in cells(["htmap-1", "dask-500"], [asked], named=True)] == ["htmap-1", "dask-500"]
    assert list(cells(["htmap-1", "dask-500"], [asked])) == []


def test_the_share_of_the_ideal_is_told_where_calls_sleep_and_all_have_ended() -> None:
    assert record("dask", Work(80, 1)).share_of_ideal == pytest.approx(0.5)
    assert record("dask", Work(80, 0)).share_of_ideal is None
    assert record("dask", Work(80, 1), done=79).share_of_ideal is None


def test_records_are_read_as_they_were_written(tmp_path: Path) -> None:
    written = [record("parsl", Work(100, 10)), record("dask", Work(100, 0), first=None, done=0)]
    records.write(tmp_path / "peers.json", written, {"parsl": "1"})
    assert records.read(tmp_path / "peers.json") == written


def test_the_table_has_a_line_for_each_record() -> None:
    measured = [record(each.name, of) for each, of in cells(NAMES, WHOLE)]
    assert len(records.table(measured).splitlines()) == len(measured) + 2


def test_the_plot_has_a_line_or_bar_for_all_that_was_measured() -> None:
    measured = [record(each.name, of) for each, of in cells(NAMES, WHOLE)]
    tree = ElementTree.fromstring(plot.drawn(measured))
    kinds = [each.tag.rpartition("}")[2] for each in tree]
    assert kinds.count("polyline") == 2 * len(CONTENDERS)
    assert kinds.count("rect") == 1 + sum(1 for each in measured if each.sleep)


def test_a_plot_of_what_was_cut_off_before_its_first_result_is_empty() -> None:
    nothing = [record("parsl", Work(100, 0), done=0, first=None), record("parsl", Work(100, 1), done=0, first=None)]
    assert "<polyline" not in plot.drawn(nothing)


def test_a_process_ends_with_all_that_it_has_started() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        found = processes.tree(parent.pid)
        assert set(found) == {parent.pid, child}
        assert processes.peak_mb(found) > processes.peak_mb([child]) > 0
        processes.end(found)
        assert processes.tree(child) == [child]
        assert [each for each in found if processes.cpu_seconds([each])] == []


def test_what_a_process_leaves_behind_is_found_by_its_session() -> None:
    left = "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']).pid)"
    with subprocess.Popen(
        [sys.executable, "-c", left], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as gone:
        child = int(gone.stdout.readline())  # type: ignore[union-attr]  # it is a pipe
        gone.wait()
        assert processes.of_session(gone.pid) == [child]
        processes.end([child])
        assert processes.of_session(gone.pid) == []


@pytest.mark.parametrize("module", [contenders, plot, work], ids=lambda module: module.__name__)
def test_examples_are_true(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]  # modules are objects to pytest
