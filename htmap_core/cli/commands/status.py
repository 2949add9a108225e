"""``htmap status``."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import click

from htmap_core.cli import tables
from htmap_core.cli.machine.answer import takes_json
from htmap_core.cli.suggestions import WithoutTags
from htmap_core.components import ComponentStatus
from htmap_core.wording import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from htmap_core.cli.machine.shapes.maps import MapStatus, Status

# Headings for terminals that are too narrow for the full names.
_SHORT = {
    "ERRORED": "ERR",
    "RUNNING": "RUN",
    "COMPLETED": "DONE",
    "REMOVED": "REM",
    "SUSPENDED": "SUSP",
    "UNMATERIALIZED": "LATER",
    "UNKNOWN": "UNKN",
}
_NARROW = 110  # columns
_TAG = 10  # columns, the least width of tags

_FORMATS = ("text", "json", "json_compact", "csv")


@click.command(cls=WithoutTags, instead="htmap components {tag}")
@click.option("--state/--no-state", default=True, help="Show the number of components in each state (the default).")
@click.option("--meta/--no-meta", default=True, help="Show memory, disk usage and run times (the default).")
@click.option("--format", "format_", type=click.Choice(_FORMATS), default="text", show_default=True)
@takes_json
@click.option("--live/--no-live", default=False, help="Update the table until Ctrl-C.")
@tables.takes_color
def status(state: bool, meta: bool, format_: str, live: bool, color: bool | None, as_json: bool) -> Status | None:
    """Show the status of all your maps.

    A "*" marks maps that nobody gave a tag; `htmap clean` removes them. A "!" marks those that cannot be read. Max Memory is what
    HTCondor has seen, which looks seldom: `htmap advise` also asks the results, which know the peaks. A narrow terminal shows
    only the figures that fit. JSON and CSV have sizes in bytes and times in seconds.
    """
    from htmap_core.maps import management, overview

    if as_json:
        if live or format_ != "text":
            raise click.UsageError("--json, --format and --live exclude each other: choose one of them")
        left_out = dict.fromkeys(("component_status_counts", *(figure.key for figure in overview.FIGURES)))
        facts = management.status_facts(include_state=state, include_meta=meta)
        return {"maps": [cast("MapStatus", {**left_out, **each}) for each in facts]}
    if live:
        if format_ != "text" or not sys.stdout.isatty():
            raise click.UsageError("--live needs a terminal and --format text; programs use `htmap status --json`")
        _live(state, meta, color)
    elif format_ == "csv":
        click.echo(management.status_csv(include_state=state, include_meta=meta), nl=False)
    elif format_ != "text":
        click.echo(management.status_json(include_state=state, include_meta=meta, compact=format_ == "json_compact"))
    elif not (found := management.status_facts(include_state=state, include_meta=meta)):
        click.echo("You have no maps. `htmap.map(function, inputs)` creates one.", err=True)
    elif sys.stdout.isatty():
        console = tables.console(color)
        console.print(_table(found, state, meta, console.width, color))
    else:
        text = overview.table(found, state, meta)
        tables.echo_in_color(_painted(text) if tables.in_color(color) else text)
        if note := overview.footnote(found):
            tables.remark(note)  # apart from the table, which other programs read
    return None


def _live(state: bool, meta: bool, color: bool | None) -> None:
    from rich.live import Live

    from htmap_core.maps import management
    from htmap_core.settings.tables import setting

    console = tables.console(color)
    with Live(console=console, auto_refresh=False) as view:
        while True:
            facts = management.status_facts(include_state=state, include_meta=meta)
            view.update(_fitting(facts, state, meta, console, color), refresh=True)
            time.sleep(max(0.1, setting("WAIT_TIME")))


def _fitting(facts: list[dict[str, Any]], state: bool, meta: bool, console: Console, color: bool | None) -> Any:
    """Return a table that is no higher than the terminal. If there are too many maps, those that have not ended come first."""
    important = sorted(facts, key=_has_ended) if state else facts
    width = console.width - len("^C")  # the terminal shows ^C behind the table, where it must not begin another line
    for count in range(min(len(facts), console.height), 0, -1):
        shown = sorted(important[:count], key=lambda each: str(each["tag"]))
        table = _table(shown, state, meta, width, color)
        table.width = width
        if count < len(facts):
            table.caption = f"and {len(facts) - count} more maps; `htmap status` shows all"
        if len(console.render_lines(table)) < console.height:  # the last line is for the cursor
            return table
    return ""


def _has_ended(facts: dict[str, Any]) -> bool:
    return not any(
        count for name, count in facts["component_status_counts"].items() if not ComponentStatus(name).is_final
    )


def _table(facts: list[dict[str, Any]], state: bool, meta: bool, width: int, color: bool | None) -> Any:
    from rich.text import Text

    from htmap_core.maps import overview

    is_narrow = width < _NARROW
    gap = 1 if is_narrow else 2
    columns = []
    for name in overview.columns(each["component_status_counts"] for each in facts) if state else []:
        counts = [_count(name, each["component_status_counts"].get(name), color) for each in facts]
        columns.append((_SHORT.get(name, name) if is_narrow else name, counts))
    left = width - len("*") - gap - min(_TAG, max(len(each["tag"]) for each in facts)) - _taken(columns, gap)
    for figure in overview.FIGURES if meta else ():
        heading = figure.heading.replace(" ", "\n") if is_narrow else figure.heading
        column = (heading, [Text(figure.as_text(each[figure.key])) for each in facts])
        left -= _taken([column], gap)
        if left >= 0:  # otherwise rich would squeeze out the tags
            columns.append(column)
    table = tables.new_table()
    table.caption, table.caption_justify = overview.footnote(facts) or None, "left"
    table.padding = (0, gap, 0, 0)
    table.add_column("", width=1)
    table.add_column("Tag", overflow="fold", min_width=_TAG)
    for title, _ in columns:
        table.add_column(title, justify="right", no_wrap=True)
    for row, each in enumerate(facts):
        mark = Text(overview.mark(each).strip())
        table.add_row(mark, Text(printable(each["tag"])), *(cells[row] for _, cells in columns))
    return table


def _taken(columns: Sequence[tuple[str, Sequence[Text]]], gap: int) -> int:
    """Return the width that some columns take, with the gaps before them."""
    return sum(gap + max(*map(len, title.splitlines()), *map(len, cells)) for title, cells in columns)


def _count(name: str, count: int | None, color: bool | None) -> Any:
    from rich.text import Text

    from htmap_core.maps import overview

    if count is None:
        return Text(overview.UNKNOWN)
    style = (
        tables.COLORS.get(ComponentStatus(name), "") if count and tables.in_color(color) else "dim" if not count else ""
    )
    return Text(str(count), style=style)


def _painted(text: str) -> str:
    """Colour the headings of a plain table."""
    head, line_break, rest = text.partition("\n")
    for status, color in tables.COLORS.items():
        head = head.replace(str(status), click.style(str(status), fg=color))
    return head + line_break + rest
