"""Measure how what HTMap does grows with a map, and with slow files: ``python -m growth [--sizes N...] [--delay SECONDS]``."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NoReturn

import pool

from . import sizes
from .operations import in_a_new_process
from .tables import growth, table, time_text

ROOT = Path(__file__).parents[2]
_DELAYED = (1, 1_000, 100_000)


def main() -> int:
    """Measure, print the tables, and write the figures."""
    parser = argparse.ArgumentParser(prog="python -m growth", description="Measure how HTMap grows.")
    parser.add_argument("--sizes", nargs="+", type=int, default=sizes.SIZES, help="the components of the maps")
    parser.add_argument("--delay", type=float, default=0.005, help="what a file operation takes longer, in seconds")
    parser.add_argument("--only", choices=("growth", "files"), help="one of the two parts")
    parser.add_argument("--into", type=Path, default=ROOT / "build/bench", help="the folder of growth.json")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, _leave)
    found: sizes.Figures = {}
    with pool.environment() as folder, pool.running(folder):
        if arguments.only != "files":
            found = sizes.measured(tuple(arguments.sizes))
            arguments.into.mkdir(parents=True, exist_ok=True)
            (arguments.into / "growth.json").write_text(json.dumps(found, indent=1) + "\n")
            print(table(growth(found)))
        if arguments.only != "growth":
            print(f"\nfile operations in HTMAP_DIR, each {1000 * arguments.delay:g} ms longer")
            print(table(_slow_files([size for size in _DELAYED if size <= max(arguments.sizes)], arguments.delay)))
    print(f"\nload {os.getloadavg()[0]:.1f} at the end", file=sys.stderr)
    return 0


def _slow_files(counts: Iterable[int], delay: float) -> Iterable[Sequence[str]]:
    """Yield the lines of the table of slow files: operations and seconds of each size of map."""
    from budgets import reading

    from htmap_core.storage.tags import find_map

    yield ["components", "", "operations", "seconds", "of it delays", "most of them"]
    for size in counts:
        tag = f"files-{size}"
        for what in ("create", "status", "status", "poll", "remove"):
            figures = in_a_new_process(what, tag, *((size, 1) if what == "create" else ()), delay=delay)
            if what == "create":
                reading.finish(find_map(tag), size)
            files = sorted(figures["files"].items(), key=lambda item: -item[1])
            often = ", ".join(f"{count:g} {name}" for name, count in files[:4])
            times = time_text(figures["seconds"]), time_text(figures["delay"])
            yield [f"{size:,}", what, f"{sum(count for _, count in files):,.0f}", *times, often]


def _leave(*_: object) -> NoReturn:
    raise SystemExit("terminated; the pool is stopped")


if __name__ == "__main__":
    sys.exit(main())
