"""Environments that were made in the folder of a project, beside its data."""

from __future__ import annotations

from pathlib import Path

import pytest
from htmap_transplant import contents
from htmap_transplant.installation import Installation

pytestmark = pytest.mark.packs


@pytest.fixture
def project(installation: Installation, site: Path) -> Path:
    """The folder of an environment that is a project's, too: with data, a package, and what an installed package has there."""
    folder = installation.prefix
    for name in (
        "data[1]/huge.bin",
        "tidal/__init__.py",
        "notes.txt",
        "charts/depths.csv",
        "share/doc.txt",
        "pip.conf",
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    info = site / "charts-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: charts\nVersion: 1\n")
    (info / "RECORD").write_text("../../../charts/depths.csv,,\ncharts-1.dist-info/RECORD,,\n")
    return folder


def names(installation: Installation) -> set[str]:
    return {each.name for each in contents.members(installation)}


def test_what_is_the_projects_stays_at_home(installation: Installation, project: Path) -> None:
    assert not {"data[1]/huge.bin", "tidal/__init__.py", "notes.txt", "pip.conf"} & names(installation)


def test_what_packages_have_put_there_travels(installation: Installation, project: Path) -> None:
    assert {"charts/depths.csv", "share/doc.txt"} <= names(installation)


def test_of_the_project_as_an_editable_install_travels_what_can_be_imported(
    installation: Installation, project: Path, site: Path
) -> None:
    (site / "module.py").touch()
    (site / "tidal.pth").write_text(f"{project}\n")
    found = {name.partition(f"sources{project}/")[2] for name in names(installation) if name.startswith("sources/")}
    assert found == {"tidal/__init__.py"}
