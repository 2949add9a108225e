"""Which maps use a packed installation, and when one began to."""

from __future__ import annotations

import os
from pathlib import Path

from htmap_core import tag_of_map, write_atomically

_MAPS = "maps"


def add_user(folder: Path, map_dir: Path) -> None:
    """Write down that a map uses a transplant from now on."""
    lines = {_written(path, folder): None for path in [*_users(folder), map_dir]}
    write_atomically(folder / _MAPS, "".join(f"{line}\n" for line in lines))


def tags(folder: Path) -> tuple[str, ...]:
    """Return the tags of the maps that use a transplant and still exist."""
    return tuple(sorted(filter(None, map(tag_of_map, _users(folder)))))


def is_needed(folder: Path) -> bool:
    """Return whether a map that uses a transplant exists, or may exist."""
    return bool(_users(folder))


def last_use(folder: Path) -> float:
    """Return when the last map was made that uses a transplant, in seconds since the epoch."""
    try:
        return (folder / _MAPS).stat().st_mtime
    except FileNotFoundError:
        return folder.stat().st_mtime


def _users(folder: Path) -> list[Path]:
    """Return the directories of the maps that use a transplant; those that are gone are left out."""
    try:
        lines = (folder / _MAPS).read_text(encoding="utf-8", errors="replace").splitlines()  # damage may be no text
    except FileNotFoundError:
        return []
    return [path for path in (_normal(folder / line) for line in lines) if _may_exist(path)]


def _may_exist(map_dir: Path) -> bool:
    """Return whether a map is there, or its whole HTMAP_DIR is not, as on a file system that is not mounted now."""
    try:
        map_dir.lstat()
    except ValueError:  # damage: no path at all
        return False
    except (FileNotFoundError, NotADirectoryError):
        return not map_dir.parent.is_dir()
    except OSError:
        return True
    return True


def _written(map_dir: Path, folder: Path) -> str:
    """Return the path of a map as it is written down: relative in the same HTMAP_DIR, which can be moved."""
    return os.path.relpath(map_dir, folder) if folder.is_relative_to(map_dir.parents[1]) else str(map_dir)


def _normal(path: Path) -> Path:
    return Path(os.path.normpath(path))
