"""``htmap docs``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from htmap_core.cli import tables
from htmap_core.cli.docs import notebook, shown
from htmap_core.cli.docs.pages import KINDS, Found, Page, named, pages, root, search
from htmap_core.cli.machine.answer import takes_json
from htmap_core.wording import did_you_mean, followed

if TYPE_CHECKING:
    from htmap_core.cli.machine.shapes import house


_A_SCREEN = 8  # pages with a line of each, of which the first are the best


class _Words(click.ParamType):  # type: ignore[type-arg]  # generic in newer clicks only
    name = "words"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(page.name, help=page.title) for page in pages() if page.name.startswith(incomplete)]


@click.command()
@click.argument("words", nargs=-1, type=_Words(), metavar="[PAGE | WORDS]...")
@click.option("--path", "as_path", is_flag=True, help="Print where the page's file is, or the folder of them all.")
@click.option("--notebook", "as_notebook", is_flag=True, help="Print a page as a Jupyter notebook, for a file *.ipynb.")
@takes_json
def docs(words: tuple[str, ...], as_path: bool, as_notebook: bool, as_json: bool) -> house.Pages | None:
    """Show the documentation: all pages, one, or those with some words.

    It is that of the installed version, and needs no network. On a terminal what is long is shown in your pager ($PAGER, or
    less); in a pipe a page is Markdown, as its file is. Examples are files to copy: htmap docs desy.py > desy.py; and whatever
    has Python in it can be had as a notebook: htmap docs --notebook first-steps > first-steps.ipynb
    """
    known = pages()
    page = named(words, known)
    if as_json:
        only = known if page is None else [page]
        found = _found(words, known) if words and page is None else [Found(each, None) for each in only]
        return {"pages": [_answer(each) for each in found]}
    if as_notebook:
        click.echo(_as_notebook(page, words, known), nl=False)
    elif as_path and not words:
        click.echo(root())
    elif not words:
        _list(known)
    elif page is None:
        _tell(_found(words, known), as_path=as_path)
    elif as_path:
        click.echo(page.path)
    elif sys.stdout.isatty():
        shown.show(page, known)
    else:
        click.echo(page.text, nl=False)
    return None


def _as_notebook(page: Page | None, words: Sequence[str], known: Sequence[Page]) -> str:
    if page is None or not notebook.has_cells(page):
        what = f"the page {page.name} has nothing to run" if page else _unknown(words, known) or "name one page"
        raise click.UsageError(
            followed(what, "`htmap docs --notebook first-steps > first-steps.ipynb` writes the first tutorial")
        )
    return notebook.notebook(page, known)


def _unknown(words: Sequence[str], known: Sequence[Page]) -> str:
    """Return that no page has this name, with the nearest; an empty text where there is not one word."""
    name = words[0] if len(words) == 1 else ""
    return f"no page is called {name!r}{did_you_mean(name, [page.name for page in known])}" if name else ""


def _answer(found: Found) -> house.Page:
    page = found.page
    return {"name": page.name, "kind": page.kind, "title": page.title, "path": str(page.path), "line": found.line}


def _list(known: Sequence[Page]) -> None:
    by_kind = [
        (purpose, [(page.name, page.title) for page in known if page.kind == kind])
        for kind, (purpose, _) in KINDS.items()
    ]
    last = "`htmap docs PAGE` shows a page, `htmap docs WORDS` finds those that have some words."
    if sys.stdout.isatty():
        shown.show_list(by_kind, last)
        return
    for purpose, rows in by_kind:
        tables.show((purpose, ""), rows)
        click.echo()
    click.echo(last)


def _found(words: Sequence[str], known: Sequence[Page]) -> list[Found]:
    found = search(words, known)
    if not found:
        is_one, what = len(words) == 1, " ".join(words)
        nothing = f"no page is called {what!r} or has that word" if is_one else f"no page has all of {what!r}"
        near = did_you_mean(what, [page.name for page in known])
        raise click.UsageError(followed(f"{nothing}{near}", "`htmap docs` lists all"))
    return found


def _tell(found: Sequence[Found], *, as_path: bool) -> None:
    if as_path:
        for each in found:
            click.echo(each.page.path)
        return
    shown = found[:_A_SCREEN] if sys.stdout.isatty() else found
    tables.show(("Page", "Title", "Line"), [(each.page.name, each.page.title, each.line or "") for each in shown])
    if len(shown) < len(found):
        tables.say(
            f"{len(found) - len(shown)} more have these words; another word finds fewer, a pipe (`| less`) gets all"
        )
