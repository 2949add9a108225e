"""Tags, and maps that are being made or removed.

A directory under ``creating`` or ``removed`` stands for an operation that has begun; the lock in it is held by the process that
does it. Where nobody holds the lock, the operation was interrupted, and the next command finishes or undoes it.
"""

from __future__ import annotations

import contextlib
import fcntl
import fnmatch
import json
import os
import shutil
import socket
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Optional

import attrs

from htmap_core import names
from htmap_core.configfile import value
from htmap_core.exceptions import BusyMap, TagAlreadyExists, TagNotFound
from htmap_core.pools import PoolAddress
from htmap_core.storage.mapdir import MapDir, plain_address
from htmap_core.tags import check_tag, random_tag

_OTHER_HOSTS_PATIENCE = 24 * 3600  # seconds: locks of a shared file system may not be seen by other hosts


@attrs.frozen
class Interrupted:
    """An operation on a map whose process is gone, or a removal that has begun.

    :param marker: what stands for it on disk.
    :param map_dir: the map.
    :param tag: the map's tag.
    :param pool: where a removed map's jobs are; None where it has none.
    :param constraint: a ClassAd expression that finds them.
    :param since: when it began, in seconds since the epoch.
    :param new_tag: the tag that the map was to get, where it was to get one.
    """

    marker: Path
    map_dir: MapDir
    tag: str
    pool: Optional[PoolAddress] = None
    constraint: str = "false"
    since: float = 0.0
    new_tag: str = ""


def htmap_dir() -> Path:
    """Return HTMAP_DIR as the settings say now; it may not exist."""
    return Path(os.path.abspath(value("HTMAP_DIR", Path)))  # noqa: PTH100 -- resolve() would follow links


def make_htmap_dir() -> Path:
    """Return HTMAP_DIR, which is then there, for this user only."""
    root = htmap_dir()
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in (names.TAGS, names.MAPS, names.REMOVED, names.CREATING, names.RERUNNING, names.RETAGGING):
        (root / name).mkdir(exist_ok=True)
    return root


# --- tags


def tags(pattern: str | None = None) -> list[str]:
    """Return the tags of all maps, sorted, or those that fit a glob-style pattern."""
    try:
        found = [name for name in os.listdir(htmap_dir() / names.TAGS) if ":" not in name]  # noqa: PTH208 -- names only
    except FileNotFoundError:
        return []
    return sorted(found if pattern is None else fnmatch.filter(found, pattern))


def find(tag: str) -> MapDir:
    """Return the directory of the map tagged *tag*.

    :raises InvalidTag: no map could have this tag.
    :raises TagNotFound: no map has it.
    """
    root = htmap_dir()
    try:
        map_id = (root / names.TAGS / check_tag(tag)).read_text().strip()
    except FileNotFoundError as error:
        raise TagNotFound(tag, tags()) from error
    map_dir = MapDir(root / names.MAPS / map_id)
    if not map_id or not map_dir.exists:
        raise TagNotFound(tag, [other for other in tags() if other != tag])
    return map_dir


def claim_tag(map_id: str, tag: str | None) -> str:
    """Give a map its tag, or a random one that is free; of two processes that want the same one gets it.

    :raises TagAlreadyExists: the tag is in use.
    """
    if tag is not None:
        if not _link_tag(map_id, tag):
            raise TagAlreadyExists(tag)
        return tag
    while not _link_tag(map_id, candidate := random_tag()):
        pass
    return candidate


def _link_tag(map_id: str, tag: str) -> bool:
    # A link is made whole or not at all, on every file system; the colon keeps the temporary name out of all listings.
    folder = htmap_dir() / names.TAGS
    temporary = folder / f":{uuid.uuid4().hex}"
    temporary.write_text(map_id + "\n")
    try:
        os.link(temporary, folder / tag)
    except FileExistsError:
        return False
    finally:
        temporary.unlink()
    return True


def release_tag(map_id: str, tag: str) -> None:
    """Take a tag from a map, unless it has another one by now."""
    path = htmap_dir() / names.TAGS / tag
    with contextlib.suppress(FileNotFoundError):
        if path.read_text().strip() == map_id:
            path.unlink()


def has_tag(map_dir: MapDir, tag: str) -> bool:
    """Return whether a tag is this map's."""
    try:
        return (htmap_dir() / names.TAGS / tag).read_text().strip() == map_dir.id
    except FileNotFoundError:
        return False


def tag_of(map_dir: MapDir) -> str | None:
    """Return a map's tag, looking at all; None where it has none."""
    return next((tag for tag in tags() if has_tag(map_dir, tag)), None)


# --- operations that have begun


@contextlib.contextmanager
def begun(kind: str, map_dir: MapDir, tag: str, **more: Any) -> Iterator[None]:
    """Hold the marker of an operation on a map; only if this process is killed inside, the marker stays behind.

    :raises BusyMap: another process has begun such an operation on the map.
    """
    marker = make_htmap_dir() / kind / map_dir.id
    with marker.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyMap(tag, kind) from error
        write_marker(file, tag, **more)
        try:
            yield
        finally:
            marker.unlink(missing_ok=True)


def move_tag(map_dir: MapDir, old: str, new: str) -> None:
    """Give a map the tag *new*, which is claimed already, and no other."""
    if not has_tag(map_dir, new):
        return  # an interrupted operation that had not come this far
    map_dir.make_persistent()
    if old != new:
        release_tag(map_dir.id, old)


def write_marker(file: IO[str], tag: str, **more: Any) -> None:
    """Write down in a marker whose lock is held which tag it is for, on which host, and since when."""
    file.truncate(0)
    json.dump({"tag": tag, "host": socket.gethostname(), "since": time.time(), **more}, file)
    file.flush()


def interrupted(kind: str) -> list[Interrupted]:
    """Return the operations of a kind whose process is gone; of removals, also those that wait for the queue."""
    return list(_interrupted(kind))


def _interrupted(kind: str) -> Iterator[Interrupted]:
    folder = htmap_dir() / kind
    try:
        found = sorted(folder.iterdir())
    except FileNotFoundError:
        return
    for marker in found:
        if marker.is_dir():  # the files of a map that is removed; its marker stands beside it
            continue
        content = _content_of_abandoned(marker)
        if content is not None:
            pool = content.get("pool")
            yield Interrupted(
                marker,
                MapDir(htmap_dir() / names.MAPS / marker.name),
                content.get("tag", ""),
                pool and PoolAddress(**pool),
                content.get("constraint", "false"),
                content.get("since", 0.0),
                content.get("new_tag", ""),
            )


def _content_of_abandoned(marker: Path) -> dict[str, Any] | None:
    """Return what a marker says, or None while its process lives."""
    try:
        with marker.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            content = json.loads(file.read() or "{}")
    except (FileNotFoundError, BlockingIOError):
        return None
    except ValueError:
        content = {}  # killed while it wrote the marker, before anything else
    elsewhere = content.get("host", socket.gethostname()) != socket.gethostname()
    if elsewhere and time.time() < content.get("since", 0) + _OTHER_HOSTS_PATIENCE:
        return None
    return dict(content)


def undo_creation(creation: Interrupted) -> None:
    """Delete what an interrupted creation left behind."""
    if creation.tag:
        release_tag(creation.map_dir.id, creation.tag)
    shutil.rmtree(creation.map_dir.path, ignore_errors=True)
    creation.marker.unlink(missing_ok=True)


# --- removal


def entomb(map_dir: MapDir, tag: str, pool: PoolAddress | None, constraint: str) -> Interrupted:
    """Write down that a map is to be removed; from now on its removal will be finished, by whomever.

    :param pool: where its jobs are; None where it has none that could be queued.
    :param constraint: a ClassAd expression that finds them.
    """
    marker = make_htmap_dir() / names.REMOVED / map_dir.id
    address = None if pool is None else plain_address(pool)
    with marker.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        write_marker(file, tag, pool=address, constraint=constraint)
    return Interrupted(marker, map_dir, tag, pool, constraint, time.time())


def keep_after_all(removal: Interrupted) -> None:
    """Take back that a map is to be removed."""
    removal.marker.unlink(missing_ok=True)


def delete_map(removal: Interrupted) -> None:
    """Delete a map's tag and files. Tag and directory are gone at once; deleting the files may be interrupted."""
    release_tag(removal.map_dir.id, removal.tag)
    grave = removal.marker.with_name(f"{removal.map_dir.id}.files")
    shutil.rmtree(grave, ignore_errors=True)  # of an interrupted attempt
    with contextlib.suppress(FileNotFoundError):
        removal.map_dir.path.rename(grave)
    shutil.rmtree(grave, ignore_errors=True)


def forget(removal: Interrupted) -> None:
    """Delete the last trace of a removal, if nothing of the map is left that would need another attempt."""
    if not removal.marker.with_name(f"{removal.map_dir.id}.files").exists() and not removal.map_dir.exists:
        removal.marker.unlink(missing_ok=True)
