"""What Sphinx and the theme leave out for screens of any width, for keyboards and for screen readers."""

from __future__ import annotations

import re
from typing import Any

_WORD_OF_CODE = re.compile(r'(?<=<span class="pre">)[^<]+(?=</span>)')
_JOINT = re.compile(r"(?<=\w{3}[_./=,])(?=\w{4})|(?<=[a-z]{2})(?=[A-Z][a-z])")


def setup(app: Any) -> dict[str, bool]:
    """Have Sphinx mend pages before they are written; ``static/htmap.js`` does what only a browser can know."""
    app.connect("doctree-read", _without_empty_heads)
    app.connect("html-page-context", _mend, priority=900)  # behind the theme, which makes the navigation
    return {"parallel_read_safe": True}


def _without_empty_heads(_app: Any, doctree: Any) -> None:
    """Remove the heads of tables that have none: Markdown cannot leave it out."""
    for head in list(doctree.findall(lambda node: node.tagname == "thead")):
        if not head.astext().strip():
            head.parent.remove(head)


def _mend(_app: Any, _page: str, _template: str, context: dict[str, Any], _doctree: Any) -> None:
    if tree := context.get("furo_navigation_tree"):
        context["furo_navigation_tree"] = with_levels(tree)
    if body := context.get("body"):
        context["body"] = with_breaks(without_empty_headers(body))


def with_levels(navigation: str) -> str:
    """Return the navigation with the level at which its captions are headings."""
    return navigation.replace('role="heading"', 'role="heading" aria-level="2"')


def without_empty_headers(body: str) -> str:
    """Return a page in which no cell claims to be the header of a column and says nothing."""
    return body.replace('<th class="head"><p></p></th>', "<td></td>")


def with_breaks(body: str) -> str:
    """Return a page whose long names may break behind their joints, where a table or a screen is narrow."""
    return _WORD_OF_CODE.sub(lambda word: _JOINT.sub("<wbr>", word.group()), body)
