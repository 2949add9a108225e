"""Tables for people on a terminal and for what reads a pipe, and colours.

On a terminal rich fits a table to the width. Elsewhere it is plain text of whatever width it needs, so that nothing is cut.
"""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from htmap_core import wording
from htmap_core.components import ComponentStatus

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

takes_color = click.option(
    "--color/--no-color", default=None, help="Colour the output; by default on a terminal, unless NO_COLOR is set."
)

COLORS = {
    ComponentStatus.HELD: "red",
    ComponentStatus.ERRORED: "red",
    ComponentStatus.REMOVED: "magenta",
    ComponentStatus.IDLE: "yellow",
    ComponentStatus.RUNNING: "cyan",
    ComponentStatus.COMPLETED: "green",
}


_SHORT = 12  # characters that a terminal always has room for


def in_color(wanted: bool | None) -> bool:
    """Return whether to colour standard output: as the user wants, else on a terminal, unless NO_COLOR is set."""
    if wanted is not None:
        return wanted
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def painter(wanted: bool | None) -> Callable[[ComponentStatus], str]:
    """Return what makes a status text, in its colour where that is wanted."""
    if not in_color(wanted):
        return str
    return lambda status: click.style(str(status), fg=COLORS.get(status))


def show(headers: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> None:
    """Print a table; where the terminal is too narrow, columns with long cells are folded."""
    if not sys.stdout.isatty():
        click.echo(f"{title}\n" if title else "", nl=False)
        click.echo(
            wording.table(headers, [[" ".join(cell.split()) for cell in row] for row in rows], left=len(headers))
        )
        return
    table = new_table(title)
    for column, header in enumerate(headers):
        is_short = all(len(row[column]) <= _SHORT for row in rows)
        table.add_column(header, overflow="fold", no_wrap=is_short)
    for row in rows:
        table.add_row(*row)
    console().print(table)


def say(text: str, indent: str = "") -> None:
    """Print text for people; on a terminal in lines that fit, those after the first with an *indent*."""
    click.echo(_fitted(text, sys.stdout, indent))


def complain(text: str) -> None:
    """Say on standard error what is wrong; on a terminal in lines that fit."""
    remark(f"htmap: {text}")


def remark(text: str) -> None:
    """Say on standard error what is not the answer itself; on a terminal in lines that fit."""
    click.echo(_fitted(text, sys.stderr, ""), err=True)


def _fitted(text: str, stream: Any, indent: str) -> str:
    """Return text in lines that fit a stream's terminal; what has lines of its own, or a word as long as a path, keeps them."""
    if "\n" in text or not stream.isatty():
        return text
    width = shutil.get_terminal_size().columns - 1
    return textwrap.fill(text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def new_table(title: str = "") -> Table:
    """Return an empty table that looks like all others."""
    from rich.table import Table

    return Table(box=None, pad_edge=False, header_style="bold", title=title or None, title_justify="left")


def console(color: bool | None = None) -> Console:
    """Return a console on standard output."""
    from rich.console import Console  # rich takes 100 ms, and only people need it

    return Console(markup=False, highlight=False, no_color=not in_color(color), force_terminal=color or None)
