"""Links between the pages lead to files and headings that there are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import files, named

PAGES = [path for path in files() if path.suffix == ".md"]


def without_code(page: str) -> str:
    return re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)


def anchors(page: str) -> set[str]:
    """Return the names that the headings of a page have in links."""
    headings = re.findall(r"^#+ (.*)$", without_code(page), flags=re.MULTILINE)
    plain = [re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in headings]
    return {re.sub(r"[^\w -]", "", heading).replace(" ", "-") for heading in plain}


def dead_links(path: Path) -> Iterator[str]:
    """Yield the links of a page that lead nowhere; those to other places are not followed."""
    for link in re.findall(r"\]\(([^)\s]+)\)", without_code(path.read_text())):
        file, _, anchor = link.partition("#")
        target = path.parent / file if file else path
        if re.match(r"[a-z]+:", link):
            continue
        if not target.exists() or (anchor and anchor not in anchors(target.read_text())):
            yield link


def test_there_are_pages_with_links() -> None:
    assert len(PAGES) > 20


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_the_links_of_a_page_lead_somewhere(path: Path) -> None:
    assert list(dead_links(path)) == []


@pytest.mark.parametrize(
    ("link", "dead"),
    [
        ("#the-tide", False),
        ("#the-boat", True),
        ("tide.md", False),
        ("tide.md#htmap_tides-more", False),
        ("boat.md", True),
        ("https://boats.example.org/#boat", False),
    ],
)
def test_a_link_that_leads_nowhere_is_seen(link: str, dead: bool, tmp_path: Path) -> None:
    page = tmp_path / "tide.md"
    page.write_text(f"# The tide\n\n```sh\n# The boat\n```\n\n## `htmap_tides`: [more](tide.md)\n\n[look]({link})\n")
    assert list(dead_links(page)) == ([link] if dead else [])
