"""The deletion of maps, in steps that survive an interruption: announce it, delete the tag and files, conclude it."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from htmap_core import names
from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import CannotRemoveMap
from htmap_core.files.folders import remove_tree
from htmap_core.files.locks import locked
from htmap_core.files.ownership import make_folder
from htmap_core.files.reading import is_file
from htmap_core.files.sharing import clear_unshared
from htmap_core.progress.work import LongWork
from htmap_core.storage import operations
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.operations import Operation
from htmap_core.storage.record import plain_address
from htmap_core.storage.tags import release_all_tags, release_tag, tag_of


def undo_creation(creation: Operation) -> None:
    """Delete the remains of an interrupted creation."""
    map_dir = creation.map_dir
    release_tag(map_dir.root, map_dir.id, creation.tag or tag_of(map_dir) or "")
    remove_tree(map_dir.path)
    clear_unshared(map_dir.root / names.PROGRAMS)
    operations.end(creation)


@contextlib.contextmanager
def announced(map_dir: MapDir, tag: str, pool: PoolAddress | None, constraint: str) -> Iterator[Operation]:
    """Write a marker for the removal of a map. From now on the map does not exist, and later commands finish the removal.

    A full disk cannot hold the marker; then the map is removed without one, which makes room. On a file system that cannot be
    written at all, the map and its jobs stay.

    :param pool: the pool of its jobs; None if no job can be in the queue.
    :param constraint: a ClassAd expression that finds the jobs.
    :raises CannotRemoveMap: the file system cannot be written; nothing was changed.
    """
    marker = map_dir.removal
    address = None if pool is None else plain_address(pool, map_dir.root)
    with contextlib.ExitStack() as stack:
        try:
            make_folder(marker.parent)  # an HTMAP_DIR of the original HTMap has none
            if is_file(marker) is False:
                remove_tree(marker)  # something else has its name
            operations.write(stack.enter_context(locked(marker)), tag, pool=address, constraint=constraint)
        except OSError as error:
            if error.errno in {errno.EROFS, errno.EACCES, errno.EPERM}:
                raise CannotRemoveMap(tag, str(marker.parent), error.strerror or str(error)) from error
            with contextlib.suppress(OSError):
                marker.unlink(missing_ok=True)
        yield Operation(marker, map_dir, tag, pool, constraint)


def withdraw(removal: Operation) -> None:
    """Cancel the announced removal of a map."""
    operations.end(removal)


def delete_map(removal: Operation) -> None:
    """Delete a map's tag and files. The tag and the directory are gone at once; the deletion of files may be interrupted.

    :raises CannotRemoveMap: the file system cannot be written.
    """
    moved_away = _moved_away(removal)
    remove_tree(moved_away)  # the remains of an interrupted attempt
    try:
        release_tag(removal.map_dir.root, removal.map_dir.id, removal.tag)
        _move_away(removal.map_dir.path, moved_away)
        release_all_tags(removal.map_dir.root, removal.map_dir.id)
    except OSError as error:
        raise CannotRemoveMap(removal.tag, str(removal.map_dir.path), error.strerror or str(error)) from error
    with LongWork(f"deleting the files of {removal.tag}") as work:
        remove_tree(moved_away, work.look)
    clear_unshared(removal.map_dir.root / names.PROGRAMS)


def conclude(removal: Operation) -> None:
    """Delete the marker of a removal, unless files of the map are left for another attempt."""
    if not os.path.lexists(_moved_away(removal)) and not os.path.lexists(removal.map_dir.path):
        operations.end(removal)


def _move_away(path: Path, to: Path) -> None:
    """Give a map's directory another place in one step; where the folder of the maps is another file system, delete it here."""
    try:
        path.rename(to)
    except FileNotFoundError:
        pass
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        remove_tree(path)


def _moved_away(removal: Operation) -> Path:
    return removal.marker.with_name(f"{removal.map_dir.id}{names.REMAINS}")
