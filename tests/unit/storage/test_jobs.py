"""Of what jobs returned, nothing but folders is taken for a folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from htmap_core.exceptions import CorruptMap
from htmap_core.storage.jobs import folder_below

PARTS = ("0", "0", "7", "files", "3")

INSTEAD: dict[str, Callable[[Path], object]] = {
    "a link to a folder": lambda path: path.symlink_to(path.parents[len(PARTS)]),
    "a link to nothing": lambda path: path.symlink_to("nowhere"),
    "a file": Path.touch,
    "a pipe": os.mkfifo,
}


def test_a_component_that_sent_nothing_has_an_empty_folder(tmp_path: Path) -> None:
    folder = folder_below(tmp_path, *PARTS)
    assert folder == folder_below(tmp_path, *PARTS) == tmp_path.joinpath(*PARTS)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("depth", range(1, len(PARTS) + 1))
@pytest.mark.parametrize("what", INSTEAD)
def test_what_is_no_folder_is_refused_and_nothing_is_made(tmp_path: Path, what: str, depth: int) -> None:
    outputs = tmp_path / "map" / "outputs"
    path = outputs.joinpath(*PARTS[:depth])
    path.parent.mkdir(parents=True)
    INSTEAD[what](path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(CorruptMap) as caught:
        folder_below(outputs, *PARTS)
    assert caught.value.path == path
    assert sorted(tmp_path.rglob("*")) == before
