"""The site of the documentation (`make docs` builds it): no page is without a way in, and none is named that there is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from htmap_core.cli.docs.pages import pages
from tests.house.test_links import without_code
from tests.house.tree import ROOT
from website.tree import sections

INDEX = ROOT / "docs" / "index.md"
PAGES = {page.path for page in pages() if page.path.suffix == ".md" and page.path != INDEX}


def tree(index: str) -> Iterator[str]:
    for _, found in sections(index):
        yield from (str((INDEX.parent / f"{each}.md").resolve().relative_to(ROOT)) for each in found)


def test_the_tree_has_every_page_once() -> None:
    found = list(tree(INDEX.read_text()))
    assert sorted(found) == sorted(str(path.relative_to(ROOT)) for path in PAGES)


@pytest.mark.parametrize("path", sorted([INDEX, *PAGES]), ids=str)
def test_a_page_has_one_title(path: Path) -> None:
    headings = re.findall(r"^#+ ", without_code(path.read_text()), re.MULTILINE)
    assert headings[0] == "# "
    assert headings.count("# ") == 1


def test_readme_is_the_way_in() -> None:
    linked = re.findall(r"\]\(([^)#:]+\.md)\)", (ROOT / "README.md").read_text())
    assert {"docs/index.md", "docs/tutorials/first-steps.md", "docs/how-to/install.md"} <= set(linked)


def test_a_page_for_newcomers_stands_first() -> None:
    first = next(iter(tree(INDEX.read_text())))
    assert first == "docs/tutorials/first-steps.md"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("- [Tides](how-to/tides.md): more", ["docs/how-to/tides.md"]),
        ("- [Tides](how-to/tides.md) and\n  [waves](how-to/waves.md#high)", ["docs/how-to/tides.md"]),
        ("See [tides](how-to/tides.md)", []),
        ("- [HTCondor](https://htcondor.org/tides.md)", []),
    ],
)
def test_the_items_of_lists_are_the_tree(line: str, found: list[str]) -> None:
    assert list(tree(f"# Tides\n\n## Learn\n\n{line}\n")) == found
