"""Tables for people on a terminal and for programs that read a pipe, and colours.

On a terminal rich fits a table to the width. In a pipe a table is plain text, as wide as it needs to be, so nothing is cut.
"""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from htmap_core import wording
from htmap_core.components import ComponentStatus
from htmap_core.terminal import beneath, is_dumb, shows_colors

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

takes_color = click.option(
    "--color/--no-color",
    default=None,
    help="Colour the output; the default on a terminal unless NO_COLOR is set, and in a pipe if FORCE_COLOR is.",
)

COLORS = {
    ComponentStatus.HELD: "red",
    ComponentStatus.ERRORED: "red",
    ComponentStatus.REMOVED: "magenta",
    ComponentStatus.IDLE: "yellow",
    ComponentStatus.RUNNING: "cyan",
    ComponentStatus.COMPLETED: "green",
}


_SHORT = 12  # characters for which every terminal has room


def in_color(wanted: bool | None) -> bool:
    """Return whether to colour standard output: as the user wants, or else as the environment says."""
    return shows_colors(sys.stdout) if wanted is None else wanted


def painter(wanted: bool | None) -> Callable[[ComponentStatus], str]:
    """Return a function that turns a status into text, coloured if that is wanted."""
    if not in_color(wanted):
        return str
    return lambda status: click.style(str(status), fg=COLORS.get(status))


def show(headers: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> None:
    """Print a table; on a narrow terminal, columns with long cells are folded."""
    if not sys.stdout.isatty():
        click.echo(wording.printable(f"{title}\n") if title else "", nl=False)
        click.echo(
            wording.table(headers, [[" ".join(cell.split()) for cell in row] for row in rows], left=len(headers))
        )
        return
    console().print(filled(headers, rows, title))


def filled(headers: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> Table:
    """Return a table for a terminal; on a narrow one, columns with long cells are folded."""
    table = new_table(title)
    for column, header in enumerate(headers):
        is_short = all(len(row[column]) <= _SHORT for row in rows)
        table.add_column(wording.printable(header), overflow="fold", no_wrap=is_short)
    for row in rows:
        table.add_row(*map(wording.printable, row))
    return table


def say(text: str, indent: str = "") -> None:
    """Print text for people; on a terminal wrapped to its width, with an *indent* from the second line on."""
    click.echo(_fitted(text, sys.stdout, indent))


def complain(text: str) -> None:
    """Print an error message on standard error; on a terminal wrapped to its width."""
    remark(f"htmap: {text}")


def remark(text: str) -> None:
    """Print a remark on standard error, apart from the output itself; on a terminal wrapped to its width."""
    click.echo(_fitted(text, sys.stderr, ""), err=True)


def _fitted(text: str, stream: Any, indent: str) -> str:
    """Return printable text, wrapped to the width of a stream's terminal. Text with line breaks stays, and no word is broken."""
    text = wording.printable(text)
    if "\n" in text or not stream.isatty():
        return text
    width = shutil.get_terminal_size().columns - 1
    return textwrap.fill(text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def new_table(title: str = "") -> Table:
    """Return an empty table in the style of all tables."""
    from rich.table import Table

    return Table(box=None, pad_edge=False, header_style="bold", title=title or None, title_justify="left")


def console(color: bool | None = None) -> Console:
    """Return a console on standard output, which is a terminal. What rich itself makes of the environment does not count."""
    from rich.console import Console  # rich takes 100 ms, and only terminals need it

    is_colored = in_color(color)
    return Console(
        file=beneath(sys.stdout),
        markup=False,
        emoji=False,
        highlight=False,
        no_color=not is_colored,
        force_terminal=True,  # rich takes an empty FORCE_COLOR for a refusal
        color_system="standard" if is_colored and is_dumb() else "auto",
    )


def echo_in_color(text: str) -> None:
    """Print text with colours of ours, as it is."""
    click.echo(text, file=beneath(sys.stdout), color=True)
