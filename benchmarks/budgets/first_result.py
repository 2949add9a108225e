"""Measure the time from the call of map() to its first result, against plain condor_submit and a look at its log."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from measure import in_a_new_process, shortest_function

from htmap_core.storage.root import htmap_dir

from .rows import Row

_TIMES = 7
_AT_REST = 4.0  # seconds after which the pool has released what it had kept, and told the collector
_LOOK = 0.005  # seconds

# What a user would write by hand for one call, and what no Python job can be quicker than.
_SAME = """
import pickle

with open("function", "rb") as function, open("input", "rb") as given, open("output", "wb") as output:
    pickle.dump(pickle.load(function)(pickle.load(given)), output)
"""
_NOTHING = "open('output', 'w')"


def against_condor_submit(quick: bool) -> Iterator[Row]:
    """Run one trivial component: in a process's first map, a later one, and one that follows at once; in turn with plain jobs."""
    seconds: dict[str, list[float]] = {}
    for _ in range(3 if quick else _TIMES):
        time.sleep(_AT_REST)
        figures = {"plain": _plain_job(_SAME), "plain at once": _plain_job(_SAME)}
        time.sleep(_AT_REST)
        figures["bare"] = _plain_job(_NOTHING)
        time.sleep(_AT_REST)
        ours = in_a_new_process("first_results", _AT_REST)
        figures.update((name, ours[name]) for name in ("first", "later", "at once"))
        for name, value in figures.items():
            seconds.setdefault(name, []).append(value)
    middle = {name: statistics.median(values) for name, values in seconds.items()}
    for name, what, peer, factor in (
        ("later", "a process's later map", "plain", 1.3),
        ("later", "the same, over a job that only starts Python", "bare", None),
        ("first", "a process's first map", "plain", None),
        ("at once", "right after another", "plain at once", None),
    ):
        limit = None if factor is None else factor * middle[peer]
        done = "" if peer == "bare" else " of a script that does the same"
        note = f"{middle[name] / middle[peer]:.2f} times the {middle[peer]:.2f} s of plain condor_submit{done}"
        yield Row(f"first result, {what}", middle[name], limit, "s", note=note)


def _plain_job(script: str) -> float:
    """Submit a script by hand, with files to send and one to bring back; return the seconds until its end stands in its log."""
    import cloudpickle
    import htcondor2

    folder = htmap_dir() / "plain"
    folder.mkdir()
    (folder / "script.py").write_text(script)
    (folder / "function").write_bytes(cloudpickle.dumps(shortest_function()))
    (folder / "input").write_bytes(cloudpickle.dumps(1))
    log = folder / "log"
    description = {
        "executable": sys.executable,  # the very Python that runs ours, with what its environment does at its start
        "transfer_executable": "false",
        "arguments": "script.py",
        "initialdir": folder,
        "transfer_input_files": "script.py, function, input",
        "transfer_output_files": "output",
        "should_transfer_files": "YES",
        "log": log,
        "request_cpus": 1,
        "request_memory": "128MB",
        "request_disk": "1GB",
    }
    submit = folder / "job.submit"
    submit.write_text("".join(f"{name} = {value}\n" for name, value in description.items()) + "queue\n")
    program = Path(htcondor2.param["BIN"]) / "condor_submit"
    begin = time.perf_counter()
    subprocess.run([program, "-terse", submit], check=True, stdout=subprocess.DEVNULL)
    while b"\n005 (" not in log.read_bytes():
        time.sleep(_LOOK)
    seconds = time.perf_counter() - begin
    shutil.rmtree(folder)
    return seconds
