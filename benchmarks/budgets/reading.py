"""Measure the status and the results of finished maps.

Running 100,000 jobs would take hours. So a few jobs run on the pool, and their events are copied into a log for all jobs. The
real runner writes the result files, in processes of this machine.
"""

from __future__ import annotations

import datetime
import functools
import shutil
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

from measure import in_a_new_process, shortest_function

import htmap
from htmap_core import names
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.root import htmap_dir
from htmap_core.storage.tags import find_map

from .rows import Row

_JOBS = 100_000
_JOBS_PER_SECOND = 15  # as fast as the pool runs them; this many events have the same time
_AT_ONCE = 50  # jobs whose events alternate in the log
_END = "\n...\n"


def status_of_a_finished_map(_: bool) -> Iterator[Row]:
    """Measure the status of a finished map, first without and then with the kept state of its event log."""
    map_dir = _finished_map("reading-status", _JOBS)
    size = map_dir.events.stat().st_size / 1e6
    first = in_a_new_process("status", "reading-status")
    assert f"COMPLETED = {_JOBS}" in first["line"], first["line"]
    note = f"log of {size:.0f} MB, no cache; {first['cpu']:.2f} s of processor"
    yield Row("first status of a finished 100k map", first["seconds"], 1.6, "s", note=note)
    yield Row("peak memory of that", first["peak_mb"], None, "MB")
    cached = in_a_new_process("status", "reading-status")
    assert cached["line"] == first["line"], cached["line"]
    yield Row("the same in the next process", cached["seconds"], 0.05, "s", note="cached")
    yield Row("htmap.load before that", cached["loading"], None, "s", note="nearly all of it imports")
    nothing_new = in_a_new_process("poll", "reading-status")
    yield Row("poll with nothing new", 1e6 * nothing_new["seconds"], 9, "us")
    begin = time.perf_counter()
    copy_results(map_dir)
    note = f"on a disk that took {time.perf_counter() - begin:.1f} s to write them"
    removal = in_a_new_process("remove", "reading-status")
    yield Row("remove 100k components with 100k result files", removal["seconds"], 2, "s", note=note)


def results(quick: bool) -> Iterator[Row]:
    """Measure the iteration over results in few files, and over results with a file each."""
    for what, count, chunksize, limit in (
        ("chunks of 500", 100_000, 500, 200_000),
        ("one file for each", 1_000 if quick else 3_000, 1, 18_000),  # each job takes 15 ms to run
    ):
        tag = f"reading-results-{chunksize}"
        _finished_map(tag, count, chunksize)
        in_a_new_process("run_jobs", tag)
        figures = in_a_new_process("iterate", tag)
        yield Row(
            f"iterate over results, {what}", figures["components"] / figures["seconds"], limit, "/s", at_least=True
        )
        in_a_new_process("remove", tag)


def checksums(_: bool) -> Iterator[Row]:
    """Measure what a checksum costs: of a small result, against reading it, and of a large one."""
    small, large = b"x" * 100, bytes(256_000_000)
    turns = 200_000
    begin = time.perf_counter()
    for _turn in range(turns):
        zlib.crc32(small)
    yield Row("checksum of a result of 100 bytes", (time.perf_counter() - begin) / turns * 1e6, 1, "us")
    begin = time.perf_counter()
    zlib.crc32(large)
    yield Row("checksum of 1 GB", (time.perf_counter() - begin) * 1e9 / len(large), 2, "s")


def _finished_map(tag: str, components: int, chunksize: int = 1) -> MapDir:
    """Return a map whose event log says that all its jobs succeeded; its jobs have left the schedd's queue."""
    in_a_new_process("create", tag, components, chunksize)
    map_dir = find_map(tag)
    finish(map_dir, -(-components // chunksize))
    return map_dir


def finish(map_dir: MapDir, jobs: int) -> None:
    """Write an event log for a map that was just submitted: all its jobs succeeded. Those in the schedd's queue are removed."""
    templates = events_of_real_jobs()
    cluster = map_dir.submissions.all()[0].cluster
    assert cluster is not None
    empty_queue(map_dir, cluster)
    _write_log(map_dir.events, cluster, jobs, templates)


@functools.cache
def events_of_real_jobs() -> list[list[str]]:
    """Run a few jobs on the pool; return the texts of each job's events."""
    with_jobs = htmap.map(shortest_function(), range(8), quiet=True, chunksize=1)
    with_jobs.wait(180)
    text = next(path for path in _maps() if path.name == with_jobs._map_dir.id).joinpath(names.EVENTS).read_text()  # noqa: SLF001 -- as the runner does it
    with_jobs.remove()
    jobs: dict[str, list[str]] = {}
    for event in text.split(_END)[:-1]:
        jobs.setdefault(event[event.index("(") : event.index(")")], []).append(event)
    return list(jobs.values())


def _maps() -> Iterator[Path]:
    return (htmap_dir() / names.MAPS).iterdir()


def empty_queue(map_dir: MapDir, cluster: int) -> None:
    """Remove a map's jobs without telling the map, and wait until HTCondor writes no more events about them."""
    from htmap_core.plugins.pools import reach

    connection = reach(map_dir.pool, map_dir.plugin_files)
    connection.remove(f"ClusterId == {cluster}", "not to be run")
    while connection.query_jobs(f"ClusterId == {cluster}", ["ClusterId"], limit=1):
        time.sleep(0.1)
    time.sleep(1)


def _write_log(path: Path, cluster: int, jobs: int, templates: list[list[str]]) -> None:
    """Write a log in which each job has the events of one of *templates*; the events of jobs that run at once alternate."""
    began = datetime.datetime.now() - datetime.timedelta(days=2)
    with path.open("w", encoding="utf-8") as log:
        for first in range(0, jobs, _AT_ONCE):
            rows = range(first, min(first + _AT_ONCE, jobs))
            for number in range(max(map(len, templates))):
                when = began + datetime.timedelta(seconds=first // _JOBS_PER_SECOND + number)
                for row in rows:
                    events = templates[row % len(templates)]
                    if number < len(events):
                        log.write(event_of(events[number], cluster, row, when))


def event_of(event: str, cluster: int, row: int, when: datetime.datetime) -> str:
    """Return an event of another job as one of this job. Fractions of a second stay."""
    after_seconds = event[event.index(")") + len(") 2026-11-21 07:41:31") :]
    return f"{event[:3]} ({cluster:03}.{row:03}.000) {when:%Y-%m-%d %H:%M:%S}{after_seconds}{_END}"


def copy_results(map_dir: MapDir) -> None:
    """Give each job of a map a result file; its content does not matter for a removal."""
    outputs = map_dir.path / names.OUTPUTS
    shutil.rmtree(outputs, ignore_errors=True)
    outputs.mkdir()
    for row in map_dir.items(0).read_text().splitlines():
        result = outputs / f"{row.split(names.ITEM_SEPARATOR)[3]}.result"
        result.parent.mkdir(parents=True, exist_ok=True)
        result.write_bytes(b"some bytes")
