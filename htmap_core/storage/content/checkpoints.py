"""Checkpoints that jobs have put beside the map's files: only jobs that may reach the submit side have any there."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from htmap_core.files.folders import remove_tree
from htmap_run.files import checkpoints
from htmap_run.files.checkpoint_copies import UNFINISHED


def remove_checkpoints(map_path: Path, components: Iterable[int] | None) -> None:
    """Remove the checkpoints of components, or of all."""
    if components is None:
        remove_tree(map_path / checkpoints.FOLDER)
        return
    places = {map_path / checkpoints.place(component) for component in components}
    unfinished = [path for folder in {each.parent for each in places} for path in folder.glob(f"*{UNFINISHED}")]
    for path in [*places, *(each for each in unfinished if each.with_name(each.name.partition(".")[0]) in places)]:
        path.unlink(missing_ok=True)
