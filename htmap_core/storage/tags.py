"""Tags on disk: each tag is a file with the id of its map."""

from __future__ import annotations

import fnmatch
import os
import uuid
from pathlib import Path

from htmap_core import names
from htmap_core.exceptions import MapWasRemoved, TagAlreadyExists, TagNotFound
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.root import htmap_dir
from htmap_core.tags import check_tag, random_tag


def all_tags(pattern: str | None = None, root: Path | None = None) -> list[str]:
    """Return the tags of all maps, sorted, or those that match a glob-style pattern."""
    folder = (htmap_dir() if root is None else root) / names.TAGS
    try:
        found = [name for name in os.listdir(folder) if ":" not in name]
    except FileNotFoundError:
        return []
    return sorted(found if pattern is None else fnmatch.filter(found, pattern))


def find_map(tag: str, root: Path | None = None) -> MapDir:
    """Return the directory of the map tagged *tag*.

    :param root: the HTMAP_DIR, if the caller knows it: the look-up of the setting takes longer than the rest.
    :raises InvalidTag: no map can have this tag.
    :raises TagNotFound: no map has it.
    """
    root = htmap_dir() if root is None else root
    map_id = _id_of(root, check_tag(tag))
    map_dir = MapDir(root / names.MAPS / (map_id or "nobody"))
    if map_id is None or not map_dir.exists:
        raise TagNotFound(tag, [other for other in all_tags() if other != tag])
    return map_dir


def path_of(tag: str, part: str) -> Path:
    """Return the path of a part of the map tagged *tag*.

    :param part: one of :data:`htmap_core.names.PARTS`.
    :raises TagNotFound: no map has the tag.
    """
    map_dir = find_map(tag)
    place = names.PARTS[part].place
    return map_dir.root / names.TAGS / tag if place is None else map_dir.path / place


def claim_tag(root: Path, map_id: str, tag: str | None) -> str:
    """Give a map its tag, or a random free one. If two processes want the same tag, only one gets it.

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
    # A link is atomic on every file system. The colon keeps the temporary name out of all listings.
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
    """Delete the tag if its map does not exist any more, and return whether that was so."""
    map_id = _id_of(root, tag)
    if map_id is None or (root / names.MAPS / map_id).is_dir() or (root / names.CREATING / map_id).exists():
        return False
    release_tag(root, map_id, tag)
    return True


def _id_of(root: Path, tag: str) -> str | None:
    try:
        return (root / names.TAGS / tag).read_text().strip() or None
    except FileNotFoundError:
        return None


def release_tag(root: Path, map_id: str, tag: str) -> None:
    """Delete the tag of a map, unless another map has it now."""
    if tag and _id_of(root, tag) == map_id:
        (root / names.TAGS / tag).unlink(missing_ok=True)


def has_tag(map_dir: MapDir, tag: str) -> bool:
    """Return whether the map has this tag."""
    return _id_of(map_dir.root, tag) == map_dir.id


def tag_of(map_dir: MapDir) -> str | None:
    """Search all tags for a map's, and return it; None if the map has none."""
    return next((tag for tag in all_tags(root=map_dir.root) if has_tag(map_dir, tag)), None)


def tag_of_map(path: Path) -> str | None:
    """Return the tag that a map has now; None where it was removed.

    A plugin that keeps something for a map writes down the map's directory, which lasts; the tag may change::

        users = [tag for path in written_down if (tag := tag_of_map(path))]

    :param path: the map's directory, as :attr:`htmap_core.MapPlan.map_dir` had it.

    Since 0.7.
    """
    return tag_of(MapDir(path))


def move_tag(map_dir: MapDir, old: str, new: str) -> None:
    """Make *new*, which the map has claimed already, its only tag."""
    if not (new and has_tag(map_dir, new)):
        return  # the operation was interrupted before it claimed the new tag
    map_dir.make_persistent()
    if old != new:
        release_tag(map_dir.root, map_dir.id, old)


class TaggedMap:
    """A map on disk with its tag.

    :param tag: the last known tag: another process may give the map a new one.
    """

    def __init__(self, tag: str, map_dir: MapDir) -> None:
        self.tag = tag
        self.map_dir = map_dir

    def current_tag(self) -> str:
        """Return the map's present tag."""
        tag = self.tag  # another thread may set it
        if not has_tag(self.map_dir, tag):
            tag = self.tag = tag_of(self.map_dir) or tag
        return tag

    def check_existence(self) -> None:
        """Check that no process has removed the map.

        :raises MapWasRemoved: the map was removed.
        """
        if not self.map_dir.exists:
            raise MapWasRemoved(self.tag)
