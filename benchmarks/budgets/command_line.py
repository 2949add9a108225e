"""Measure the command line with many maps: the status table, and the completion of a tag."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from measure import shortest_function

import htmap
from htmap_core import names
from htmap_core.storage.root import htmap_dir
from htmap_core.storage.tags import path_of

from .rows import Row

_TIMES = 7
_STATUS_MAPS = 200
_TAB_MAPS = 500


def many_maps(_: bool) -> Iterator[Row]:
    """Measure ``htmap status`` and the completion of a tag, each in a new process."""
    finished = htmap.map(shortest_function(), range(10), tag="many-0", quiet=True, chunksize=1)
    finished.wait(180)
    program = str(Path(sys.executable).with_name("htmap"))
    _copy(finished, _STATUS_MAPS)
    yield Row(
        f"htmap status with {_STATUS_MAPS} finished maps",
        _median([program, "status"], {}),
        500,
        "ms",
        note="of 10 components",
    )
    _copy(finished, _TAB_MAPS)
    asked = {"_HTMAP_COMPLETE": "bash_complete", "COMP_WORDS": "htmap hold many-4", "COMP_CWORD": "2"}
    yield Row(f"a TAB with {_TAB_MAPS} maps", _median([program], asked), 200, "ms")
    for number in range(1, _TAB_MAPS):
        (htmap_dir() / names.TAGS / f"many-{number}").unlink()
        shutil.rmtree(htmap_dir() / names.MAPS / f"many-{number}")
    finished.remove()


def _copy(finished: htmap.Map, count: int) -> None:
    """Copy the directory of a finished map until there are *count* maps."""
    root = htmap_dir()
    original = Path(path_of(finished.tag, "map"))
    for number in range(1, count):
        if not (root / names.MAPS / f"many-{number}").exists():
            shutil.copytree(original, root / names.MAPS / f"many-{number}")
            (root / names.TAGS / f"many-{number}").write_text(f"many-{number}\n")


def _median(command: list[str], environment: dict[str, str]) -> float:
    """Return the median time of a command in milliseconds, without the first run, which fills caches."""
    times = []
    for _ in range(_TIMES + 1):
        begin = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **environment})
        times.append(time.perf_counter() - begin)
    return 1000 * statistics.median(times[1:])
