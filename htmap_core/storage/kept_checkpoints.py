"""The checkpoints of a map: jobs put them into its directory while they run; here they are only removed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable

from htmap_core.storage.mapdir import MapDir
from htmap_run.files import checkpoints


def has_checkpoints(map_dir: MapDir) -> bool:
    """Return whether a job of the map has put a checkpoint there; cheap."""
    return os.path.isdir(os.path.join(map_dir.path, checkpoints.FOLDER))  # noqa: PTH112, PTH118 -- often called


def remove_checkpoints(map_dir: MapDir, components: Iterable[int] | None = None) -> None:
    """Remove the checkpoints of *components*, or of all: what has ended is never gone on with.

    A job that runs all the same makes the folders again.
    """
    if components is None:
        shutil.rmtree(map_dir.path / checkpoints.FOLDER, ignore_errors=True)
    for component in components or ():
        (map_dir.path / checkpoints.place(component)).unlink(missing_ok=True)
