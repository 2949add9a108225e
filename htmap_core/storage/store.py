"""HTMAP_DIR: tags, and the deletion of maps."""

from __future__ import annotations

import contextlib
import errno
import fnmatch
import os
import shutil
import time
import uuid
from pathlib import Path

from htmap_core import names
from htmap_core.configfile import value
from htmap_core.exceptions import TagAlreadyExists, TagNotFound
from htmap_core.pools import PoolAddress
from htmap_core.storage import markers
from htmap_core.storage.errors import CannotRemoveMap
from htmap_core.storage.mapdir import MapDir, plain_address
from htmap_core.storage.markers import Interrupted
from htmap_core.tags import check_tag, random_tag

_FOLDERS = (names.TAGS, names.MAPS, names.REMOVED, names.CREATING, names.RERUNNING, names.RETAGGING)


def htmap_dir() -> Path:
    """Return HTMAP_DIR as the settings say now; it may not exist."""
    return Path(os.path.abspath(value("HTMAP_DIR", Path)))  # noqa: PTH100 -- resolve() would follow links


def make_htmap_dir() -> Path:
    """Return HTMAP_DIR, which is then there, for this user only."""
    root = htmap_dir()
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in _FOLDERS:
        (root / name).mkdir(exist_ok=True)
    return root


# --- tags


def tags(pattern: str | None = None, root: Path | None = None) -> list[str]:
    """Return the tags of all maps, sorted, or those that fit a glob-style pattern."""
    folder = (htmap_dir() if root is None else root) / names.TAGS
    try:
        found = [name for name in os.listdir(folder) if ":" not in name]  # noqa: PTH208 -- names only
    except FileNotFoundError:
        return []
    return sorted(found if pattern is None else fnmatch.filter(found, pattern))


def find(tag: str, root: Path | None = None) -> MapDir:
    """Return the directory of the map tagged *tag*.

    :param root: the HTMAP_DIR, where it is at hand; looking it up for each of many maps takes longer than the rest.
    :raises InvalidTag: no map could have this tag.
    :raises TagNotFound: no map has it.
    """
    root = htmap_dir() if root is None else root
    map_id = _id_of(root, check_tag(tag))
    map_dir = MapDir(root / names.MAPS / (map_id or "nobody"))
    if map_id is None or not map_dir.exists:
        raise TagNotFound(tag, [other for other in tags() if other != tag])
    return map_dir


def path_of(tag: str, part: str) -> Path:
    """Return where a part of the map tagged *tag* is on disk.

    :param part: one of :data:`htmap_core.names.PARTS`; ``logs``, what components wrote to their standard output and error, is in
        ``outputs``.
    :raises TagNotFound: no map has the tag.
    """
    map_dir = find(tag)
    places = {
        "map": map_dir.path,
        "tag": map_dir.root / names.TAGS / tag,
        "events": map_dir.events,
        "inputs": map_dir.path / names.INPUTS,
        "outputs": map_dir.path / names.OUTPUTS,
        "logs": map_dir.path / names.OUTPUTS,
    }
    return places[part]


def claim_tag(root: Path, map_id: str, tag: str | None) -> str:
    """Give a map its tag, or a random one that is free; of two processes that want the same one gets it.

    :raises TagAlreadyExists: the tag is in use.
    """
    if tag is not None:
        if not (_link_tag(root, map_id, tag) or (_clear_dangling(root, tag) and _link_tag(root, map_id, tag))):
            raise TagAlreadyExists(tag)
        return tag
    while not _link_tag(root, map_id, candidate := random_tag()):
        pass
    return candidate


def _link_tag(root: Path, map_id: str, tag: str) -> bool:
    # A link is made whole or not at all, on every file system; the colon keeps the temporary name out of all listings.
    folder = root / names.TAGS
    temporary = folder / f":{uuid.uuid4().hex}"
    try:
        temporary.write_text(map_id + "\n")
        os.link(temporary, folder / tag)
    except FileExistsError:
        return False
    finally:
        temporary.unlink(missing_ok=True)
    return True


def _clear_dangling(root: Path, tag: str) -> bool:
    """Delete a tag whose map is gone without it; return whether it was one."""
    map_id = _id_of(root, tag)
    if map_id is None or MapDir(root / names.MAPS / map_id).exists or (root / names.CREATING / map_id).exists():
        return False
    release_tag(root, map_id, tag)
    return True


def _id_of(root: Path, tag: str) -> str | None:
    try:
        return (root / names.TAGS / tag).read_text().strip() or None
    except FileNotFoundError:
        return None


def release_tag(root: Path, map_id: str, tag: str) -> None:
    """Take a tag from a map, unless it has another one by now."""
    if tag and _id_of(root, tag) == map_id:
        (root / names.TAGS / tag).unlink(missing_ok=True)


def has_tag(map_dir: MapDir, tag: str) -> bool:
    """Return whether a tag is this map's."""
    return _id_of(map_dir.root, tag) == map_dir.id


def tag_of(map_dir: MapDir) -> str | None:
    """Return a map's tag, looking at all; None where it has none."""
    return next((tag for tag in tags(root=map_dir.root) if has_tag(map_dir, tag)), None)


def move_tag(map_dir: MapDir, old: str, new: str) -> None:
    """Give a map the tag *new*, which is claimed already, and no other."""
    if not (new and has_tag(map_dir, new)):
        return  # an interrupted operation that had not come this far
    map_dir.make_persistent()
    if old != new:
        release_tag(map_dir.root, map_dir.id, old)


# --- deletion


def undo_creation(creation: Interrupted) -> None:
    """Delete what an interrupted creation left behind."""
    map_dir = creation.map_dir
    release_tag(map_dir.root, map_dir.id, creation.tag or tag_of(map_dir) or "")
    shutil.rmtree(map_dir.path, ignore_errors=True)
    creation.marker.unlink(missing_ok=True)


def entomb(map_dir: MapDir, tag: str, pool: PoolAddress | None, constraint: str) -> Interrupted:
    """Write down that a map is to be removed; from now on its removal will be finished, by whomever.

    On a full disk that cannot be written down, and the map is removed all the same: that makes room. Where the file system lets
    nothing be written at all, its jobs are better kept, too.

    :param pool: where its jobs are; None where it has none that could be queued.
    :param constraint: a ClassAd expression that finds them.
    :raises CannotRemoveMap: the file system does not let it; nothing was changed.
    """
    marker = map_dir.root / names.REMOVED / map_dir.id
    address = None if pool is None else plain_address(pool)
    try:
        marker.parent.mkdir(exist_ok=True)  # an HTMAP_DIR of the original HTMap has none
        with markers.locked(marker) as file:
            markers.write(file, tag, pool=address, constraint=constraint)
    except OSError as error:
        if error.errno in {errno.EROFS, errno.EACCES, errno.EPERM}:
            raise CannotRemoveMap(tag, str(marker.parent), error.strerror or str(error)) from error
        with contextlib.suppress(OSError):
            marker.unlink(missing_ok=True)
    return Interrupted(marker, map_dir, tag, pool, constraint, time.time())


def keep_after_all(removal: Interrupted) -> None:
    """Take back that a map is to be removed."""
    removal.marker.unlink(missing_ok=True)


def delete_map(removal: Interrupted) -> None:
    """Delete a map's tag and files. Tag and directory are gone at once; deleting the files may be interrupted.

    :raises CannotRemoveMap: the file system does not let it.
    """
    grave = removal.marker.with_name(f"{removal.map_dir.id}.files")
    shutil.rmtree(grave, ignore_errors=True)  # of an interrupted attempt
    try:
        release_tag(removal.map_dir.root, removal.map_dir.id, removal.tag)
        with contextlib.suppress(FileNotFoundError):
            removal.map_dir.path.rename(grave)
    except OSError as error:
        raise CannotRemoveMap(removal.tag, str(removal.map_dir.path), error.strerror or str(error)) from error
    shutil.rmtree(grave, ignore_errors=True)


def forget(removal: Interrupted) -> None:
    """Delete the last trace of a removal, if nothing of the map is left that would need another attempt."""
    if not removal.marker.with_name(f"{removal.map_dir.id}.files").exists() and not removal.map_dir.path.exists():
        removal.marker.unlink(missing_ok=True)
