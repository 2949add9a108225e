"""Operations on maps that have begun.

A file under ``creating``, ``removed`` and the like stands for an operation; the process that does it holds a lock on the file.
Where nobody holds the lock, the operation was interrupted, and the next command finishes or undoes it.
"""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Optional

import attrs

from htmap_core import names
from htmap_core.atomic import locked
from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import BusyMap
from htmap_core.storage.mapdir import MapDir

_OTHER_HOSTS_PATIENCE = 24 * 3600  # seconds: locks of a shared file system may not be seen by other hosts


@attrs.frozen
class Operation:
    """An operation on a map whose process is gone, or a removal that is under way.

    :param marker: what stands for it on disk.
    :param map_dir: the map.
    :param tag: the map's tag; empty where the process was killed before it could write that down.
    :param pool: where a removed map's jobs are; None where it has none.
    :param constraint: a ClassAd expression that finds them.
    :param new_tag: the tag that the map was to get, where it was to get one.
    """

    marker: Path
    map_dir: MapDir
    tag: str
    pool: Optional[PoolAddress] = None
    constraint: str = "false"
    new_tag: str = ""


def write(file: IO[str], tag: str, **more: Any) -> None:
    """Write down in a marker whose lock is held which tag it is for, on which host, and since when."""
    file.truncate(0)
    json.dump({"tag": tag, "host": socket.gethostname(), "since": time.time(), **more}, file)
    file.flush()


@contextlib.contextmanager
def perform(kind: str, map_dir: MapDir, tag: str, **more: Any) -> Iterator[None]:
    """Hold the marker of an operation on a map; only if this process is killed or interrupted inside, the marker stays behind.

    :raises BusyMap: another process has begun such an operation on the map.
    """
    marker = map_dir.root / kind / map_dir.id
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(locked(marker, wait=False))
        except BlockingIOError as error:
            raise BusyMap(tag, kind) from error
        write(file, tag, **more)
        try:
            yield
        except Exception:
            marker.unlink(missing_ok=True)
            raise
        marker.unlink(missing_ok=True)


def end(operation: Operation) -> None:
    """Delete the marker of an operation that a later command has finished."""
    operation.marker.unlink(missing_ok=True)


def is_under_way(kind: str, map_dir: MapDir) -> bool:
    """Return whether a process holds the marker of an operation on a map."""
    try:
        with locked(map_dir.root / kind / map_dir.id, wait=False, create=False):
            return False
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True


def unfinished(root: Path, kind: str) -> Iterator[Operation]:
    """Yield the operations of a kind whose process is gone; of removals, also those that wait for the queue.

    The lock is held until the next one is asked for, so that of two processes one settles it.
    """
    try:
        found = sorted(path for path in (root / kind).iterdir() if path.is_file())
    except FileNotFoundError:
        return
    for marker in found:
        with contextlib.ExitStack() as stack:
            try:
                file = stack.enter_context(locked(marker, wait=False, create=False))
            except (BlockingIOError, FileNotFoundError):  # its process lives, or has just ended it
                continue
            content = _content_of_abandoned(file)
            if content is not None:
                yield _operation(root, marker, content)


def _operation(root: Path, marker: Path, content: dict[str, Any]) -> Operation:
    pool = content.get("pool")
    return Operation(
        marker,
        MapDir(root / names.MAPS / marker.name),
        content.get("tag", ""),
        pool and PoolAddress(**pool),
        content.get("constraint", "false"),
        content.get("new_tag", ""),
    )


def _content_of_abandoned(file: IO[str]) -> dict[str, Any] | None:
    """Return what a marker says whose lock nobody held; None where its process may live on another host."""
    try:
        content = dict(json.loads(file.read() or "{}"))
    except ValueError:
        content = {}  # killed while it wrote the marker
    elsewhere = content.get("host", socket.gethostname()) != socket.gethostname()
    if elsewhere and time.time() < content.get("since", 0) + _OTHER_HOSTS_PATIENCE:
        return None
    return content
