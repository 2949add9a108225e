"""What describes the distributions: valid, alike, and with the section of the changelog that a release makes notes of."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from validate_pyproject.api import Validator
from validate_pyproject.errors import ValidationError

from release.changelogs import UNRELEASED, sections
from release.distributions import version
from release.shared_facts import wanted
from tests.house.tree import PLUGINS, ROOT, named, project

FOLDERS = {"htmap-core": ROOT, **{plugin: ROOT / "plugins" / plugin for plugin in PLUGINS}}


@pytest.mark.parametrize("path", [path for path, _ in wanted()], ids=named)
def test_all_say_alike_what_they_must_and_have_the_licence(path: Path) -> None:
    """Where it fails, such as for a new plugin, ``make align`` writes it."""
    assert path.is_file()
    assert path.read_text() == dict(wanted())[path]


def test_every_plugin_has_the_licence() -> None:
    assert {path for path, _ in wanted()} >= {folder / "LICENSE" for folder in FOLDERS.values() if folder != ROOT}


def fault(described: dict[str, Any]) -> str:
    """Return what others know to be wrong with a ``pyproject.toml``, among it classifiers that no index has."""
    try:
        Validator()(described)
    except ValidationError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", FOLDERS)
def test_what_describes_a_distribution_is_valid(name: str) -> None:
    assert fault(project(FOLDERS[name])) == ""


@pytest.mark.parametrize(
    "changed", [{"classifiers": ["Programming Language :: Snake"]}, {"license-files": "LICENSE"}, {"urls": ["?"]}]
)
def test_what_is_not_valid_is_seen(changed: dict[str, Any]) -> None:
    described = project(ROOT)
    assert fault({**described, "project": {**described["project"], **changed}})


def heading_fault(changelog: str, number: str) -> str:
    newest = sections(changelog)[0]
    if newest.version != number:
        return f"it begins with {newest.version}"
    return "" if newest.when == UNRELEASED or re.fullmatch(r"\d{4}-\d\d-\d\d", newest.when) else "is it released?"


@pytest.mark.parametrize("name", FOLDERS)
def test_a_changelog_begins_with_the_version_and_says_whether_it_is_released(name: str) -> None:
    assert heading_fault((FOLDERS[name] / "CHANGELOG.md").read_text(), version()) == ""


@pytest.mark.parametrize("heading", ["## 0.1.0 (not released)", "## 1.0.0", "## 1.0.0 (soon)"])
def test_another_heading_is_seen(heading: str) -> None:
    assert heading_fault(f"# Changelog\n\n{heading}\n", "1.0.0")
