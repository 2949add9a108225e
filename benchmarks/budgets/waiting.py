"""Measure a program that waits for a map of a million components, while some of them end each second.

The map's jobs never run: their events are written into its log, as those of real jobs were.
"""

from __future__ import annotations

import datetime
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import measure
from measure import in_a_new_process

from htmap_core.storage.tags import find_map

from .reading import empty_queue, event_of, events_of_real_jobs
from .rows import Row

_JOBS_EACH_SECOND = 12  # as fast as a small pool runs them
_SECONDS = 20
_TURN = 0.25  # seconds


def waiting(quick: bool) -> Iterator[Row]:
    """Measure the processor time of ``wait``, and of a loop over ``status``, for jobs of one component and of many."""
    count = 100_000 if quick else 1_000_000
    templates = events_of_real_jobs()
    for name, chunksize in (("one in each job", 1), ("500 in each job", 500)):
        tag = f"waiting-{chunksize}"
        in_a_new_process("create", tag, count, chunksize)
        cluster = find_map(tag).submissions.all()[0].cluster
        assert cluster is not None
        empty_queue(find_map(tag), cluster)
        figures = _while_jobs_end(tag, cluster, templates)
        what = f"wait for {count:,} components, {name}"
        note = f"{_JOBS_EACH_SECOND} jobs end each second"
        yield Row(what, 100 * figures["cpu"] / figures["seconds"], 2, "% of a core", note=note)
        yield Row("status() of that map, once a second", 100 * figures["polling"], 2, "% of a core")
        yield Row("peak memory of that process", figures["peak_mb"], 150, "MB")
        in_a_new_process("remove", tag)


def _while_jobs_end(tag: str, cluster: int, templates: list[list[str]]) -> dict[str, float]:
    """Return the figures of a process that waits, while events of one job after the other are added to the log."""
    command = [sys.executable, measure.__file__, "wait", tag, str(_SECONDS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        row = 0
        with Path(find_map(tag).events).open("w", encoding="utf-8") as log:  # without the removals
            while process.poll() is None:
                for _ in range(int(_JOBS_EACH_SECOND * _TURN)):
                    log.writelines(
                        event_of(event, cluster, row, datetime.datetime.now())
                        for event in templates[row % len(templates)]
                    )
                    row += 1
                log.flush()
                time.sleep(_TURN)
        assert process.stdout is not None
        return measure.figures(process.stdout.read())
