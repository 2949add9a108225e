"""Measure one job of very many trivial components: what the execute side adds to each, and its memory.

The real archive runs it in a scratch directory, as a job does, without a pool. The peer is a bare loop in one process, which
unpickles the same inputs, calls the same function and pickles its results. Times are of the processor.
"""

from __future__ import annotations

import pickle
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cloudpickle
from measure import shortest_function

from htmap_core.submission.archive import build
from htmap_run import frames, names, pickling, versions

from .rows import Row

_TIMES = 3
_BARE = """
import pickle, sys
function = pickle.loads(open(sys.argv[1], "rb").read())
with open(sys.argv[2], "rb") as inputs:
    for _ in range(int(sys.argv[3])):
        args, kwargs = pickle.loads(inputs.read(int.from_bytes(inputs.read(4), "little")))
        pickle.dumps(function(*args, **kwargs), 5)
"""

_USAGE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
"""


def trivial_components(quick: bool) -> Iterator[Row]:
    """Run 100,000 components in one job, against a bare loop, and a million for the memory that they take."""
    count = 20_000 if quick else 100_000
    with tempfile.TemporaryDirectory() as folder:
        job, bare = _job(Path(folder), count), _bare(Path(folder), count)
        ours = theirs = float("inf")
        for _ in range(_TIMES):  # one process works at a time, so on a machine at rest it is the time on the clock
            theirs = min(theirs, _ran(bare, Path(folder))[0])
            ours = min(ours, _ran(job, Path(folder))[0])
        each = 1e6 * (ours - theirs) / count
        note = f"{count:,} in one job, {ours:.1f} s; the bare loop takes {1e6 * theirs / count:.1f} us each"
        yield Row("a trivial component, over a bare loop", each, 33, "us", note=note)
        few = _peak(Path(folder), 1_000)
        many = _peak(Path(folder), 50_000 if quick else 1_000_000)
        note = f"{many:.0f} MB at the peak of the larger of its two processes"
        yield Row("memory of a million components over a thousand", many - few, 5, "MB", note=note)


def _job(folder: Path, count: int) -> list[str]:
    """Make the files of a job, and return its command."""
    runtime = folder / "runtime.pyz"
    runtime.write_bytes(build())
    payload, by_value = pickling.dumped(shortest_function(), pickling.pickler())
    facts = {
        "python": list(sys.version_info[:3]),
        "implementation": "CPython",
        "cloudpickle": cloudpickle.__version__,
        "htmap": versions.HTMAP,
        "by_value": by_value.by_value,
        "allow_mismatch": False,
    }
    for name in (names.FUNCTION, f"{names.BLOCKS}0"):
        (folder / name).unlink(missing_ok=True)
    with frames.Writer(folder / names.FUNCTION) as writer:
        writer.add(frames.FUNCTION, record=facts, payload=payload)
    with frames.Writer(folder / f"{names.BLOCKS}0") as writer:
        for component in range(count):
            writer.add(frames.INPUT, component, payload=_input(component))
    return [sys.executable, runtime.name, f"{names.BLOCKS}0", f"0-{count - 1}"]


def _input(component: int) -> bytes:
    return pickle.dumps(((component,), {}), frames.PICKLE_PROTOCOL)


def _bare(folder: Path, count: int) -> list[str]:
    payload, _ = pickling.dumped(shortest_function(), pickling.pickler())
    (folder / "function").write_bytes(payload)
    with (folder / "inputs").open("wb") as file:
        for component in range(count):
            pickled = _input(component)
            file.write(len(pickled).to_bytes(4, "little") + pickled)
    return [sys.executable, "-c", _BARE, "function", "inputs", str(count)]


def _peak(folder: Path, count: int) -> float:
    """Return the peak memory in MB of a job of so many components."""
    return _ran(_job(folder, count), folder)[1]


def _ran(command: list[str], folder: Path) -> tuple[float, float]:
    """Run a command, and return the seconds of processor that it takes, and the peak memory of its largest process in MB.

    A small process starts it: until a new program begins, a process counts with the memory of the one that has made it.
    """
    shutil.rmtree(folder / names.RETURN, ignore_errors=True)
    done = subprocess.run([sys.executable, "-c", _USAGE, *command], cwd=folder, check=True, stdout=subprocess.PIPE)
    seconds, peak = map(float, done.stdout.split())
    return seconds, peak / 1024
