"""Measure an executor: what a call and its future cost this program, how many futures it can follow, and the first result."""

from __future__ import annotations

import datetime
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import measure
from measure import in_a_new_process

from htmap_core.storage.tags import find_map

from .reading import event_of, events_of_real_jobs
from .rows import Row

_SECONDS = 20
_JOBS_EACH_SECOND = 12  # as fast as a small pool runs them
_TURN = 0.25  # seconds
_AT_REST = 4.0  # seconds after which the pool has released what it had kept, and told the collector
_TIMES = 5


def open_futures(quick: bool) -> Iterator[Row]:
    """Measure a program that has submitted many calls, none of which can run, and waits for their futures."""
    few, count = 1_000, 20_000 if quick else 100_000
    small, large = _figures(few), _figures(count)
    note = f"processor time; {count:,} calls in a loop, in the queue after {large['seconds']:.0f} s"
    yield Row("submit() of a call of a small function", large["submit"] / count * 1e6, 110, "us", note=note)
    yield Row(
        "the same, until HTCondor has its job", large["submitted"] / count * 1e6, 130, "us", note="processor time"
    )
    each = (large["peak_mb"] - small["peak_mb"]) * 1024 / (count - few)
    yield Row("memory of a future that is open, with its call", each, 3.5, "KiB")
    yield Row(f"peak memory with {count:,} open futures", large["peak_mb"], 420, "MB")
    yield Row("following them, nothing new", 100 * large["at rest"], 1, "% of a core")
    note = f"{_JOBS_EACH_SECOND} jobs begin each second"
    yield Row("the same, as jobs begin", 100 * large["as jobs begin"], 2, "% of a core", note=note)
    yield Row(f"cancel {count:,} calls", large["cancel"], 2.5, "s", note="processor time")


def first_result(quick: bool) -> Iterator[Row]:
    """Measure the time to the first result of an executor, in turn with that of a map of one component."""
    seconds: dict[str, list[float]] = {}
    for _ in range(2 if quick else _TIMES):
        for who in ("first_futures", "first_results"):
            time.sleep(_AT_REST)
            for name, value in in_a_new_process(who, _AT_REST).items():
                seconds.setdefault(f"{who} {name}", []).append(value)
    middle = {name: statistics.median(values) for name, values in seconds.items()}
    for name, what in (
        ("first", "a process's first call"),
        ("later", "a later call"),
        ("at once", "right after another"),
    ):
        ours, of_map = middle[f"first_futures {name}"], middle[f"first_results {name}"]
        note = f"{ours / of_map:.2f} times the {of_map:.2f} s of a map of one component"
        limit = (
            1.3 * of_map if name == "later" else None
        )  # of the others, the turns of HTCondor's negotiator are the most
        yield Row(f"first result of an executor, {what}", ours, limit, "s", note=note)


def _figures(count: int) -> dict[str, float]:
    """Return the figures of a process with open futures, while events are added to the log that say that its jobs begin."""
    templates = events_of_real_jobs()
    begun = [next(event for event in events if event.startswith("001")) for events in templates]
    command = [sys.executable, measure.__file__, "open_futures", str(count), str(_SECONDS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()  # it is at rest
        said = json.loads(process.stdout.readline())
        map_dir = find_map(said["tag"])
        cluster = map_dir.submissions.all()[-1].cluster
        assert cluster is not None
        _have_jobs_begin(Path(map_dir.events), cluster, begun)
        found = measure.figures(process.stdout.read())
    in_a_new_process("remove", said["tag"])
    return found


def _have_jobs_begin(log: Path, cluster: int, begun: list[str]) -> None:
    row, until = 0, time.monotonic() + _SECONDS - 1
    with log.open("a", encoding="utf-8") as events:
        while time.monotonic() < until:
            for _ in range(int(_JOBS_EACH_SECOND * _TURN)):
                events.write(event_of(begun[row % len(begun)], cluster, row, datetime.datetime.now()))
                row += 1
            events.flush()
            time.sleep(_TURN)
