"""Move HTMAP_DIR: the folder, and what the ads of jobs in the queue say of it.

A journal in the folder says that it is being moved. It goes along, so wherever the process ends, the next command finds it in the
old place or in the new one, and has the jobs follow. Until then those that could start are on hold.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from htmap_core import names
from htmap_core.components import ComponentStatus
from htmap_core.condor.connection import Connection
from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import CannotMove, CorruptMap
from htmap_core.files.ownership import is_within
from htmap_core.files.relocation import clear_away, put_away, relocate, undo
from htmap_core.language.expressions import quoted
from htmap_core.plugins.pools import check_place, check_pools
from htmap_core.progress.work import LongWork
from htmap_core.results.engine import Engine
from htmap_core.settings.waiting import PATIENCE, tries
from htmap_core.storage import operations
from htmap_core.storage.content.paths import moved
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.root import end_move, move_of, moving, unfinished_move, why_still_moving
from htmap_core.storage.tags import tag_of
from htmap_core.wording import in_shell

_REASON = "htmap move: HTMAP_DIR is being moved"
_IDLE, _HELD = 1, 5
# The attributes of a job's ad that can name files of the submit side.
_PATHS = (
    *("Cmd", "Iwd", "UserLog", "Out", "Err", "In", "TransferInput", "TransferOutputRemaps", "Args", "Arguments"),
    *("Env", "Environment", "ContainerImage", "DockerImage", "SingularityImage"),
)


def move(root: Path, to: Path) -> None:
    """Move an HTMAP_DIR with all maps. Jobs that wait in the queue follow; no job may run.

    :param to: its new path, which must not exist, or be an empty folder.
    :raises CannotMove: something in it is in use. Nothing was changed.
    :raises CondorError: the pool of a map that has not ended does not answer. Nothing was changed.
    :raises HTMapException: the site of a pool forbids the new place. Nothing was changed.
    :raises MadeByNewerHTMap: only a newer HTMap knows the jobs of a map. Nothing was changed.
    """
    real = Path(os.path.realpath(root))
    _check_places(real, to)
    in_use = _check_unused(real, to)
    queued = list(_queued(real, to))
    for address in {*in_use, *(map_dir.pool for map_dir, _ in queued)}:
        check_place(Connection(address), to)
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(moving(real, {str(root), str(real)}, to))
        except (BlockingIOError, FileNotFoundError) as error:
            raise CannotMove(real, to, "another process is moving it, or has moved it") from error
        try:
            for map_dir, connection in queued:
                waiting = f"({map_dir.own_jobs}) && JobStatus == {_IDLE}"
                connection.act("hold", waiting, _REASON)
                _check_none_runs(map_dir, connection, real, to)
            for map_dir, _ in queued:
                _await_holds(map_dir)
            with LongWork(f"moving HTMAP_DIR to {to}") as work:
                relocate(real, to, work.look)
        except Exception as error:
            _finish(real)
            if isinstance(error, OSError):
                raise CannotMove(real, to, error.strerror or str(error)) from error
            raise
        _finish(to)


def _await_holds(map_dir: MapDir) -> None:
    """Wait until the event log shows that a map's jobs are held: a later event would make the old folder again."""
    engine = Engine(map_dir.id, map_dir, lambda: None, lambda _: math.inf)
    for _ in tries(PATIENCE, longest=0.1):
        if ComponentStatus.IDLE not in engine.statuses():
            return


def _await_releases(engine: Engine) -> None:
    """Wait until the event log shows no job that is held for the move, or who waits for the map would be told of a hold."""
    for _ in tries(PATIENCE, longest=0.1):
        engine.poll()
        if not any(hold.reason.startswith(_REASON) for hold in engine.holds().values()):
            return


def finish(root: Path) -> None:
    """Finish or undo an interrupted move of an HTMAP_DIR. Without one it costs a look for a file.

    :raises CondorError: the pool of a map does not answer; the next command tries again.
    """
    with unfinished_move(root) as is_unfinished:
        if is_unfinished:
            _finish(root)


def _finish(root: Path) -> None:
    """Have the jobs of an HTMAP_DIR that was moved, or should have been, follow to where it is now."""
    begun = move_of(root)
    if begun is None:  # its process was killed before it wrote: nothing had begun
        end_move(root)
        return
    if os.path.realpath(root) != os.path.realpath(begun.to):
        if move_of(begun.to) == begun:  # it was copied there, and the original was not put away any more
            put_away(Path(os.path.realpath(root)))
            return
        undo(begun.to)
    for former in begun.formers:
        if os.path.realpath(former) != os.path.realpath(root):
            put_away(former) if move_of(former) == begun else clear_away(former)  # it may be in use for others again
    formers = [*map(str, begun.formers), str(begun.to)]
    for map_dir in _maps(root):
        engine = Engine(tag_of(map_dir) or map_dir.id, map_dir, lambda: None, lambda _: math.inf)
        if not engine.has_ended():
            _follow(map_dir, Connection(map_dir.pool), formers, root)
            _await_releases(engine)
    end_move(root)


def _follow(map_dir: MapDir, connection: Connection, formers: Iterable[str], root: Path) -> None:
    """Edit the ads of a map's jobs, and release those that were held for the move."""
    constraint = map_dir.own_jobs
    ads = connection.query_jobs(constraint, ["ClusterId", "ProcId", *_PATHS])
    for name in _PATHS:
        wanted = [(ad, _followed(ad.get(name), formers, root)) for ad in ads]
        values = {value for _, value in wanted}
        if values == {None}:
            continue
        if len(values) == 1:
            connection.edit(constraint, name, quoted(str(values.pop())))
            continue
        for ad, value in wanted:
            if value is not None:
                connection.edit(f"{ad['ClusterId']}.{ad['ProcId']}", name, quoted(value))
    ours = f"substr(HoldReason, 0, {len(_REASON)}) == {quoted(_REASON)}"  # the schedd adds who has held the job
    held = f"({constraint}) && JobStatus == {_HELD} && {ours}"
    connection.act("release", held, "HTMAP_DIR was moved")


def _followed(value: Any, formers: Iterable[str], root: Path) -> str | None:
    """Return the value of an attribute that names the former place of HTMAP_DIR with the present one; else None."""
    text = moved(value, formers, root) if isinstance(value, str) else value
    return None if text == value else str(text)


def _check_places(real: Path, to: Path) -> None:
    if not real.is_dir():
        raise CannotMove(real, to, "there is no such folder")
    if to == real or real in to.parents:
        raise CannotMove(real, to, "it cannot be moved into itself")
    if os.path.lexists(to) and not (to.is_dir() and not to.is_symlink() and not any(to.iterdir())):
        raise CannotMove(real, to, f"{to} exists already", "Choose another path")
    if not to.parent.is_dir():
        raise CannotMove(real, to, f"there is no folder {to.parent}", f"`mkdir -p {in_shell(to.parent)}`")


def _check_unused(real: Path, to: Path) -> list[PoolAddress]:
    """Check that nothing in HTMAP_DIR is in use, and return the address of the pool that maps go to; none if none answers."""
    if (problem := why_still_moving(real)) is not None:
        raise CannotMove(real, to, f"an earlier move is not finished ({problem})", "`htmap settle` finishes it")
    for kind in operations.KINDS:
        if found := sorted(path for path in (real / kind).glob("*") if path.is_file()):
            raise CannotMove(real, to, f"{found[0]} tells of something unfinished", "`htmap settle` finishes it")
    usable = [each.address for each in check_pools() if each.address is not None]
    for address in usable:
        if address.configuration is not None and is_within(address.configuration, [str(real)]):
            raise CannotMove(real, to, f"the {address.pool} pool runs in it", "Stop it first: `htmap pool stop`")
    return usable[:1]


def _queued(real: Path, to: Path) -> Iterator[tuple[MapDir, Connection]]:
    """Yield the maps that have jobs in the queue, after checking that these can follow."""
    for map_dir in _maps(real):
        tag = tag_of(map_dir) or map_dir.id
        engine = Engine(tag, map_dir, lambda: None, lambda _: math.inf)
        if engine.has_ended():
            continue
        configuration = map_dir.pool.configuration
        if configuration is not None and is_within(configuration, [str(real)]):
            reason = f"map {tag!r} has not ended, and its jobs are in the queue of the pool that is moved, too"
            raise CannotMove(real, to, reason, f"`htmap pool start`, `htmap wait {in_shell(tag)}`, `htmap pool stop`")
        if ComponentStatus.UNMATERIALIZED in engine.statuses():
            reason = f"the schedd has yet to make jobs of map {tag!r}, in the old place"
            raise CannotMove(real, to, reason, f"`htmap wait {in_shell(tag)}`")
        connection = Connection(map_dir.pool)
        _check_none_runs(map_dir, connection, real, to)
        yield map_dir, connection


def _check_none_runs(map_dir: MapDir, connection: Connection, real: Path, to: Path) -> None:
    others = f"({map_dir.own_jobs}) && JobStatus != {_IDLE} && JobStatus != {_HELD}"
    if connection.query_jobs(others, ["ClusterId"], limit=1):
        tag = tag_of(map_dir) or map_dir.id
        reason = f"jobs of map {tag!r} run, and will return their results to the old place"
        raise CannotMove(
            real, to, reason, f"`htmap wait {in_shell(tag)}`, or `htmap hold {in_shell(tag)}` until the move is done"
        )


def _maps(root: Path) -> Iterator[MapDir]:
    """Yield the maps of an HTMAP_DIR but the damaged ones, which are moved as they are."""
    for path in sorted((root / names.MAPS).glob("*")):
        map_dir = MapDir(path)
        try:
            _ = map_dir.record, map_dir.submissions.all()
        except CorruptMap:
            continue
        yield map_dir
