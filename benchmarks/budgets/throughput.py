"""Measure maps that run on the pool, from the call to the last result."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from measure import shortest_function
from peers.records import read

import htmap
from htmap_core.storage.root import htmap_dir

from .rows import Row

_PEERS = Path(__file__).parents[2] / "docs/explanation/scale/peers.json"


def short_functions(_: bool) -> Iterator[Row]:
    """Map a trivial function over 10,000 inputs: HTMap chooses how many share a job, and 500 do."""
    dask = _rate_of_dask(10_000)
    note = f"the {dask:,.0f}/s of dask-jobqueue by the latest `make bench-peers`, which is not measured here"
    for chunksize in ("auto", 500):
        begin = time.perf_counter()
        mapped = htmap.map(shortest_function(), range(10_000), quiet=True, chunksize=chunksize)
        assert sum(mapped) == 10_000 * 9_999, "wrong results"
        rate = 10_000 / (time.perf_counter() - begin)
        mapped.remove()
        what = f"10,000 trivial components, chunksize {chunksize}"
        yield Row(what, rate, 6 * dask, "/s", at_least=True, note=f"6 times {note}")


def _rate_of_dask(calls: int) -> float:
    """Return how many trivial calls in a second dask-jobqueue has run of so many, on the machine of docs/explanation/scale.md."""
    (found,) = (each for each in read(_PEERS) if each.cell == ("dask", calls, 0))
    return found.rate


def single_jobs(quick: bool) -> Iterator[Row]:
    """Map a trivial function with a job for each input, and submit as many plain jobs; do both twice, in turn."""
    count, rounds = (50, 1) if quick else (100, 2)
    ours = plain = 0.0
    for _ in range(rounds):
        plain += _plain_jobs(count)
        ours += _map_of_single_jobs(count)
    ours, plain = rounds * count / ours, rounds * count / plain
    note = f"0.9 times the {plain:.1f}/s of plain condor_submit of a small Python script, in this run"
    yield Row(f"{count} components, chunksize 1", ours, 0.9 * plain, "/s", at_least=True, note=note)


def _map_of_single_jobs(count: int) -> float:
    begin = time.perf_counter()
    mapped = htmap.map(shortest_function(), range(count), quiet=True, chunksize=1)
    assert sum(mapped) == count * (count - 1), "wrong results"
    seconds = time.perf_counter() - begin
    mapped.remove()
    return seconds


def _plain_jobs(count: int) -> float:
    """Submit a plain script with condor_submit and wait until the last job has ended; return the time that it took."""
    import htcondor2

    folder = htmap_dir() / "plain"
    folder.mkdir()
    script, log = folder / "double.py", folder / "log"
    script.write_text(f"#!{Path(sys.executable).resolve()}\nimport sys\nprint(2 * int(sys.argv[1]))\n")
    script.chmod(0o755)
    description = {
        "executable": str(script),
        "arguments": "$(Process)",
        "output": str(folder / "$(Process).out"),
        "error": str(folder / "$(Process).err"),
        "log": str(log),
        "should_transfer_files": "YES",
        "request_cpus": "1",
        "request_memory": "128MB",
        "request_disk": "1GB",
    }
    begin = time.perf_counter()
    htcondor2.Schedd().submit(htcondor2.Submit(description), count=count)
    while not log.exists() or log.read_bytes().count(b"\n005 (") < count:
        time.sleep(0.05)
    seconds = time.perf_counter() - begin
    assert sum(int((folder / f"{n}.out").read_text()) for n in range(count)) == count * (count - 1), "wrong results"
    shutil.rmtree(folder)
    return seconds
