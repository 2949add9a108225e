"""Measure one thing in a process of its own: ``python measure.py WHAT [ARGUMENT...]`` prints its figures as JSON.

Each measurement has its own process, because peak memory belongs to processes, and because users start with a new one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any


def in_a_new_process(what: str, *arguments: object) -> dict[str, Any]:
    """Call one of the functions below in a new process, and return its figures and the process's peak memory."""
    command = [sys.executable, __file__, what, *map(str, arguments)]
    return figures(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def figures(printed: bytes) -> dict[str, Any]:
    """Return the figures that such a process has printed."""
    found: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return found


def shortest_function() -> Callable[[int], int]:
    """Return a function that travels with its code: execute nodes do not have this module."""

    def double(x: int) -> int:
        return 2 * x

    return double


def create(tag: str, count: str, chunksize: str = "1") -> dict[str, Any]:
    """Create and submit a map that no slot can run."""
    import htmap

    warnings.simplefilter("ignore", htmap.exceptions.ManyJobs)
    begin = time.perf_counter()
    options = htmap.MapOptions(requirements="false")
    htmap.map(
        shortest_function(), range(int(count)), tag=tag, map_options=options, quiet=True, chunksize=int(chunksize)
    )
    return {"seconds": time.perf_counter() - begin}


def create_looking(tag: str, count: str, looks: str) -> dict[str, Any]:
    """Create and submit a map that no slot can run, with the look for mistakes or without; return its processor time."""
    import htmap

    htmap.settings["TELL_MISTAKES"] = looks == "with"
    begin = time.process_time()
    create(tag, count)
    cpu = time.process_time() - begin
    htmap.load(tag).remove()
    return {"cpu": cpu}


def first_results(rest: str) -> dict[str, Any]:
    """Map over one input: at first, when the pool has been at rest again, and at once after that; return the seconds of each."""
    import htmap

    function, seconds = shortest_function(), {}
    for name, pause in (("first", 0.0), ("later", float(rest)), ("at once", 0.0)):
        time.sleep(pause)
        begin = time.perf_counter()
        mapped = htmap.map(function, [1], quiet=True)
        assert list(mapped) == [2], "wrong result"
        seconds[name] = time.perf_counter() - begin
        mapped.remove()
    return seconds


def first_futures(rest: str) -> dict[str, Any]:
    """Submit one call to an executor: at first, when the pool has been at rest again, and at once; return the seconds of each."""
    import htmap

    function, seconds = shortest_function(), {}
    with htmap.Executor() as executor:
        for name, pause in (("first", 0.0), ("later", float(rest)), ("at once", 0.0)):
            time.sleep(pause)
            begin = time.perf_counter()
            assert executor.submit(function, 1).result() == 2, "wrong result"
            seconds[name] = time.perf_counter() - begin
    return seconds


def open_futures(count: str, seconds: str) -> dict[str, Any]:
    """Have futures of calls that no slot can run open for a while: at rest, and while others write that jobs begin."""
    import htmap

    warnings.simplefilter("ignore", htmap.exceptions.ManyJobs)
    function = shortest_function()
    executor = htmap.Executor(map_options=htmap.MapOptions(requirements="false"), chunksize=1)
    executor.submit(function, 0)  # what is imported once
    begin, cpu = time.perf_counter(), time.process_time()
    futures = [executor.submit(function, x) for x in range(int(count))]
    found: dict[str, Any] = {"submit": time.process_time() - cpu}
    executor.flush()
    while futures[-1].component is None:
        time.sleep(0.05)
    found.update({"submitted": time.process_time() - cpu, "seconds": time.perf_counter() - begin})
    for name in ("at rest", "as jobs begin"):
        print(json.dumps({"tag": executor.tag, "next": name}), flush=True)
        cpu = time.process_time()
        time.sleep(float(seconds))
        found[name] = (time.process_time() - cpu) / float(seconds)
    assert sum(each.running() for each in futures) > 0, "no job has begun"
    cpu = time.process_time()
    executor.shutdown(wait=False, cancel_futures=True)
    return {**found, "cancel": time.process_time() - cpu}


def create_small(count: str) -> dict[str, Any]:
    """Create maps of a few components, one after the other, and look at what each of them has on disk."""
    import stat
    import statistics

    import htmap
    from htmap_core.storage.tags import find_map

    times = []
    made = []
    for number in range(20):
        begin = time.perf_counter()
        options = htmap.MapOptions(requirements="false")
        made.append(
            htmap.map(
                shortest_function(), range(int(count)), tag=f"small-{count}-{number}", map_options=options, quiet=True
            )
        )
        times.append(time.perf_counter() - begin)
    path = find_map(made[-1].tag).path
    found = [each.lstat() for each in (path, *path.rglob("*"))]
    own = [each for each in found if stat.S_ISDIR(each.st_mode) or each.st_nlink == 1]
    for each in made:
        each.remove()
    return {
        "first": times[0],
        "next": statistics.median(times[1:]),
        "entries": len(found),
        "bytes": 512 * sum(each.st_blocks for each in own),
    }


def remove(tag: str) -> dict[str, Any]:
    """Remove a map."""
    import htmap

    begin = time.perf_counter()
    htmap.load(tag).remove()
    return {"seconds": time.perf_counter() - begin}


def status(tag: str) -> dict[str, Any]:
    """Load a map and count its components by status."""
    import htmap

    begin = time.perf_counter()
    loaded = htmap.load(tag)  # this imports the modules that `import htmap` does not
    loading = time.perf_counter() - begin
    begin, cpu = time.perf_counter(), time.process_time()
    line = loaded.status()
    cpu = time.process_time() - cpu
    return {"seconds": time.perf_counter() - begin, "cpu": cpu, "loading": loading, "line": line}


def poll(tag: str) -> dict[str, Any]:
    """Look for new events in an event log that has none."""
    import htmap
    from htmap_core.maps.map import engine_of

    engine = engine_of(htmap.load(tag))
    engine.poll()
    times = 20_000
    begin = time.perf_counter()
    for _ in range(times):
        engine.poll()
    return {"seconds": (time.perf_counter() - begin) / times}


def wait(tag: str, seconds: str) -> dict[str, Any]:
    """Wait for a map that does not end, then ask for its status once a second."""
    import htmap

    loaded = htmap.load(tag)
    loaded.status()
    begin, cpu = time.perf_counter(), time.process_time()
    try:
        loaded.wait(float(seconds))
    except htmap.exceptions.TimeoutError:
        found = {"seconds": time.perf_counter() - begin, "cpu": time.process_time() - cpu}
    begin, cpu = time.perf_counter(), time.process_time()
    for _ in range(int(seconds) // 2):
        loaded.status()
        time.sleep(1)
    return {**found, "polling": (time.process_time() - cpu) / (time.perf_counter() - begin)}


def iterate(tag: str) -> dict[str, Any]:
    """Load a map's status, then iterate over its results."""
    import htmap

    loaded = htmap.load(tag)
    components = len(loaded)
    loaded.status()
    begin = time.perf_counter()
    total = sum(loaded)
    seconds = time.perf_counter() - begin
    assert total == components * (components - 1), f"the results of {tag} add up to {total}"
    return {"seconds": seconds, "components": components}


def run_jobs(tag: str) -> dict[str, Any]:
    """Run a map's jobs on this machine one after another, each as the archive would run it on an execute node."""
    import os
    import shutil

    from htmap_core import names
    from htmap_core.storage.tags import find_map

    map_dir = find_map(tag)
    for module in [name for name in sys.modules if name.partition(".")[0] == "htmap_run"]:
        del sys.modules[module]  # the archive has its own, which knows what else is in there
    sys.path.insert(0, str(map_dir.runtime))
    from htmap_run.job import runner

    scratch = map_dir.path / "scratch"
    scratch.mkdir()
    (scratch / names.FUNCTION).hardlink_to(map_dir.path / names.FUNCTION)
    os.chdir(scratch)
    for row in map_dir.items(0).read_text().splitlines():
        _, components, block, result = row.split(names.ITEM_SEPARATOR)[:4]
        name = Path(block).name
        if not Path(name).exists():
            Path(name).hardlink_to(map_dir.path / names.INPUTS / block)
        code = _exit_code(runner._run, str(map_dir.runtime), str(scratch), [name, components])  # noqa: SLF001 -- as the runner does it
        assert code == 0, f"job {result} ended with {code}"
        path = map_dir.path / names.OUTPUTS / f"{result}.result"
        path.parent.mkdir(parents=True, exist_ok=True)
        (scratch / names.RETURN / "result").rename(path)
        shutil.rmtree(scratch / names.RETURN)
    os.chdir("/")
    shutil.rmtree(scratch)
    return {}


def _exit_code(run: Callable[..., int], *arguments: Any) -> int:
    """Return what a call returns in a child process: a job's files stay open until its process ends."""
    import os

    child = os.fork()
    if not child:
        os._exit(run(*arguments))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main() -> None:
    """Run the measurement that the command line names."""
    what, *arguments = sys.argv[1:]
    measured = globals()[what](*arguments)
    print(json.dumps({**measured, "peak_mb": _peak_kib() / 1024}))


def _peak_kib() -> int:
    """Return the peak memory of this process; ``ru_maxrss`` begins with that of the process that has started it."""
    (line,) = (each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith("VmHWM:"))
    return int(line.split()[1])


if __name__ == "__main__":
    main()
