"""A page on a terminal: drawn by rich, with commands in the place of links, a screenful at a time."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from htmap_core.cli import tables
from htmap_core.cli.docs.pages import Page

if TYPE_CHECKING:
    from rich.console import Console

_WIDEST = 100  # characters: longer lines are hard to read
_STYLES = {"markdown.code": "cyan", "markdown.code_block": "cyan"}  # not on black, which a light terminal is not
_BLOCK = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"^<!--.*?-->\n", re.MULTILINE)
_ROW = re.compile(r"^\|.*$", re.MULTILINE)
_SOURCE = re.compile(r"(?<![\w)\]])\[([^\]]+)\]\[[^\]]+\]")
_LINK = re.compile(r"(?<![\w)\]])(!?)\[([^\]]*)\]\(([^)\s]+)\)")


def show(page: Page, known: Sequence[Page]) -> None:
    """Show a page on the terminal; in the user's pager, if it is longer than a screen."""
    from rich.markdown import Markdown
    from rich.theme import Theme

    console = tables.console()
    with console.capture() as drawn, console.use_theme(Theme(_STYLES)):
        markdown = Markdown(_markdown(page, known), code_theme="ansi_dark", hyperlinks=False)
        console.print(markdown, width=min(console.width, _WIDEST))
    _paged(drawn.get(), console)


def show_list(known: Sequence[tuple[str, Sequence[tuple[str, str]]]], last: str) -> None:
    """Show a list of pages likewise: so it begins with those for whoever is new.

    :param known: what pages are for, with their names and titles.
    :param last: what stands below the list.
    """
    console = tables.console()
    with console.capture() as drawn:
        for purpose, rows in known:
            console.print(tables.filled((purpose, ""), rows), end="\n\n")
        console.print(last)
    _paged(drawn.get(), console)


def _paged(text: str, console: Console) -> None:
    is_long = len(text.splitlines()) >= console.height
    if is_long and tables.in_color(None) and (os.environ.get("PAGER") or shutil.which("less")):
        click.echo_via_pager(text)  # click knows which pagers show colours; others get none
    else:
        tables.echo_in_color(text)


def _markdown(page: Page, known: Sequence[Page]) -> str:
    if page.path.suffix == ".md":
        # The source of what a cell says has no room there: of its address, there would be but the beginning.
        return _ROW.sub(lambda row: _SOURCE.sub(r"\1", row[0]), with_commands(page, known))
    language = {".py": "python", ".toml": "toml"}.get(page.path.suffix, "")
    return f"```{language}\n{page.text}\n```\n"


def with_commands(page: Page, known: Sequence[Page]) -> str:
    """Return the text of a page in which each link to another page is followed by the command that shows that page."""
    names = {each.path: each.name for each in known}

    def in_words(link: re.Match[str]) -> str:
        picture, text, target = link.groups()
        file = target.partition("#")[0]
        if picture:
            return f"(a picture: {os.path.normpath(page.path.parent / target)})"
        if re.match(r"[a-z]+:", target):
            return f"{text} ({target})"
        name = names.get(Path(os.path.normpath(page.path.parent / file))) if file else None
        return text if name is None else f"{text} (`htmap docs {name}`)"

    parts = _BLOCK.split(page.text)
    return "".join(
        part if number % 2 else _LINK.sub(in_words, _COMMENT.sub("", part)) for number, part in enumerate(parts)
    )
