"""What is installed to develop HTMap is locked: versions, and hashes of the files, for everything that the projects name."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.house.tree import PLUGINS, ROOT, project

LOCKS = {
    "runtime": ["runtime"],
    "dev": ["runtime", "dev"],
    "docs": ["docs"],
    "peers": ["peers"],
    "ecosystem": ["ecosystem"],
}  # and what is in each


def requirements(path: Path) -> list[Requirement]:
    lines = path.read_text().replace("\\\n", "").splitlines()
    return [Requirement(line.split(" --hash=")[0]) for line in lines if line.strip() and not line.startswith("#")]


def wanted(lock: str) -> list[Requirement]:
    listed = [each for name in LOCKS[lock] for each in requirements(ROOT / "requirements" / f"{name}.in")]
    if "runtime" in LOCKS[lock]:
        folders = [ROOT, *(ROOT / "plugins" / plugin for plugin in PLUGINS)]
        lines = [line for folder in folders for line in project(folder)["project"]["dependencies"]]
        listed += [Requirement(line) for line in lines if not line.startswith("htmap-")]
    return listed


def faults(wanted: list[Requirement], locked: list[Requirement]) -> list[str]:
    """Return the names of what the locked versions do not satisfy."""
    versions: dict[str, list[Version]] = {}
    for each in locked:
        (pinned,) = each.specifier
        versions.setdefault(each.name.lower(), []).append(Version(pinned.version))
    return [
        each.name
        for each in wanted
        if not (found := versions.get(each.name.lower())) or not all(map(each.specifier.contains, found))
    ]


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_is_locked_at_a_version_that_is_wanted(lock: str) -> None:
    assert faults(wanted(lock), requirements(ROOT / "requirements" / f"{lock}.txt")) == []


def test_what_is_missing_or_too_old_is_found() -> None:
    named = [Requirement("attrs>=23"), Requirement("click>=8"), Requirement("rich")]
    assert faults(named, [Requirement("attrs==22.1"), Requirement("rich==1")]) == ["attrs", "click"]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_file_has_a_hash_and_no_line_names_an_index(lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    entries = text.replace("\\\n", "").splitlines()
    assert [line for line in entries if not line.startswith("#") and "--hash=sha256:" not in line] == []
    assert "://" not in text
    assert "index" not in text


def test_development_and_running_take_the_same_versions() -> None:
    runtime, dev = (requirements(ROOT / "requirements" / f"{name}.txt") for name in ("runtime", "dev"))
    assert {(each.name, each.specifier) for each in runtime} <= {(each.name, each.specifier) for each in dev}
