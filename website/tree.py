"""The tree of the site: what `docs/index.md` links, by its headings, in its order.

The index is for people, in a checkout and in ``htmap docs`` as well. So it is the one list of pages, and Sphinx gets its own
from it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any

_SECTION = re.compile(r"^#+ (.+)\n((?:(?!#).*\n)*)", re.MULTILINE)
_ITEM = re.compile(r"^- .*(?:\n  .*)*", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]+)\]\(([^)#:]+)\.md\)")
_ANY_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")


def setup(app: Any) -> dict[str, bool]:
    """Have Sphinx read the index with its trees."""
    app.connect("source-read", _add_trees)
    return {"parallel_read_safe": True}


def sections(index: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the headings of the index that have a list of pages, with these pages as the index names them, and short titles."""
    for heading, text in _SECTION.findall(index):
        pages = {page: title for item in _ITEM.findall(text) for title, page in _LINK.findall(item)}
        if pages:
            yield heading, pages


def said_of_pages(index: str, root: str) -> dict[str, str]:
    """Return the items of the index by the pages that they link; pages are named from the top, as Sphinx does it.

    :param root: the name of the index.
    """
    return {
        _from_top(page, root): _ANY_LINK.sub(r"\1", item).lstrip("- ")
        for item in _ITEM.findall(index)
        for _, page in _LINK.findall(item)
    }


def _from_top(page: str, root: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(root), page))


def _add_trees(app: Any, page: str, source: list[str]) -> None:
    if page != app.config.root_doc:
        return
    for heading, pages in sections(source[0]):
        paths = {_from_top(each, page): title for each, title in pages.items()}
        rows = "\n".join(f"{title} </{path}>" for path, title in paths.items())
        source[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {heading}\n\n{rows}\n```\n"
