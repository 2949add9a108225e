"""Measure HTMap and its peers at the same work, on the same pool, in turn: ``python -m peers --python PYTHON``.

PYTHON is that of an environment with the peers; ``make bench-peers`` makes it, in .venv-peers. HTCondor is the one of the tests.
The pool and all else that is started is stopped at the end.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pool

from . import plot
from .contenders import CONTENDERS, QUICK, WHOLE, Work, cells
from .records import Record, read, table, versions, write

ROOT = Path(__file__).parents[2]
_NAMES = [each.name for each in CONTENDERS]


def main() -> int:
    """Measure what the command line names, print the table, and write the records and the plot."""
    arguments = _parser().parse_args()
    signal.signal(signal.SIGTERM, _leave)
    arguments.into.mkdir(parents=True, exist_ok=True)
    path = arguments.into / "peers.json"
    if not arguments.plot_only:
        found = versions(arguments.python.absolute())
        kept = read(path) if arguments.keep and path.exists() else []
        records: list[Record] = []
        try:
            for record in _measured(arguments):
                records.append(record)
                kept = [each for each in kept if each.cell != record.cell]
                write(path, [*kept, *records], found)  # each time, so that nothing is lost when the run is stopped
        finally:
            print(f"\n{table(records)}")
    (arguments.into / "peers.svg").write_text(plot.drawn(read(path)))
    print(f"\n{path} has the records, {path.with_suffix('.svg')} the plot")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m peers", description="Measure HTMap and its peers.")
    some = f"some of {', '.join(_NAMES)}"
    parser.add_argument("--peers", nargs="+", metavar="NAME", choices=_NAMES, default=_NAMES, help=some)
    parser.add_argument("--sizes", nargs="+", metavar="CALLSxSECONDS", type=_work, help="such as 10000x0 100x10")
    parser.add_argument("--quick", action="store_true", help="smaller sizes: five minutes instead of forty")
    parser.add_argument("--keep", action="store_true", help="keep the records of what is not measured now")
    parser.add_argument("--limit", type=float, default=420, help="cut a cell off after so many seconds")
    parser.add_argument(
        "--into", type=Path, default=ROOT / "build/bench", help="the folder of peers.json and peers.svg"
    )
    parser.add_argument("--python", type=Path, default=ROOT / ".venv-peers/bin/python", help="the peers' Python")
    parser.add_argument("--plot-only", action="store_true", help="draw the records of an earlier run")
    return parser


def _work(text: str) -> Work:
    calls, _, seconds = text.partition("x")
    return Work(int(calls), float(seconds))


def _measured(arguments: argparse.Namespace) -> Iterator[Record]:
    sizes = arguments.sizes or (QUICK if arguments.quick else WHOLE)
    python = arguments.python.absolute()  # not resolved: a link in an environment is the way into it
    with pool.environment() as folder, pool.running(folder):
        from .cells import Place, measured  # the bindings read their configuration when they are imported

        place = Place(folder, python, pool.SLOTS, arguments.limit)
        for contender, work in cells(arguments.peers, sizes, named=bool(arguments.sizes)):
            begin = time.monotonic()
            record = measured(contender, work, place)
            took = f"{time.monotonic() - begin:.0f} s with rest"
            print(f"{work} {contender.name}: {record.rate:,.1f}/s, {took} {record.note}", file=sys.stderr)
            yield record


def _leave(*_: object) -> NoReturn:
    raise SystemExit("terminated; the pool is stopped")


if __name__ == "__main__":
    sys.exit(main())
