"""Checkpoints in a map's directory."""

from __future__ import annotations

from pathlib import Path

from htmap_core.storage.mapdir import MapDir
from htmap_run.files import checkpoints


def test_the_checkpoints_of_components_go_with_what_was_cut_off(tmp_path: Path) -> None:
    names = ["0", "0.0123.part", "1", "1.4567.part", "10", "10.89ab.part"]
    folder = (tmp_path / checkpoints.place(0)).parent
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).touch()

    MapDir(tmp_path).remove_checkpoints([0, 10, 2000])

    assert {path.name for path in folder.iterdir()} == {"1", "1.4567.part"}
