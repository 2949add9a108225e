"""Whoever follows the page on plugins in an empty folder has a plugin that works."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import htmap_core
from htmap_core import testing

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "write-a-plugin.md"
FILES = [
    "pyproject.toml",
    "htmap_sw/plugin.py",
    "tests/test_contract.py",
    "tests/conftest.py",
]  # in the order of the page


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the page has its reader make."""
    folder = tmp_path_factory.mktemp("htmap-sw")
    blocks = re.findall(r"^```(?:toml|python)\n(.*?)^```", PAGE.read_text(), flags=re.MULTILINE | re.DOTALL)
    for name, text in zip(FILES, blocks):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    (folder / "htmap_sw" / "__init__.py").touch()
    return folder


@pytest.fixture(scope="module")
def environment(project: Path) -> dict[str, str]:
    """The environment of programs that find it installed."""
    target = project / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(target), str(project)], check=True)
    return {**os.environ, "PYTHONPATH": str(target)}


def test_it_is_listed_with_what_it_offers(environment: dict[str, str], htmap_dir: Path) -> None:
    command = [sys.executable, "-m", "htmap", "plugins", "list", "--json"]
    listed = json.loads(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    (row,) = [row for row in listed["plugins"] if row["name"] == "sw"]
    assert (row["distribution"], row["state"]) == ("htmap-sw", "ok")
    assert list(row["delivery_methods"]) == ["sw"]


def test_its_tests_pass_and_say_what_they_skip(environment: dict[str, str], project: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "tests"]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "SKIPPED" in done.stdout


# --- the list of the API


def listed(text: str) -> list[str]:
    """Return the names in the tables of the page's section on the API."""
    return re.findall(r"^\| `(\w+)` \| \S", text.partition("\n## The API\n")[2], flags=re.MULTILINE)


def fixtures() -> list[str]:
    tree = ast.parse((Path(testing.__file__).with_name("fixtures.py")).read_text())
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [each.name for each in functions if any("pytest.fixture" in ast.unparse(by) for by in each.decorator_list)]


def test_the_page_lists_the_api_with_a_line_for_each_name_and_nothing_else() -> None:
    assert sorted(listed(PAGE.read_text())) == sorted([*htmap_core.__all__, *testing.__all__, *fixtures()])


def test_the_page_names_what_modules_of_the_api_give() -> None:
    (line,) = re.findall(r"^\| `wording` \| .*: (.*) \|$", PAGE.read_text(), flags=re.MULTILINE)
    assert sorted(re.findall(r"`(\w+)`", line)) == sorted(htmap_core.wording.__all__)


def test_the_page_names_files_that_there_are() -> None:
    named = re.findall(r"`((?:htmap_core|examples|plugins|tests)/[\w./-]+)`", PAGE.read_text())
    root = PAGE.parents[2]
    # The page's own plugin has a folder of tests, too.
    assert [name for name in named if not (root / name).exists() and name not in FILES] == []
    assert len(named) > len(FILES)
