"""What somebody seeks is among the first three: in the search of the site, and by ``htmap docs WORDS``."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from htmap_core.cli.docs.pages import pages, search
from tests.house.tree import ROOT
from website.tree import said_of_pages

SITE = ROOT / "build" / "site"
NOT_MADE = "`make docs` has not made the site"
PAGES = pages()

# What people type, and pages that answer it: one of these has to be among the first three.
SOUGHT = {
    "executor": {"docs/how-to/executors"},
    "memory": {"docs/how-to/resources", "docs/tutorials/map-options"},
    "docker": {"docs/how-to/containers"},
    "held": {"docs/tutorials/error-handling", "docs/how-to/find-out-why"},
    "idle": {"docs/how-to/find-out-why"},
    "rerun": {"docs/tutorials/error-handling"},
    "kerberos": {"docs/tutorials/cern"},
    "logs": {"docs/how-to/logging"},
    "numpy": {"docs/tutorials/advanced-mapping"},
    "cern": {"docs/tutorials/cern"},
    "download results": {"docs/how-to/faq"},
    "install": {"docs/how-to/install"},
    "time limit": {"docs/how-to/limit-the-run-time"},
    "gpu": {"docs/how-to/gpus"},
    "checkpoint": {"docs/how-to/checkpoint"},
    "notebook": {"docs/how-to/notebooks"},
    "json": {"docs/reference/json"},
    "settings": {"docs/reference/settings"},
    "NoSlotFits": {"docs/reference/exceptions"},
    "changelog": {"CHANGELOG"},
    "cite": {"docs/how-to/faq"},
    "design": {"docs/explanation/design"},
}


def test_what_is_sought_is_there() -> None:
    there = {str(page.path.relative_to(ROOT).with_suffix("")) for page in PAGES}
    assert {page for sought in SOUGHT.values() for page in sought} <= there


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    """Return the pages that the site's search finds for each query, best first."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node")
    if not SITE.is_dir():
        assert os.environ.get("CI") != "true", NOT_MADE
        pytest.skip(NOT_MADE)
    program = Path(__file__).with_name("searching.js")
    ran = subprocess.run([node, program, SITE, *SOUGHT], capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 0, ran.stderr
    answer: dict[str, list[str]] = json.loads(ran.stdout)
    return answer


@pytest.mark.parametrize("query", SOUGHT)
def test_the_site_finds_it(query: str, found: dict[str, list[str]]) -> None:
    assert SOUGHT[query] & set(found[query][:3]), found[query][:8]


@pytest.mark.parametrize("query", SOUGHT)
def test_the_command_finds_it(query: str) -> None:
    best = [str(each.page.path.relative_to(ROOT).with_suffix("")) for each in search(query.split(), PAGES)]
    assert SOUGHT[query] & set(best[:3]), best[:8]


def test_what_the_index_says_of_a_page_is_its_whole_item() -> None:
    index = "- [Tides](how-to/tides.md) and\n  [waves](../waves.md), [high](ebb.md#high) and low.\n\nSee [winds](winds.md).\n"
    assert said_of_pages(index, "docs/index") == {
        "docs/how-to/tides": "Tides and\n  waves, high and low.",
        "waves": "Tides and\n  waves, high and low.",
    }


def test_both_searches_know_the_same_of_each_page() -> None:
    index = (ROOT / "docs" / "index.md").read_text()
    known = {
        str(each.path.relative_to(ROOT).with_suffix("")): each.about for each in PAGES if each.path.suffix == ".md"
    }
    said = said_of_pages(index, "docs/index")
    assert {name: about.lstrip("- ") for name, about in known.items() if about} == said
