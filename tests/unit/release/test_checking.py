"""What must be true of an sdist and a wheel: each fault is seen. The tools of others are tried by `make test-wheels`."""

from __future__ import annotations

from pathlib import Path

import pytest

from release.checking import faults_of_file
from release.distributions import Distribution, distributions
from release.staging import Facts, staged


@pytest.fixture
def pool(tree: Path, tmp_path: Path) -> Distribution:
    built = staged(tmp_path / "copy", Facts("https://git.example.org", "ada@example.org", "2030-01-31"), tree)
    return next(each for each in built if each.name == "htmap-pool")


def sdist(distribution: Distribution, **changed: str) -> dict[str, bytes]:
    """Return an sdist without a fault, or with some files changed or taken away."""
    metadata = f"Metadata-Version: 2.4\nName: {distribution.name}\nVersion: {distribution.project['version']}\n"
    metadata += "License-Expression: Apache-2.0\n\n[a](https://git.example.org/a.md)\n"
    files = {
        "PKG-INFO": metadata,
        "LICENSE": (distribution.folder / "LICENSE").read_text(),
        "tests/test_contract.py": "",
        **changed,
    }
    return {name: text.encode() for name, text in files.items()}


def test_there_is_one_without_a_fault(pool: Distribution) -> None:
    assert list(faults_of_file(pool, sdist(pool))) == []


@pytest.mark.parametrize(
    ("name", "was", "becomes"),
    [
        ("PKG-INFO", "Version: 0", "Version: 9"),
        ("PKG-INFO", "Apache-2.0", "MIT"),
        ("PKG-INFO", "(https://git.example.org/", "("),
        ("PKG-INFO", "(https:", "(http:"),
        ("PKG-INFO", "(https://git.example.org/a.md", "(#a"),
        ("LICENSE", "Apache", "Apaxhe"),
    ],
)
def test_a_fault_is_seen(pool: Distribution, name: str, was: str, becomes: str) -> None:
    before = sdist(pool)[name].decode()
    assert was in before
    assert len(list(faults_of_file(pool, sdist(pool, **{name: before.replace(was, becomes)})))) == 1


@pytest.mark.parametrize("name", ["LICENSE", "tests/test_contract.py"])
def test_a_missing_file_is_seen(pool: Distribution, name: str) -> None:
    contents = sdist(pool)
    del contents[name]
    assert len(list(faults_of_file(pool, contents))) == 1


def test_a_missing_man_page_is_seen(pool: Distribution) -> None:
    (pool.folder / "man").mkdir()
    (pool.folder / "man/htmap-pool.1").touch()
    (fault,) = faults_of_file(pool, sdist(pool))
    assert "htmap-pool.1" in fault


def test_a_wheel_needs_no_tests(pool: Distribution) -> None:
    contents = sdist(pool)
    del contents["tests/test_contract.py"]
    contents["htmap_pool-1.dist-info/METADATA"] = contents.pop("PKG-INFO")
    assert list(faults_of_file(pool, contents)) == []


def test_the_distributions_are_all_that_there_are(tree: Path) -> None:
    folders = [each.folder for each in distributions(tree)]
    assert folders == [tree, *sorted((tree / "plugins").iterdir())]
