"""What is written down: dependencies, public names, the licence, and what a newcomer looks for."""

from __future__ import annotations

import inspect
import re

import pytest

import htmap
import htmap_core
from tests.house.tree import PLUGINS, ROOT, project


@pytest.mark.parametrize("folder", ["", *(f"plugins/{plugin}" for plugin in PLUGINS)])
def test_every_dependency_is_explained(folder: str) -> None:
    explained = (ROOT / "docs/explanation/dependencies.md").read_text().lower()
    described = project(ROOT / folder)
    groups = described["project"].get("optional-dependencies", {}).values()
    wanted = [
        *described["project"]["dependencies"],
        *described["build-system"]["requires"],
        *(each for group in groups for each in group),
    ]
    assert [name for name in map(distribution_of, wanted) if not is_explained(name, explained)] == []


@pytest.mark.parametrize("name", ["runtime.in", "dev.in", "docs.in", "peers.in", "ecosystem.in"])
def test_every_dependency_of_development_is_explained(name: str) -> None:
    explained = (ROOT / "docs/explanation/dependencies.md").read_text().lower()
    lines = (ROOT / "requirements" / name).read_text().splitlines()
    wanted = [distribution_of(line) for line in lines if line.strip() and not line.startswith(("#", "-"))]
    assert [name for name in wanted if not is_explained(name, explained)] == []


def distribution_of(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert match is not None, requirement
    return match[0].lower()


def is_explained(name: str, text: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is not None


@pytest.mark.parametrize("name", [name for name in htmap.__all__ if name != "__version__"])
def test_every_public_name_is_documented(name: str) -> None:
    assert (inspect.getdoc(getattr(htmap, name)) or "").strip()


@pytest.mark.parametrize("name", [name for name in htmap_core.__all__ if name != "__version__"])
def test_every_name_for_plugin_authors_is_documented(name: str) -> None:
    assert (inspect.getdoc(getattr(htmap_core, name)) or "").strip()


@pytest.mark.parametrize(
    "name",
    [
        *("README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "CITATION.cff"),
        "docs/explanation/design.md",
    ],
)
def test_what_a_newcomer_looks_for_is_there(name: str) -> None:
    assert (ROOT / name).read_text().strip()


def test_the_licence_is_the_one_that_the_metadata_name() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text()
    folders = [ROOT, *(ROOT / "plugins" / plugin for plugin in PLUGINS)]
    assert {project(folder)["project"]["license"] for folder in folders} == {"Apache-2.0"}
