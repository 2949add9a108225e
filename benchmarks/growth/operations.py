"""One operation on a map in a process of its own: ``python -m growth.operations WHAT TAG [ARGUMENT...]`` prints figures as JSON.

With ``BENCH_DELAY`` in the environment, file operations in HTMAP_DIR take so many seconds longer; see `slow_files`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measure import shortest_function

_HERE = Path(__file__)
_POLLS, _NEWS = 5_000, 20
_DELAYED_POLLS = 100  # where each takes long


def in_a_new_process(what: str, *arguments: object, delay: float | None = None) -> dict[str, Any]:
    """Call one of the functions below in a new process, and return its figures.

    :param what: the name of the function.
    :param arguments: its arguments.
    :param delay: how much longer file operations take, in seconds; None counts none of them.
    """
    command = [sys.executable, "-m", "growth.operations", what, *map(str, arguments)]
    variables = {} if delay is None else {"BENCH_DELAY": str(delay)}
    environment = {**os.environ, **variables}
    done = subprocess.run(command, cwd=_HERE.parents[1], check=True, stdout=subprocess.PIPE, text=True, env=environment)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def create(tag: str, count: str, chunksize: str) -> Callable[[], object]:
    """Create and submit a map that no slot can run."""
    import htmap

    options = htmap.MapOptions(requirements="false")
    inputs = range(int(count))
    return lambda: htmap.map(
        shortest_function(), inputs, tag=tag, map_options=options, quiet=True, chunksize=int(chunksize)
    )


def status(tag: str) -> Callable[[], object]:
    """Load a map, and count its components by status."""
    import htmap

    return lambda: htmap.load(tag).status()


def poll(tag: str) -> Callable[[], object]:
    """Look many times for new events where there are none."""
    engine = _polled(tag)
    return lambda: [engine.poll() for _ in range(_times("poll"))]


def news(tag: str) -> Callable[[], object]:
    """Look for new events as often as there is one."""
    from htmap_core.storage.tags import find_map

    engine = _polled(tag)
    map_dir = find_map(tag)
    cluster = map_dir.submissions.all()[0].cluster
    event = f"006 ({cluster:03}.000.000) {time.strftime('%Y-%m-%d %H:%M:%S')} Image size of job updated: 1\n...\n"

    def write_and_poll() -> None:
        for _ in range(_NEWS):
            with map_dir.events.open("a") as log:
                log.write(event)
            engine.poll()

    return write_and_poll


def iterate(tag: str) -> Callable[[], object]:
    """Iterate over the results of a map whose status is known."""
    import htmap

    loaded = htmap.load(tag)
    loaded.status()
    return lambda: sum(loaded)


def remove(tag: str) -> Callable[[], object]:
    """Remove a map."""
    import htmap

    return lambda: htmap.load(tag).remove()


def _polled(tag: str) -> Any:
    """Return the engine of a map that has looked for events once."""
    import htmap
    from htmap_core.maps.map import engine_of

    engine = engine_of(htmap.load(tag))
    engine.poll()
    return engine


def _times(what: str) -> int:
    """Return how many turns of an operation are measured together."""
    polls = _DELAYED_POLLS if "BENCH_DELAY" in os.environ else _POLLS
    return {"poll": polls, "news": _NEWS}.get(what, 1)


def main() -> None:
    """Measure the operation that the command line names."""
    from . import slow_files

    what, *arguments = sys.argv[1:]
    operation = globals()[what](*arguments)
    delay = os.environ.get("BENCH_DELAY")
    delays = slow_files.Delays()
    if delay is not None:
        delays = slow_files.delayed(Path(os.environ["HTMAP_DIR"]), float(delay))
    begin, cpu = time.perf_counter(), time.process_time()
    operation()
    times = _times(what)
    figures = {
        "cpu": (time.process_time() - cpu) / times,
        "seconds": (time.perf_counter() - begin) / times,
        "peak_mb": _peak_kib() / 1024,
        "files": {name: count / times for name, count in delays.counts.items()},
        "delay": delays.seconds / times,
    }
    print(json.dumps(figures))


def _peak_kib() -> int:
    (line,) = (each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith("VmHWM:"))
    return int(line.split()[1])


if __name__ == "__main__":
    main()
