"""Whoever has only the wheel can read each page that something names: it is named by its command, ``htmap docs files``."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from htmap_core.cli.docs.pages import pages
from tests.house.tree import ROOT, files, named, sources

NAMES = {page.name for page in pages()}
_COMMAND = re.compile(r"\bhtmap docs ([a-z][a-z0-9.-]*[a-z0-9])(?=`|'|\"|  )")
_PATH = re.compile(r"\bdocs/(?:how-to|tutorials|reference|explanation)/")


def unknown(text: str) -> Iterator[str]:
    """Yield the pages that a text names by their command, and that there are not."""
    yield from (name for name in _COMMAND.findall(text) if name not in NAMES)


def test_the_pages_that_are_named_by_commands_are_there() -> None:
    read = [path for path in files() if path.suffix in {".py", ".md"} or path.name == "Makefile"]
    texts = {named(path): path.read_text() for path in read if "tests" not in path.relative_to(ROOT).parts}
    assert sum(len(_COMMAND.findall(text)) for text in texts.values()) > 5
    assert {name: list(unknown(text)) for name, text in texts.items() if list(unknown(text))} == {}


def test_what_is_shipped_names_no_page_by_its_path() -> None:
    naming = [named(path) for path in sources() if _PATH.search(path.read_text())]
    assert naming == ["htmap_core/cli/docs/pages.py"]  # which finds them there


@pytest.mark.parametrize(
    ("text", "count"), [("`htmap docs fils`", 1), ("`htmap docs files`", 0), ("`htmap docs some words`", 0)]
)
def test_a_page_that_there_is_not_is_seen(text: str, count: int) -> None:
    assert len(list(unknown(text))) == count


def test_a_path_is_seen() -> None:
    assert _PATH.search("see docs/how-to/files.md")
