"""Recipes for conda-forge: what describes a distribution, and the checksum of its sdist."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from release import recipes
from release.staging import Facts, staged

FACTS = Facts("https://git.example.org/htmap", "ada@example.org", "2030-01-31")


@pytest.fixture
def written(tree: Path, tmp_path: Path) -> dict[str, list[str]]:
    """The lines of the recipe of each distribution."""
    built = staged(tmp_path / "copy", FACTS, tree)
    files = tmp_path / "dist"
    files.mkdir()
    for each in built:
        (files / f"{each.file_name}-1.2.3.tar.gz").write_text(each.name)
    recipes.write(built, files, tmp_path / "conda")
    return {each.name: (tmp_path / "conda" / each.name / "recipe.yaml").read_text().splitlines() for each in built}


def test_a_recipe_is_of_the_very_sdist(written: dict[str, list[str]]) -> None:
    for name, lines in written.items():
        assert f"  sha256: {hashlib.sha256(name.encode()).hexdigest()}" in lines
        assert f"  name: {name}" in lines


def test_a_recipe_needs_what_the_distribution_needs_by_the_names_of_conda(written: dict[str, list[str]]) -> None:
    core = written["htmap-core"]
    assert "    - python-htcondor >=24.0" in core  # without the marker of its system
    assert "    - tomli >=2" in core
    assert not any("htcondor>=" in line for line in core)
    assert any(line.startswith("    - htmap-core ") for line in written["htmap-pool"])


def test_the_core_has_its_commands_and_plugins_have_none(written: dict[str, list[str]]) -> None:
    assert "      - htmap = htmap_core.__main__:start" in written["htmap-core"]
    assert not any("entry_points" in line for line in written["htmap-pool"])
