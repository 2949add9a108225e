"""``htmap tags``, ``components``, ``errors``, ``reasons``."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import click

from htmap_core.cli import tables
from htmap_core.cli.selection import TAG, Selection, load, takes_maps
from htmap_core.components import ComponentHold, ComponentStatus
from htmap_run import ranges

if TYPE_CHECKING:
    from htmap_core.maps.map import Map


@click.command()
@click.option(
    "-p", "--pattern", "patterns", multiple=True, metavar="PATTERN", help="Print only tags that match; repeatable."
)
def tags(patterns: tuple[str, ...]) -> None:
    """Print the tags of your maps, one a line."""
    from htmap_core.maps import management

    found = [tag for pattern in patterns or (None,) for tag in management.get_tags(pattern)]
    for tag in dict.fromkeys(found):
        click.echo(tag)


@click.command()
@click.argument("tag", type=TAG)
@click.option(
    "--status",
    type=click.Choice([str(status) for status in ComponentStatus], case_sensitive=False),
    help="Print only components that have this status.",
)
@tables.takes_color
def components(tag: str, status: str | None, color: bool | None) -> None:
    """Show how the components of a map are doing."""
    statuses = load(tag).component_statuses
    width = len(str(len(statuses)))
    wanted = None if status is None else ComponentStatus(status.upper())
    paint = tables.painter(color)
    for component, found in enumerate(statuses):
        if wanted in {None, found}:
            click.echo(f"{component:>{width}} {paint(found)}", color=True)


@click.command()
@takes_maps
@click.option("--limit", type=click.IntRange(min=0), default=0, help="Show this many reports at most; 0 for no limit.")
def errors(selection: Selection, limit: int) -> None:
    """Show the reports on components that went wrong."""
    left = itertools.count() if limit == 0 else iter(range(limit))

    def show(found: Map) -> None:
        for report, _ in zip(found.error_reports(), left):
            click.echo(report)

    selection.each_map(show)


@click.command()
@takes_maps
def reasons(selection: Selection) -> None:
    """Print why map components are held.

    HTCondor may have held them itself because something went wrong. Put that right, then release the map.
    """
    rows: list[tuple[str, ...]] = []

    def gather(found: Map) -> None:
        alike: dict[ComponentHold, list[int]] = {}
        for component, held in found.holds.items():
            alike.setdefault(held, []).append(component)
        rows.extend((found.tag, ranges.spell(held), str(hold.code), hold.reason) for hold, held in alike.items())

    try:
        selection.each_map(gather)
    finally:
        if rows:
            tables.show(("Map", "Components", "Code", "Hold Reason"), rows)
