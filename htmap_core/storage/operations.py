"""Operations on maps, and their markers.

A marker is a file under ``creating``, ``removed`` and the like. The process that does the operation holds a lock on its marker.
If no process holds the lock, the operation was interrupted, and the next command finishes or undoes it.

A marker has a checksum. What a damaged one says is not used: it could name another host, or the jobs of another map.

0.7.0 would undo an interrupted creation whose ledger it does not understand, and leave the jobs in the queue. It waits for the
processes of other hosts, though, so our markers tell it of one, and of a time that does not come.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Optional

import attrs

from htmap_core import names
from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import BusyMap, CorruptMap, MadeByNewerHTMap
from htmap_core.files.atomic import write_atomically
from htmap_core.files.holders import OTHER_HOSTS_PATIENCE, Holder, this_process
from htmap_core.files.locks import locked, rewrite
from htmap_core.files.reading import is_file
from htmap_core.files.sealed import seal
from htmap_core.storage.content.formats import check_needs
from htmap_core.storage.content.markers import read_marker
from htmap_core.storage.faults.storing import NOTHING_CHANGED, REST_CAN_RUN, storing
from htmap_core.storage.log import logger
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.record import address_from
from htmap_core.wording import in_shell

KINDS = (names.REMOVED, names.CREATING, names.RERUNNING, names.RETAGGING, names.RUNNING)
_FOR_0_7_0 = {"host": "of a newer HTMap", "since": 1e11}
TRY_AGAIN_AFTER = 600.0  # seconds: a pool that does not answer costs a command HTCondor's timeouts
GIVE_UP_AFTER = 7 * 24 * 3600.0  # seconds


@attrs.frozen
class Operation:
    """An interrupted operation on a map, or a removal that is under way.

    :param marker: the path of its marker.
    :param map_dir: the map.
    :param tag: the map's tag; empty if the process was killed before it wrote the marker, or the marker is damaged.
    :param pool: the pool of a removed map's jobs; None if it has none.
    :param constraint: a ClassAd expression that finds the jobs.
    :param new_tag: the tag that a retagging was to give the map; empty for other operations.
    :param replaces: the id of the map whose place a new one takes; empty for other operations.
    :param together: the numbers of submissions that count together or not at all; none where each counts by itself.
    :param is_damaged: whether the marker is damaged, so that nothing but the map is known.
    :param first_tried: when its pool was first asked, and the operation could not be finished.
    :param tried: when its pool was last asked, and the operation could not be finished, in seconds since the epoch; 0 for never.
    :param problem: what was in the way then.
    :param since: when it began.
    """

    marker: Path
    map_dir: MapDir
    tag: str
    pool: Optional[PoolAddress] = None
    constraint: str = "false"
    new_tag: str = ""
    replaces: str = ""
    together: tuple[int, ...] = ()
    is_damaged: bool = False
    first_tried: float = 0.0
    tried: float = 0.0
    problem: str = ""
    since: float = 0.0

    @property
    def is_given_up(self) -> bool:
        """Whether it was tried in vain for so long that only the user can have it tried again."""
        return self.tried > self.first_tried + GIVE_UP_AFTER

    @property
    def is_due(self) -> bool:
        """Whether a command that acts should try it now."""
        return not self.is_given_up and time.time() > self.tried + TRY_AGAIN_AFTER


def write(file: IO[str], tag: str, **more: Any) -> None:
    """Write the tag, this process and the time into a locked marker."""
    holder = attrs.asdict(this_process())
    rewrite(file, seal({"tag": tag, **_FOR_0_7_0, "holder": holder, "at": time.time(), **more}))


@attrs.define
class Performing:
    """An operation that is being performed.

    :param is_left: whether the marker stays after an error, so that the next command finishes or undoes the operation.
    """

    is_left: bool = False


@contextlib.contextmanager
def perform(kind: str, map_dir: MapDir, tag: str, **more: Any) -> Iterator[Performing]:
    """Hold the marker of an operation on a map during the block.

    The marker stays only if the process is killed or interrupted, or the block says so.

    :raises BusyMap: another process is doing this kind of operation on the map.
    """
    marker = map_dir.root / kind / map_dir.id
    with contextlib.ExitStack() as stack:
        performing = Performing()
        try:
            with storing(marker, NOTHING_CHANGED):
                file = stack.enter_context(_marked(marker, kind, tag))
                write(file, tag, **more)
            with storing(map_dir.path, REST_CAN_RUN if kind == names.RUNNING else NOTHING_CHANGED):
                yield performing
        except BusyMap:
            raise
        except Exception:
            if not performing.is_left:
                _drop(marker)
            raise
        _drop(marker)


@contextlib.contextmanager
def _marked(marker: Path, kind: str, tag: str) -> Iterator[IO[str]]:
    """Make the marker of an operation, and lock it.

    :raises BusyMap: another process holds it.
    :raises CorruptMap: something else is in its place.
    """
    if is_file(marker) is False:
        raise CorruptMap(marker, f"is no file, so the map cannot be changed: `rm -r {in_shell(marker)}` removes it")
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(locked(marker, wait=False))
        except BlockingIOError as error:
            raise BusyMap(tag, kind) from error
        yield file


def _drop(marker: Path) -> None:
    """Delete a marker; what is in its place, or a file system that cannot be written, is left to the next command."""
    with contextlib.suppress(OSError):
        marker.unlink()


def end(operation: Operation) -> None:
    """Delete the marker of an interrupted operation that this command has finished."""
    _drop(operation.marker)


def note_attempt(operation: Operation, problem: str) -> None:
    """Note in the marker of an interrupted operation that it could not be finished now, and why.

    The marker is replaced as a whole, because what it says is dear. A damaged one stays, for its age counts.
    """
    with contextlib.suppress(OSError):  # without the note it is tried again sooner
        content = read_marker(operation.marker)
        if content:
            note = {"first_tried": content.get("first_tried", time.time()), "tried": time.time(), "problem": problem}
            write_atomically(operation.marker, seal({**content, "at": operation.since, **note}))


def is_under_way(kind: str, map_dir: MapDir) -> bool:
    """Return whether a process is doing this kind of operation on the map."""
    try:
        with locked(map_dir.root / kind / map_dir.id, wait=False, create=False):
            return False
    except BlockingIOError:
        return True
    except OSError:  # there is none, or something that cannot be locked
        return False


def await_end(kind: str, map_dir: MapDir) -> None:
    """Wait until no process is doing this kind of operation on the map."""
    with contextlib.suppress(OSError), locked(map_dir.root / kind / map_dir.id, create=False):
        pass


def unfinished(root: Path, kind: str) -> Iterator[Operation]:
    """Yield the interrupted operations of a kind, and the removals that wait until the queue has none of their jobs.

    The lock of an operation is held until the caller asks for the next one, so that only one process settles it.
    """
    for marker in _found(root, kind):
        with contextlib.ExitStack() as stack:
            try:
                file = stack.enter_context(locked(marker, wait=False, create=False))
                operation = _read(root, marker, file)
            except OSError:  # its process is alive, or has just finished; what cannot be opened is told by `damaged`
                continue
            if operation is not None:
                yield operation


def markers(root: Path) -> Iterator[Path]:
    """Yield the markers of interrupted operations: those that no process holds."""
    for kind in KINDS:
        for marker in _found(root, kind):
            if not is_under_way(kind, MapDir(root / names.MAPS / marker.name)):
                yield marker


def damaged(root: Path) -> Iterator[Path]:
    """Yield the markers that are damaged, and what stands in the place of one."""
    for kind in KINDS:
        for marker in _entries(root, kind):
            is_remains = kind == names.REMOVED and marker.suffix == names.REMAINS and marker.is_dir()
            with contextlib.suppress(FileNotFoundError):  # it was just deleted
                if not is_remains and read_marker(marker) is None:
                    yield marker


def _found(root: Path, kind: str) -> list[Path]:
    """Return the markers of a kind. What is no file is none; another process may delete any of them at any moment."""
    return [path for path in _entries(root, kind) if is_file(path)]


def _entries(root: Path, kind: str) -> list[Path]:
    try:
        return sorted(path for path in (root / kind).iterdir() if not path.name.startswith("."))
    except OSError:  # there is none yet
        return []


def _read(root: Path, marker: Path, file: IO[str]) -> Operation | None:
    """Return what a marker says that no process has locked; None if its process may be alive on another host.

    It may be for a damaged marker, too, if that was written not long ago. What a newer HTMap has begun is left to that.
    """
    map_dir = MapDir(root / names.MAPS / marker.name)
    content = read_marker(marker)
    if content is None:
        is_old = time.time() > os.fstat(file.fileno()).st_mtime + OTHER_HOSTS_PATIENCE
        return Operation(marker, map_dir, "", is_damaged=True) if is_old else None
    try:
        check_needs(content, marker)
    except MadeByNewerHTMap as error:
        logger.warning("map %r: an interrupted operation is left alone: %s", content.get("tag", ""), error)
        return None
    since = content.get("at", content.get("since", os.fstat(file.fileno()).st_mtime))
    if _may_be_at_work(content, since):
        return None
    constraint = content.get("constraint", "false")
    if "holder" not in content:
        constraint = f"({constraint}) && {map_dir.own_jobs}"  # 0.7.0 wrote clusters alone, and no checksum
    return Operation(
        marker,
        map_dir,
        content.get("tag", ""),
        pool=_pool_in(content, root),
        constraint=constraint,
        new_tag=content.get("new_tag", ""),
        replaces=content.get("replaces", ""),
        together=tuple(content.get("together", ())),
        first_tried=content.get("first_tried", 0.0),
        tried=content.get("tried", 0.0),
        problem=content.get("problem", ""),
        since=since,
    )


def _pool_in(content: Mapping[str, Any], root: Path) -> PoolAddress | None:
    """Return the pool in a marker. 0.7.0 did not name the schedd of its host: most likely it has the host's name."""
    if not content.get("pool"):
        return None
    address = address_from(content["pool"], root)
    host = content.get("host", socket.gethostname())
    is_of_0_7_0 = "holder" not in content and address.schedd is None and address.configuration is None
    return attrs.evolve(address, schedd=host) if is_of_0_7_0 and host != socket.gethostname() else address


def _may_be_at_work(content: Mapping[str, Any], since: float) -> bool:
    """Return whether the process of a marker may be alive although its lock is free: locks may not reach other hosts."""
    try:
        holder = Holder(**content["holder"])
    except (KeyError, TypeError):  # 0.7.0 wrote the host alone
        is_elsewhere = content.get("host", socket.gethostname()) != socket.gethostname()
        return bool(is_elsewhere and time.time() < since + OTHER_HOSTS_PATIENCE)
    return holder.may_hold_what_is_free(since)
