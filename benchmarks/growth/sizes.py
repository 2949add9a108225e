"""Maps of growing size, and what is measured of each, without running their jobs: see `reading`."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import measure
from budgets import reading

from htmap_core.storage.tags import find_map

from .operations import in_a_new_process

SIZES = (1_000, 10_000, 100_000, 1_000_000)
CHUNKSIZE = 500
_FILES = 100_000  # a map with more result files than this is not removed here: it is the disk that takes minutes then
_SMALL, _TURNS = 10_000, 3  # maps up to this size are measured so often, and the median counts

Figures = dict[str, dict[int, float]]


def measured(sizes: tuple[int, ...]) -> Figures:
    """Return the figures of each name by size, also of a map of one component, which is what does not grow."""
    found: Figures = defaultdict(dict)
    for size in (1, *sizes):
        turns: dict[str, list[float]] = defaultdict(list)
        for _ in range(_TURNS if size <= _SMALL else 1):
            for name, value in (*_of_single_jobs(size), *_of_chunks(size)):
                turns[name].append(value)
        for name, values in turns.items():
            found[name][size] = statistics.median(values)
        so_far = ", ".join(f"{name} {statistics.median(values):.3g}" for name, values in turns.items())
        print(f"{size:,} components: {so_far}", file=sys.stderr)
    return found


def _of_single_jobs(size: int) -> Iterator[tuple[str, float]]:
    """Measure a map with a job for each component."""
    tag = f"growth-{size}"
    yield from _figures("create", in_a_new_process("create", tag, size, 1))
    map_dir = find_map(tag)
    reading.finish(map_dir, size)
    yield from _figures("first status", in_a_new_process("status", tag))
    yield from _figures("status in the next process", in_a_new_process("status", tag))
    yield "htmap status", _command("status")
    yield "poll, nothing new", in_a_new_process("poll", tag)["cpu"]
    yield "poll, one new event", in_a_new_process("news", tag)["cpu"]
    if size <= _FILES:
        reading.copy_results(map_dir)
        yield from _figures("remove, a file for each", in_a_new_process("remove", tag))
    else:
        in_a_new_process("remove", tag)


def _of_chunks(size: int) -> Iterator[tuple[str, float]]:
    """Measure a map whose components share jobs, and have results."""
    tag = f"growth-chunks-{size}"
    yield from _figures(f"create, chunks of {CHUNKSIZE}", in_a_new_process("create", tag, size, CHUNKSIZE))
    reading.finish(find_map(tag), -(-size // CHUNKSIZE))
    measure.in_a_new_process("run_jobs", tag)
    yield from _figures(f"iterate, chunks of {CHUNKSIZE}", in_a_new_process("iterate", tag))
    yield from _figures(f"remove, chunks of {CHUNKSIZE}", in_a_new_process("remove", tag))


def _figures(name: str, figures: dict[str, float]) -> Iterator[tuple[str, float]]:
    yield name, figures["cpu"]
    yield f"{name}: memory", figures["peak_mb"]


def _command(*arguments: str) -> float:
    """Return the processor time of a command of ours, with its start."""
    program = str(Path(sys.executable).with_name("htmap"))
    with subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL) as running:
        _, code, usage = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(code)
    assert running.returncode == 0, arguments
    return usage.ru_utime + usage.ru_stime
