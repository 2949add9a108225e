"""Pages that name all of a kind name all that there are: states, files on disk."""

from __future__ import annotations

import re

import pytest

from htmap_core import names
from htmap_core.components import ComponentStatus
from htmap_core.names import PARTS
from tests.house.tree import ROOT

STATES = (ROOT / "docs/explanation/states.md").read_text()
DISK = (ROOT / "docs/reference/files-on-disk.md").read_text()

DESIGN = (ROOT / "docs/explanation/design.md").read_text()


def on_disk() -> list[str]:
    """Return what lies below HTMAP_DIR and in a map's directory, by the tree in the design: all but what is in its folders."""
    _, _, tree = DESIGN.partition("    $HTMAP_DIR (")
    tree, _, _ = tree.partition("\n\n")
    lines = re.findall(r"^ {6,9}(\S.*?)(?: {2,}|$)", tree, re.MULTILINE)
    return [re.split(r"[/<]", each)[0] for line in lines for each in line.split(", ")]


@pytest.mark.parametrize("status", ComponentStatus)
def test_every_status_is_explained(status: ComponentStatus) -> None:
    assert re.search(rf"^\| {status.value} \| .+ \|", STATES, re.MULTILINE)


@pytest.mark.parametrize("name", on_disk())
def test_every_file_and_folder_has_a_row(name: str) -> None:
    assert re.search(rf"^\| .*`(?:maps/<id>/)?{re.escape(name)}[/`\d]", DISK, re.MULTILINE)


def test_the_design_knows_the_names_that_code_gives() -> None:
    known = {names.TAGS, names.EXECUTORS, names.MOVING, names.RUNTIME, names.KEYS, names.ARGUMENTS, names.TRANSIENT}
    assert known <= set(on_disk())


@pytest.mark.parametrize("part", [part for part, (place, _) in PARTS.items() if place])
def test_parts_that_path_knows_are_told(part: str) -> None:
    assert f"`TAG:{part}`" in DISK or PARTS[part].place in {
        each.place for name, each in PARTS.items() if f"`TAG:{name}`" in DISK
    }


def test_a_row_that_is_missing_is_seen() -> None:
    assert not re.search(r"^\| .*`tides[/`]", DISK, re.MULTILINE)
