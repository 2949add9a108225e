"""Which maps need what a plugin keeps in a folder, and when one began to."""

from __future__ import annotations

import os
from pathlib import Path

import attrs

from htmap_core.files.atomic import write_atomically
from htmap_core.storage.tags import tag_of_map

_MAPS = "maps"


@attrs.frozen
class MapUsers:
    """The maps that need what a plugin keeps in a folder for several maps, such as an archive.

    They are written down in the file ``maps`` there, by their directories: tags may change. Hold a lock of your own when
    you add one, and when you delete what none needs::

        with locked(folder.parent / "lock"):
            MapUsers(folder).add(plan.map_dir)

    Since 0.7.

    :param folder: the folder.
    """

    folder: Path

    def add(self, map_dir: Path) -> None:
        """Write down that a map needs it from now on.

        :param map_dir: the map's directory, as :attr:`htmap_core.MapPlan.map_dir` has it.
        """
        lines = {self._written(path): None for path in [*self._maps(), map_dir]}
        write_atomically(self.folder / _MAPS, "".join(f"{line}\n" for line in lines))

    def tags(self) -> tuple[str, ...]:
        """Return the tags of the maps that need it and still exist."""
        return tuple(sorted(filter(None, map(tag_of_map, self._maps()))))

    @property
    def are_left(self) -> bool:
        """Whether a map that needs it exists, or may exist."""
        return bool(self._maps())

    @property
    def last_use(self) -> float:
        """When the last map was made that needs it, in seconds since the epoch; without one, when the folder was made."""
        try:
            return (self.folder / _MAPS).stat().st_mtime
        except FileNotFoundError:
            return self.folder.stat().st_mtime

    def _maps(self) -> list[Path]:
        """Return the directories of the maps; those that are gone are left out."""
        try:
            # Damage may be no text.
            lines = (self.folder / _MAPS).read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return []
        return [path for path in (Path(os.path.normpath(self.folder / line)) for line in lines) if _may_exist(path)]

    def _written(self, map_dir: Path) -> str:
        """Return the path of a map as it is written down: relative in the same HTMAP_DIR, which can be moved."""
        is_inside = self.folder.is_relative_to(map_dir.parents[1])
        return os.path.relpath(map_dir, self.folder) if is_inside else str(map_dir)


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
