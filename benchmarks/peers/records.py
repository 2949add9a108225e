"""What was measured: the record of a cell, the file of all records, and their table."""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import os
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .contenders import Work

_HEADERS = (
    "calls",
    "each",
    "who",
    "seconds",
    "calls/s",
    "of ideal",
    "first",
    "CPU",
    "MB",
    "inodes",
    "schedd",
    "shadows",
    "",
)


@dataclass(frozen=True)
class Record:
    """What was measured of one contender at one piece of work.

    :param contender: its name.
    :param label: its name for people.
    :param calls: the number of calls.
    :param sleep: how many seconds each sleeps.
    :param slots: the slots of the pool.
    :param done: how many calls had given back their results at the end.
    :param seconds: from the call that begins the work, with the start of workers, to the last result, or to where it was cut off.
    :param first: to the first result; None without any.
    :param cpu: processor time of the client's processes, in seconds, without its imports.
    :param peak_mb: the sum of the peak memories of the client's processes.
    :param inodes: files and folders that the client had made on the submit side.
    :param schedd_cpu: processor time of the schedd, in seconds.
    :param shadows_cpu: that of the shadows, and of the schedd's other processes.
    :param note: what went wrong.
    """

    contender: str
    label: str
    calls: int
    sleep: float
    slots: int
    done: int
    seconds: float
    first: float | None
    cpu: float
    peak_mb: float
    inodes: int
    schedd_cpu: float
    shadows_cpu: float
    note: str = ""

    @property
    def cell(self) -> tuple[str, int, float]:
        """Who has done what."""
        return self.contender, self.calls, self.sleep

    @property
    def rate(self) -> float:
        """The calls per second, also of one that was cut off."""
        return self.done / self.seconds if self.seconds else 0.0

    @property
    def share_of_ideal(self) -> float | None:
        """The rate against that of slots that lose no time; None for calls that take none, and where it was not finished."""
        if not self.sleep or self.done < self.calls:
            return None
        return Work(self.calls, self.sleep).ideal(self.slots) / self.seconds


def write(path: Path, records: Iterable[Record], versions: dict[str, str]) -> None:
    """Write the file of all records, with the machine and the versions of who was measured."""
    found = {"machine": machine(), "versions": versions, "records": [asdict(each) for each in records]}
    path.write_text(json.dumps(found, indent=1) + "\n")


def read(path: Path) -> list[Record]:
    """Read the records of a file that :func:`write` has written."""
    return [Record(**each) for each in json.loads(path.read_text())["records"]]


def machine() -> dict[str, Any]:
    """Return what the figures depend on: processors, their load, Python, and the day."""
    return {
        "processors": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "date": datetime.date.today().isoformat(),
    }


def versions(python: Path) -> dict[str, str]:
    """Return the versions of ours and of what is installed in the peers' environment."""
    peers = "import importlib.metadata as m; print(*(m.version(n) for n in ('dask-jobqueue', 'distributed', 'parsl')))"
    told = subprocess.run([python, "-c", peers], check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    ours = {each: importlib.metadata.version(each) for each in ("htmap-core", "htcondor")}
    return {**ours, **dict(zip(("dask-jobqueue", "distributed", "parsl"), told))}


def table(records: Iterable[Record]) -> str:
    """Return a table of records."""
    lines = [_HEADERS, *map(_cells, records)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADERS))]
    left = {2, len(_HEADERS) - 1}
    justified = [
        "  ".join(
            cell.ljust(w) if n in left else cell.rjust(w) for n, (cell, w) in enumerate(zip(line, widths))
        ).rstrip()
        for line in lines
    ]
    return "\n".join([justified[0], "-" * max(map(len, justified)), *justified[1:]])


def _cells(record: Record) -> tuple[str, ...]:
    share, done = record.share_of_ideal, record.done
    return (
        f"{record.calls:,}",
        f"{record.sleep:g} s",
        record.label,
        f"{record.seconds:.1f}",
        f"{record.rate:,.0f}" if record.rate >= 100 else f"{record.rate:.1f}",
        "" if share is None else f"{share:.0%}",
        "" if record.first is None else f"{record.first:.1f} s",
        f"{record.cpu:.1f} s" if done else "",
        f"{record.peak_mb:.0f}" if done else "",
        f"{record.inodes:,}" if done else "",
        f"{record.schedd_cpu:.2f} s" if done else "",
        f"{record.shadows_cpu:.2f} s" if done else "",
        record.note,
    )
