"""All distributions, built as a release builds them: clean by every tool, the same when built again, with tests that pass.

They need minutes, so `make test-wheels` builds them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

from release import building, checking
from release.distributions import Distribution
from release.staging import Facts, staged
from tests.house.tree import DISTRIBUTIONS

if "HTMAP_TEST_WHEELS" not in os.environ:
    pytest.skip("they take minutes: `make test-wheels`", allow_module_level=True)

FACTS = Facts("https://git.example.org/htmap", "ada@example.org", "2030-01-31")

# Of all kinds that need no pool; those of the house look at every file.
SOME = (
    *("tests/house/test_links.py", "tests/house/test_distributions.py", "tests/house/test_packages.py"),
    *("tests/unit/settings", "tests/unit/test_imports.py", "tests/unit/release/test_making.py"),
    *("tests/docs/test_man_pages.py", "tests/docs/test_settings.py"),
)


@attrs.frozen
class Built:
    """What was built.

    :param distributions: in the copy of which it was built.
    :param files: the folder of the files.
    """

    distributions: list[Distribution]
    files: Path


def build(folder: Path) -> Built:
    (folder / "tree").mkdir(parents=True)
    distributions = staged(folder / "tree", FACTS)
    building.build(distributions, folder / "dist", FACTS.day)
    return Built(distributions, folder / "dist")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build(tmp_path_factory.mktemp("built") / "first")


def test_each_has_an_sdist_and_a_wheel_without_a_fault(built: Built) -> None:
    assert len(list(built.files.iterdir())) == 2 * (1 + len(DISTRIBUTIONS))
    assert list(checking.faults(built.distributions, built.files)) == []


def test_built_again_elsewhere_they_are_the_same(built: Built, tmp_path: Path) -> None:
    assert building.sums(build(tmp_path / "a/longer/way").files) == building.sums(built.files)


def test_what_others_know_to_be_wrong_is_seen(built: Built, tmp_path: Path) -> None:
    (core,) = (each for each in built.distributions if each.name == "htmap-core")
    for path in built.files.glob("htmap_core-*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "pyproject.toml").write_text(
        (core.folder / "pyproject.toml").read_text().replace("Topic :: System", "Topic :: Sea", 1)
    )
    (tmp_path / "LICENSE").write_bytes((core.folder / "LICENSE").read_bytes())
    files = tmp_path / "files"
    files.mkdir()
    for path in tmp_path.glob("htmap_core-*"):
        path.rename(files / path.name)
    said = list(checking.faults([Distribution("htmap-core", tmp_path)], files))
    assert any("validate_pyproject" in fault for fault in said)


def test_the_tests_in_the_sdist_of_the_core_pass_in_it(built: Built, tmp_path: Path) -> None:
    (sdist,) = built.files.glob("htmap_core-*.tar.gz")
    subprocess.run(["tar", "-xf", sdist, "-C", tmp_path], check=True, timeout=180)
    (unpacked,) = tmp_path.iterdir()
    command = [sys.executable, "-m", "pytest", "-q", "-x", *SOME]
    environment = {name: value for name, value in os.environ.items() if name != "HTMAP_TEST_WHEELS"}
    ran = subprocess.run(
        command, cwd=unpacked, env=environment, capture_output=True, text=True, check=False, timeout=900
    )
    assert ran.returncode == 0, ran.stdout
