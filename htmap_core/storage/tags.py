"""Tags on disk: each tag is a file with the id of its map, and a checksum.

The id alone will do, too: so 0.7.0 wrote it, and so users can mend a damaged tag. Where the file system has no hard links, a tag
is a symbolic link to nothing, whose target is what the file would say.
"""

from __future__ import annotations

import errno
import fnmatch
import os
import re
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from htmap_core import names
from htmap_core.exceptions import CorruptMap, MapWasRemoved, TagAlreadyExists, TagNotFound
from htmap_core.files.folders import remove_tree
from htmap_core.files.locks import REFUSED
from htmap_core.files.ownership import private_opener
from htmap_core.files.reading import read_file
from htmap_core.files.sealed import checksum
from htmap_core.storage.root import htmap_dir
from htmap_core.tags import check_tag, random_tag

if TYPE_CHECKING:  # a TAB needs names, and has no time for the rest
    from htmap_core.storage.mapdir import MapDir

_ID = re.compile(
    r"\w[\w-]{0,63}", re.ASCII
)  # what a map's directory can be called: a damaged tag must not lead elsewhere


def all_tags(pattern: str | None = None, root: Path | None = None) -> list[str]:
    """Return the tags of all maps, sorted, or those that match a glob-style pattern."""
    folder = (htmap_dir() if root is None else root) / names.TAGS
    try:
        found = [name for name in os.listdir(folder) if ":" not in name]
    except OSError:  # there is none yet
        return []
    return sorted(found if pattern is None else fnmatch.filter(found, pattern))


def find_map(tag: str, root: Path | None = None) -> MapDir:
    """Return the directory of the map tagged *tag*. A tag that leads to nothing is deleted on the way.

    :param root: the HTMAP_DIR, if the caller knows it: the look-up of the setting takes longer than the rest.
    :raises InvalidTag: no map can have this tag.
    :raises TagNotFound: no map has it.
    :raises CorruptMap: the tag is damaged, and there is a map without a tag, which may have it.
    """
    root = htmap_dir() if root is None else root
    map_id = _id_of(root, check_tag(tag))
    map_dir = _map_dir(root, map_id or "nobody")
    if map_id is None or not map_dir.exists:
        if not os.path.lexists(map_dir.removal):
            _check_that_none_is_lost(root, tag)
            clear_dangling(root, tag)
        raise TagNotFound(tag, [other for other in all_tags() if other != tag])
    return map_dir


def find_remains(tag: str) -> MapDir | None:
    """Return what a tag leads to, though its removal has begun, or the map without a tag with this id; None if there is none."""
    root = htmap_dir()
    if map_id := _id_of(root, tag):
        return _map_dir(root, map_id)
    return next((each for each in maps_without_tag(root) if each.id == tag), None)


def _check_that_none_is_lost(root: Path, tag: str) -> None:
    """Check that no map can have a tag that leads to none.

    :raises CorruptMap: one can.
    """
    path = root / names.TAGS / tag
    if _is_certain(path) or not (lost := maps_without_tag(root)):
        return
    ids = " or ".join(each.id for each in lost)
    raise CorruptMap(path, f"is damaged. Its map is {ids}: write that into the file, and the tag is whole again")


def maps_without_tag(root: Path) -> list[MapDir]:
    """Return the maps that no tag leads to, and that nothing is being done with: those whose tags are damaged."""
    try:
        ids = sorted(filter(_ID.fullmatch, os.listdir(root / names.MAPS)))
    except OSError:  # there is none yet
        return []
    with_tag = {_id_of(root, tag) for tag in all_tags(root=root)}
    found = [_map_dir(root, map_id) for map_id in ids if map_id not in with_tag]
    return [each for each in found if os.path.lexists(each.path) and not _is_made_or_removed(each)]


def _map_dir(root: Path, map_id: str) -> MapDir:
    from htmap_core.storage.mapdir import MapDir

    return MapDir(root / names.MAPS / map_id)


def _is_made_or_removed(map_dir: MapDir) -> bool:
    return any(os.path.lexists(map_dir.root / kind / map_dir.id) for kind in (names.CREATING, names.REMOVED))


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
        if not (_link_tag(root, map_id, tag) or (clear_dangling(root, tag) and _link_tag(root, map_id, tag))):
            raise TagAlreadyExists(tag)
        return tag
    while not _link_tag(root, map_id, candidate := random_tag()):
        pass
    return candidate


def take_tag_over(root: Path, map_id: str, tag: str, former: str) -> None:
    """Give a map the tag of another one in one step, so that the tag always leads to one of the two.

    :param former: the id of the other map, which may have lost the tag by now.
    :raises TagAlreadyExists: a third map has it.
    """
    if _id_of(root, tag) != former:
        claim_tag(root, map_id, tag)
        return
    temporary = _written(root, map_id)
    os.replace(temporary, root / names.TAGS / tag)


def _link_tag(root: Path, map_id: str, tag: str) -> bool:
    """Make a tag, and return whether it was free. Links of both kinds are atomic, and fail where the name is taken."""
    temporary = _written(root, map_id)
    try:
        try:
            os.link(temporary, temporary.with_name(tag))
        except OSError as error:
            if error.errno not in REFUSED:
                raise
            _link_symbolically(temporary.with_name(tag), _text(map_id))
    except FileExistsError:
        return False
    finally:
        temporary.unlink(missing_ok=True)
    return True


def _written(root: Path, map_id: str) -> Path:
    """Write a tag of a map under a temporary name, which the colon keeps out of all listings."""
    temporary = root / names.TAGS / f":{uuid.uuid4().hex}"
    try:
        with open(temporary, "w", encoding="utf-8", opener=private_opener) as file:
            file.write(f"{_text(map_id)}\n")
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _text(map_id: str) -> str:
    return f"{map_id} {checksum(map_id.encode())}"


def _link_symbolically(path: Path, said: str) -> None:
    try:
        path.symlink_to(said)
    except OSError as error:
        if error.errno not in REFUSED:
            raise
        problem = "its file system has neither hard nor symbolic links"
        raise OSError(errno.EOPNOTSUPP, problem, str(path.parent)) from error


def clear_dangling(root: Path, tag: str) -> bool:
    """Delete the tag if its map does not exist any more, and return whether that was so."""
    path = root / names.TAGS / tag
    said, map_id = _said(path), _id_of(root, tag)
    if map_id and (os.path.lexists(root / names.MAPS / map_id) or os.path.lexists(root / names.CREATING / map_id)):
        return False
    may_be_of_another = not _is_certain(path) and bool(maps_without_tag(root))
    if may_be_of_another or _said(path) != said:  # otherwise another process has just claimed it
        return False
    return drop_tag(root, tag)


def drop_tag(root: Path, tag: str) -> bool:
    """Delete a damaged tag, or what is in its place, wherever it should lead; return whether nothing is left."""
    path = root / names.TAGS / check_tag(tag)
    remove_tree(path)
    return not os.path.lexists(path)


def _id_of(root: Path, tag: str) -> str | None:
    """Return the id of the map with a tag; None if there is no such tag, or it is damaged."""
    map_id, seal = _said(root / names.TAGS / tag)
    return map_id if _ID.fullmatch(map_id) and seal in {"", checksum(map_id.encode())} else None


def _is_certain(path: Path) -> bool:
    """Return whether a tag has a checksum that is right, so that it leads where it should; or whether it does not exist."""
    map_id, seal = _said(path)
    return seal == checksum(map_id.encode()) or not os.path.lexists(path)


def _said(path: Path) -> tuple[str, str]:
    """Return the id and the checksum in a tag; empty texts for what it does not have."""
    try:
        text = read_file(path).decode("ascii", errors="replace")
    except FileNotFoundError:
        return "", ""
    except (OSError, ValueError):  # it is a link, which is not followed, or no tag
        try:
            text = os.readlink(path)
        except (OSError, ValueError):
            return "", ""
    map_id, _, seal = text.strip().partition(" ")
    return map_id, seal


def release_tag(root: Path, map_id: str, tag: str) -> None:
    """Delete the tag of a map, unless another map has it now."""
    if tag and _id_of(root, tag) == map_id:
        (root / names.TAGS / tag).unlink(missing_ok=True)


def release_all_tags(root: Path, map_id: str) -> None:
    """Delete whatever tags lead to a map. Another process may have given it one a moment ago."""
    for tag in all_tags(root=root):
        release_tag(root, map_id, tag)


def has_tag(map_dir: MapDir, tag: str) -> bool:
    """Return whether the map has this tag."""
    return _id_of(map_dir.root, tag) == map_dir.id


def tag_of(map_dir: MapDir) -> str | None:
    """Search all tags for a map's, and return it; None if the map has none."""
    return next((tag for tag in all_tags(root=map_dir.root) if has_tag(map_dir, tag)), None)


def tag_of_map(path: Path) -> str | None:
    """Return the tag of the map in a directory; None where it was removed."""
    return tag_of(_map_dir(path.parent.parent, path.name))


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
        self.tag: str = tag
        self.map_dir: MapDir = map_dir

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
