"""The notebooks of the site: pages that were made into one (`make notebooks`) have a link to it below their title."""

from __future__ import annotations

import posixpath
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "build" / "extra" / "notebooks"


def setup(app: Any) -> dict[str, bool]:
    """Have Sphinx read tutorials with a link to their notebook."""
    app.connect("source-read", _add_link)
    return {"parallel_read_safe": True}


def with_link(page: str, text: str) -> str:
    """Return the text of a page with a link below its title."""
    notebook = f"notebooks/{posixpath.basename(page)}.ipynb"
    title, newline, rest = text.partition("\n")
    link = f'<a href="{"../" * page.count("/")}{notebook}" download>This page as a notebook</a>'
    return f"{title}{newline}\n{link}\n{rest}"


def _add_link(_app: Any, page: str, source: list[str]) -> None:
    if page.startswith("docs/tutorials/") and (FOLDER / f"{posixpath.basename(page)}.ipynb").exists():
        source[0] = with_link(page, source[0])
