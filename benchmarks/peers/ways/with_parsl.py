"""Calls as tasks of Parsl, on its high-throughput executor: one job of one core for each slot."""

from __future__ import annotations

import concurrent.futures
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import parsl
from parsl.app.python import PythonApp
from parsl.config import Config
from parsl.executors import HighThroughputExecutor
from parsl.providers import CondorProvider

from .work import batch_of, batches, call_of


def results(calls: int, seconds: float, batch: str, slots: int) -> Iterator[list[int]]:
    """Yield the results as they come."""
    size = int(batch)
    with parsl.load(_config(slots)):
        if size == 1:
            app: PythonApp = parsl.python_app(call_of(seconds))
            futures = [app(x) for x in range(calls)]
        else:
            app = parsl.python_app(batch_of(seconds))
            futures = [app(start, stop) for start, stop in batches(calls, size)]
        for future in concurrent.futures.as_completed(futures):
            yield [future.result()] if size == 1 else future.result()


def _config(slots: int) -> Config:
    """Return what Parsl's configuration for the Open Science Pool says, for workers in the environment of this process."""
    provider = CondorProvider(
        nodes_per_block=1,
        cores_per_slot=1,
        mem_per_slot=1,
        init_blocks=slots,
        min_blocks=slots,
        max_blocks=slots,
        worker_init=_prologue(),
        scheduler_options="job_max_vacate_time = 1",  # its workers do not end when they are asked to, and others wait
        walltime="01:00:00",
    )
    executor = HighThroughputExecutor(label="htcondor", address="127.0.0.1", max_workers_per_node=1, provider=provider)
    return Config(executors=[executor])


def _prologue() -> str:
    """Return what the shell of a worker does first.

    Functions of modules travel by their names. Workers listen on a socket in TMPDIR, and the path of a job's scratch directory
    may be too long for that.
    """
    path = Path(sys.executable).parent
    return f"export PATH={path}:$PATH PYTHONPATH={os.environ['PYTHONPATH']} TMPDIR=/tmp"
