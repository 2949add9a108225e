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

BELOW_HTMAP_DIR = (
    """TAGS MAPS REMOVED LOGS CREATING RERUNNING RETAGGING RUNNING MOVING SLOTS DELIVERY DURATIONS PROGRAMS"""
)
BELOW_A_MAP = (
    """MAP FUNCTION SOURCE_LINES INPUTS ARGUMENTS SUBMIT SUBMISSIONS EVENTS STATE OUTPUTS FILES ADDED TRANSIENT"""
)


@pytest.mark.parametrize("status", ComponentStatus)
def test_every_status_is_explained(status: ComponentStatus) -> None:
    assert re.search(rf"^\| {status.value} \| .+ \|", STATES, re.MULTILINE)


@pytest.mark.parametrize("name", [*BELOW_HTMAP_DIR.split(), *BELOW_A_MAP.split()])
def test_every_file_and_folder_has_a_row(name: str) -> None:
    assert re.search(rf"^\| .*`{re.escape(getattr(names, name))}[/`]", DISK, re.MULTILINE)


@pytest.mark.parametrize("part", [part for part, (place, _) in PARTS.items() if place])
def test_parts_that_path_knows_are_told(part: str) -> None:
    assert f"`TAG:{part}`" in DISK or PARTS[part].place in {
        each.place for name, each in PARTS.items() if f"`TAG:{name}`" in DISK
    }


def test_a_row_that_is_missing_is_seen() -> None:
    assert not re.search(r"^\| .*`tides[/`]", DISK, re.MULTILINE)
