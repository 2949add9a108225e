"""What stands for a map where components are only planned to be added."""

from __future__ import annotations

from pathlib import Path

from htmap_core import names
from htmap_core.files.atomic import write_atomically
from htmap_core.files.ownership import make_folder
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.root import make_htmap_dir


def stand_in(map_dir: MapDir, scratch: Path) -> MapDir:
    """Return what stands for a map in a folder of its own. Components can be added to it as if it were the map itself.

    It has what tells how many components there are, and none of their files.

    :param scratch: stands for HTMAP_DIR.
    """
    made = MapDir(make_htmap_dir(scratch) / names.MAPS / map_dir.id)
    make_folder(made.path / names.OUTPUTS)
    items = [names.ITEMS.format(submission=each.number) for each in map_dir.submissions.all()]
    for name in (names.MAP, names.SUBMISSIONS, *items):
        write_atomically(made.path / name, (map_dir.path / name).read_bytes())
    return made
