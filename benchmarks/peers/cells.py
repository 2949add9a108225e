"""Run one contender at one piece of work, and watch it from outside."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import the_pool
from .contenders import Contender, Work
from .processes import cpu_seconds, end, of_session, peak_mb, tree
from .records import Record

_IMPORTS = 60  # seconds for a client's imports, and for its last words


@dataclass(frozen=True)
class Place:
    """Where cells run.

    :param folder: the folder of all cells; it has ``htmap``, the HTMAP_DIR of the pool.
    :param python: the Python of the peers' environment.
    :param slots: the slots of the pool.
    :param limit: after how many seconds a cell is cut off.
    """

    folder: Path
    python: Path
    slots: int
    limit: float


def measured(contender: Contender, work: Work, place: Place) -> Record:
    """Wait until the pool is at rest, run a client, and return its record."""
    the_pool.clear()
    folder = place.folder / f"{contender.name}-{work}"
    for each in ("work", "home", "work/htmap", "work/tmp"):
        (folder / each).mkdir(parents=True)
    (folder / "work" / "htmap" / "pool").symlink_to(place.folder / "htmap" / "pool")
    schedd = the_pool.schedd_seconds(place.folder / "htmap")
    before = _inodes(folder / "work")
    with _client(contender, work, place, folder) as client:
        try:
            seen = _watched(client, work, place.limit)
            inodes = _inodes(folder / "work") - before
            if seen["done"] == work.calls:
                _let_go(client)
        finally:
            end([*tree(client.pid), *of_session(client.pid)])
    the_pool.clear()
    note = seen.pop("note") or ("" if seen["done"] == work.calls else _last_line(folder / "stderr"))
    then = the_pool.schedd_seconds(place.folder / "htmap")
    shutil.rmtree(folder)
    return Record(
        *(contender.name, contender.label, work.calls, work.seconds, place.slots),
        **seen,
        inodes=inodes,
        schedd_cpu=then[0] - schedd[0],
        shadows_cpu=then[1] - schedd[1],
        note=note,
    )


def _client(contender: Contender, work: Work, place: Place, folder: Path) -> subprocess.Popen[bytes]:
    """Start the process of a client."""
    with (folder / "stderr").open("w") as stderr:
        return subprocess.Popen(
            _command(contender, work, place),
            cwd=folder / "work",
            env=_environment(folder, place),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,  # Ctrl-C is for us, who then end it with all that it has started
        )


def _command(contender: Contender, work: Work, place: Place) -> list[str]:
    python = sys.executable if contender.way.startswith("htmap") else str(place.python)
    arguments = (contender.way, work.calls, work.seconds, contender.batch, place.slots)
    return [python, "-m", "peers.client", *map(str, arguments)]


def _environment(folder: Path, place: Place) -> dict[str, str]:
    """Return the environment of a client, which finds nothing of earlier ones."""
    work = folder / "work"
    path = (place.python.parent, the_pool.programs(place.folder / "htmap"), os.environ["PATH"])
    return {
        **os.environ,
        "HOME": str(folder / "home"),
        "HTMAP_DIR": str(work / "htmap"),
        "TMPDIR": str(work / "tmp"),
        "PATH": os.pathsep.join(map(str, path)),
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }


def _watched(client: subprocess.Popen[bytes], work: Work, limit: float) -> dict[str, Any]:
    """Let a client begin, follow it to its last result or to the limit, and return what was seen."""
    seen: dict[str, Any] = {"done": 0, "seconds": 0.0, "first": None, "cpu": 0.0, "peak_mb": 0.0, "note": ""}
    lines = _lines(client, time.monotonic() + _IMPORTS)
    if next(lines, None) is None:
        return seen
    imports = cpu_seconds(tree(client.pid))
    begin = time.monotonic()
    _say(client)
    for line in _lines(client, begin + limit):
        seen.update(line)
        if seen["done"] == work.calls:
            break
    processes = tree(client.pid)
    if seen["done"] < work.calls and time.monotonic() >= begin + limit:
        seen.update(seconds=limit, note=f"cut off at {seen['done']:,} calls")
    return {**seen, "cpu": cpu_seconds(processes) - imports, "peak_mb": peak_mb(processes)}


def _lines(client: subprocess.Popen[bytes], until: float) -> Iterator[dict[str, Any]]:
    """Yield what a client says, until its end or until that time."""
    assert client.stdout is not None
    rest = b""
    while (left := until - time.monotonic()) > 0:
        if select.select([client.stdout], [], [], left)[0]:
            said = os.read(client.stdout.fileno(), 65536)
            if not said:
                return
            *whole, rest = (rest + said).split(b"\n")
            yield from map(json.loads, whole)


def _say(client: subprocess.Popen[bytes]) -> None:
    """Write a line to a client."""
    assert client.stdin is not None
    client.stdin.write(b"\n")
    client.stdin.flush()


def _let_go(client: subprocess.Popen[bytes]) -> None:
    """Let a client stop what it has started, as its users would."""
    _say(client)
    try:
        client.wait(_IMPORTS)
    except subprocess.TimeoutExpired:
        print("it does not end by itself, and is ended", file=sys.stderr)


def _inodes(folder: Path) -> int:
    return sum(len(folders) + len(files) for _, folders, files in os.walk(folder))


def _last_line(path: Path) -> str:
    lines = path.read_text(errors="replace").strip().splitlines()
    return lines[-1][:200] if lines else "it ended without a word"
