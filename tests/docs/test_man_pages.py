"""The man pages are what the commands say; `make golden` writes them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docs.man_pages import pages
from tests.golden_files import Golden
from tests.house.tree import PLUGINS, ROOT, project

OF = {"": ROOT, **{plugin: ROOT / "plugins" / plugin for plugin in PLUGINS}}


def made(distribution: str) -> dict[str, str]:
    return pages(distribution or None)


@pytest.mark.parametrize("distribution", OF)
def test_each_command_has_its_man_page(distribution: str, golden: Golden) -> None:
    folder = OF[distribution] / "man"
    for name, text in made(distribution).items():
        golden.file(folder / name, text)
    assert {path.name for path in folder.glob("*")} == set(made(distribution))


@pytest.mark.parametrize("distribution", OF)
def test_whose_commands_have_man_pages_ships_them(distribution: str) -> None:
    wheel = project(OF[distribution])["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel.get("shared-data", {}) == ({"man": "share/man/man1"} if made(distribution) else {})


def test_the_page_of_htmap_has_what_man_pages_wants_and_names_variables_that_are_there() -> None:
    page = pages(None)["htmap.1"]
    wanted = ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "ENVIRONMENT", "FILES", "SEE ALSO"]
    assert [title for title in re.findall(r"^\.SH (.+)", page, re.MULTILINE) if title in wanted] == wanted
    variable = re.compile(r"HTMAP_[A-Z]+(?:_[A-Z]+)*")
    settings = (ROOT / "docs" / "reference" / "settings.md").read_text()
    assert set(variable.findall(page)) <= set(variable.findall(settings))


def test_a_page_leads_to_those_of_the_commands_that_it_names() -> None:
    _, _, others = pages(None)["htmap-status.1"].partition(".SH SEE ALSO")
    assert {r"htmap\-clean", r"htmap\-advise"} <= set(re.findall(r"htmap\\-\w+", others))


@pytest.mark.skipif(shutil.which("groff") is None, reason="there is no groff")
@pytest.mark.parametrize(
    "path", [path for each in OF.values() for path in each.glob("man/*.1")], ids=lambda path: path.name
)
def test_a_man_page_has_no_mistake_that_groff_knows(path: Path) -> None:
    ran = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", "-z", path], capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stderr == ""
