"""What all distributions say alike is written from the core's, by one step."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from release.distributions import compatible, distributions, pythons, version
from release.shared_facts import align, wanted


def test_an_aligned_tree_stays_as_it_is(tree: Path) -> None:
    assert align(tree) == []


def test_another_version_is_everywhere_after_one_step(tree: Path) -> None:
    align(tree, "0.12.3")
    assert {each.project["version"] for each in distributions(tree)} == {"0.12.3"}
    core, *plugins = distributions(tree)
    assert all("htmap-core>=0.12,<0.13" in each.project["dependencies"] for each in plugins)
    assert core.project["optional-dependencies"]["shared"] == ["htmap-shared>=0.12,<0.13"]
    assert '__version__ = "0.12.3"' in (tree / "htmap_core/version.py").read_text()
    assert "\nversion: 0.12.3\n" in (tree / "CITATION.cff").read_text()
    assert align(tree) == []


@pytest.mark.parametrize(
    ("name", "was", "becomes"),
    [
        ("pyproject.toml", 'license = "Apache-2.0"', 'license = "MIT"'),
        ("pyproject.toml", 'requires-python = ">=3.9"', 'requires-python = ">=3.7"'),
        ("pyproject.toml", "Python :: 3.13", "Python :: 3.6"),
        ("pyproject.toml", 'version = "', 'version = "1'),
        ("pyproject.toml", "htmap-core>=0.", "htmap-core>=3."),
        ("pyproject.toml", 'license-files = ["LICENSE"]\n', ""),
        ("LICENSE", "Apache", "Apaxhe"),
    ],
)
def test_what_differs_in_a_plugin_is_written_anew(tree: Path, name: str, was: str, becomes: str) -> None:
    path = tree / "plugins/htmap-pool" / name
    before = path.read_text()
    assert was in before
    path.write_text(before.replace(was, becomes))
    assert [each for each, text in wanted(tree) if each.read_text() != text] == [path]
    assert align(tree) == [path]
    assert path.read_text() == before


def test_a_new_plugin_gets_all(tree: Path) -> None:
    plugin = tree / "plugins/htmap-tide"
    plugin.mkdir()
    described = '[project]\nname = "htmap-tide"\nlicense = "?"\ndependencies = ["htmap-core>=0.1,<0.2"]\n'
    (plugin / "pyproject.toml").write_text(described)
    assert set(align(tree)) == {plugin / "pyproject.toml", plugin / "LICENSE"}
    (new,) = (each for each in distributions(tree) if each.name == "htmap-tide")
    (other,) = (each for each in distributions(tree) if each.name == "htmap-pool")
    for fact in ("version", "requires-python", "license", "license-files", "authors", "classifiers"):
        assert new.project[fact] == other.project[fact]
    assert new.project["keywords"][-1] == "tide"
    assert new.project["dependencies"] == [f"htmap-core{compatible(version(tree))}"]
    assert align(tree) == []


def test_the_supported_pythons_are_in_order(tree: Path) -> None:
    assert pythons(tree)[0] == "3.9"
    assert pythons(tree) == sorted(pythons(tree), key=lambda each: int(each[2:]))


@pytest.mark.parametrize("version", ["1.9.4", "1.9.0rc1", "1.9.0", "2.0.0a1"])
def test_a_range_of_versions_takes_the_version_itself_and_not_the_next_minor_one(version: str) -> None:
    found = SpecifierSet(compatible(version))
    major, minor, *_ = version.split(".")
    assert found.contains(version, prereleases=True)
    assert found.contains(f"{major}.{minor}.7")
    assert not found.contains(f"{major}.{int(minor) + 1}.0")


def test_after_a_release_candidate_the_release_is_wanted(tree: Path) -> None:
    align(tree, "0.12.0rc1")
    align(tree, "0.12.0")
    assert all("htmap-core>=0.12,<0.13" in each.project["dependencies"] for each in distributions(tree)[1:])
