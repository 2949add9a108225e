"""The site has each tutorial as a notebook, too, which its page leads to."""

from __future__ import annotations

import posixpath
import re

import pytest

from htmap_core.cli.docs.notebook import has_cells
from htmap_core.cli.docs.pages import pages
from tests.house.tree import ROOT
from website.notebooks import FOLDER, with_link

MAKEFILE = (ROOT / "Makefile").read_text()


def test_notebooks_are_made_where_the_site_looks_for_them() -> None:
    (made,) = re.findall(r"^NOTEBOOKS := (.*)", MAKEFILE, re.MULTILINE)
    assert ROOT / made == FOLDER


def test_all_pages_are_made_into_one_but_those_without_code() -> None:
    (left_out,) = re.findall(r"^TUTORIALS := \$\(filter-out (.*?),", MAKEFILE, re.MULTILINE)
    tutorials = [page for page in pages() if page.kind == "tutorials"]
    assert {page.name for page in tutorials if not has_cells(page)} == {*left_out.split()}


@pytest.mark.parametrize("page", ["docs/tutorials/tides", "docs/tutorials/workshop/tides"])
def test_a_page_has_a_link_below_its_title(page: str) -> None:
    title, _, link, *rest = with_link(page, "# Tides\n\nThey rise.\n").splitlines()
    (target,) = re.findall('href="(.*?)"', link)
    assert posixpath.normpath(posixpath.join(posixpath.dirname(page), target)) == "notebooks/tides.ipynb"
    assert (title, rest) == ("# Tides", ["", "They rise."])
