"""Measure the budgets of docs/explanation/design.md, all in one run: ``python -m budgets [--only NAME...] [--quick]``.

HTCondor is installed once below ~/.cache/htmap-tests, which the tests use, too. The pool belongs to this run, which stops it at
the end. The exit code is 1 if a figure is beyond its limit.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from typing import NoReturn

import pool

from . import (
    command_line,
    creation,
    early_results,
    executors,
    fingerprints,
    first_result,
    one_job,
    reading,
    startup,
    throughput,
    waiting,
)
from .rows import Row, table

Benchmark = Callable[[bool], Iterator[Row]]

_WITHOUT_POOL: dict[str, Benchmark] = {
    "startup": startup.commands,
    "checksums": reading.checksums,
    "trivial": one_job.trivial_components,
    "fingerprints": fingerprints.inputs,
}
_ON_THE_POOL: dict[str, Benchmark] = {
    "execute": startup.execute_side,
    "small": creation.small,
    "creation": creation.create_and_remove,
    "mistakes": creation.mistakes,
    "cli": command_line.many_maps,
    "status": reading.status_of_a_finished_map,
    "results": reading.results,
    "first": first_result.against_condor_submit,
    "waiting": waiting.waiting,
    "short": throughput.short_functions,
    "single": throughput.single_jobs,
    "early": early_results.of_one_job,
    "futures": executors.open_futures,
    "call": executors.first_result,
}


def main() -> int:
    """Run the benchmarks that the command line names, and print the table."""
    names = [*_WITHOUT_POOL, *_ON_THE_POOL]
    parser = argparse.ArgumentParser(prog="python -m budgets", description="Measure HTMap's budgets.")
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", choices=names, default=names, help=f"some of {', '.join(names)}"
    )
    parser.add_argument("--quick", action="store_true", help="leave out the million, and use smaller maps")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, _leave)
    rows: list[Row] = []
    try:
        with pool.environment() as folder:
            rows += _measured(_WITHOUT_POOL, arguments)
            if not _ON_THE_POOL.keys().isdisjoint(arguments.only):
                with pool.running(folder):
                    rows += _measured(_ON_THE_POOL, arguments)
    finally:  # also what was measured until the run is stopped
        load = os.getloadavg()[0]
        print(
            f"Python {sys.version.split()[0]}, {os.cpu_count()} processors, load {load:.1f} at the end\n\n{table(rows)}"
        )
    return 0 if all(row.ok for row in rows) else 1


def _measured(benchmarks: dict[str, Benchmark], arguments: argparse.Namespace) -> Iterator[Row]:
    for name, benchmark in benchmarks.items():
        if name in arguments.only:
            begin = time.monotonic()
            try:
                yield from benchmark(arguments.quick)
            except Exception:  # it is shown, and the other benchmarks still run
                traceback.print_exc()
                yield Row(f"{name} could not be measured", float("inf"), 0, "")
            print(f"{name}: {time.monotonic() - begin:.0f} s", file=sys.stderr)


def _leave(*_: object) -> NoReturn:
    raise SystemExit("terminated; the pool is stopped")


if __name__ == "__main__":
    sys.exit(main())
