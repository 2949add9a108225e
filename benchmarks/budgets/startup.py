"""Measure the start of the package, of the command and of the execute side."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from measure import in_a_new_process

from htmap_core import names
from htmap_core.storage.tags import find_map

from .rows import Row

_TIMES = 15


def commands(_: bool) -> Iterator[Row]:
    """Measure ``import htmap`` and ``htmap --help``."""
    nothing = [sys.executable, "-c", "pass"]
    importing = [sys.executable, "-c", "import htmap"]
    helping = [str(Path(sys.executable).with_name("htmap")), "--help"]
    for what, command in (("import htmap", importing), ("htmap --help", helping)):
        yield Row(f"{what}, over python3 -c pass", _over(nothing, command), 110, "ms")


def execute_side(_: bool) -> Iterator[Row]:
    """Measure a real map's archive with one component, as a job runs it: from the shell on, in an empty scratch directory."""
    in_a_new_process("create", "startup", 1)
    map_dir = find_map("startup")
    components, block = map_dir.items(0).read_text().strip("\n").split(names.ITEM_SEPARATOR)[1:3]
    scratch = map_dir.path / "scratch"
    scratch.mkdir()
    for path in (map_dir.runtime, map_dir.path / names.FUNCTION, map_dir.path / names.INPUTS / block):
        shutil.copy2(path, scratch / path.name)
    python = Path(sys.executable).resolve().parent  # bare, because an execute node has no virtual environment
    users_path = os.environ["PATH"]
    os.environ["PATH"] = f"{python}:/usr/bin:/bin"
    try:
        job = [f"./{map_dir.runtime.name}", Path(block).name, components]
        yield Row("execute side, over python3 -c pass", _over(["python3", "-c", "pass"], job, scratch), 45, "ms")
    finally:
        os.environ["PATH"] = users_path
    in_a_new_process("remove", "startup")


def _over(reference: list[str], command: list[str], folder: Path | None = None) -> float:
    """Return how many milliseconds longer *command* takes. Both run in turn, so other work of the machine affects both."""
    times: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(-1, _TIMES):
        for ours, each in ((False, reference), (True, command)):
            if folder is not None:
                shutil.rmtree(folder / names.RETURN, ignore_errors=True)
            begin = time.perf_counter()
            subprocess.run(each, check=True, stdout=subprocess.DEVNULL, cwd=folder)
            if turn >= 0:  # the first run fills caches
                times[ours].append(time.perf_counter() - begin)
    return 1000 * (statistics.median(times[True]) - statistics.median(times[False]))
