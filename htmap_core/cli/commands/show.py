"""``htmap tags``, ``components``, ``errors``, ``reasons``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from htmap_core.cli import tables
from htmap_core.cli.machine.answer import takes_json
from htmap_core.cli.selection import TAG, Selection, load, takes_maps, takes_maps_and_all
from htmap_core.cli.suggestions import WithoutTags
from htmap_core.components import ComponentStatus
from htmap_core.tracking import holds
from htmap_core.wording import in_shell
from htmap_run import ranges

if TYPE_CHECKING:
    from htmap_core.cli.machine.shapes.maps import Components, Failures, FailuresOfMap, Holds, HoldsOfMap, Tags
    from htmap_core.maps.map import Map


@click.command(cls=WithoutTags, instead="htmap tags -p {tag}")
@click.option(
    "-p", "--pattern", "patterns", multiple=True, metavar="PATTERN", help="Print only tags that match; can be repeated."
)
@takes_json
def tags(patterns: tuple[str, ...], as_json: bool) -> Tags:
    """Print the tags of your maps, one a line."""
    from htmap_core.maps import management

    found = [tag for pattern in patterns or (None,) for tag in management.get_tags(pattern)]
    for tag in dict.fromkeys(() if as_json else found):
        click.echo(tag)
    return {"tags": list(dict.fromkeys(found))}


@click.command()
@click.argument("tag", type=TAG)
@click.option(
    "--status",
    type=click.Choice([str(status) for status in ComponentStatus], case_sensitive=False),
    help="Print only the components with this status, on one line.",
)
@click.option(
    "--chunks", is_flag=True, help="Show how components share jobs instead, why, and what starting the jobs cost."
)
@tables.takes_color
@takes_json
def components(tag: str, status: str | None, chunks: bool, color: bool | None, as_json: bool) -> Components | None:
    """Show the status of each component of a map.

    With --status, other commands can use the output: `htmap rerun components tide $(htmap components --status errored tide)`.
    """
    found = load(tag)
    if as_json:
        return _answer_with_components(found, status, chunks=chunks)
    if chunks:
        click.echo(found.chunk_report())
        return None
    if status is not None:
        if chosen := found.components_by_status()[ComponentStatus(status.upper())]:
            click.echo(" ".join(map(str, chosen)))
        return None
    statuses = found.component_statuses
    width = len(str(len(statuses)))
    paint = tables.painter(color)
    for component, each in enumerate(statuses):
        tables.echo_in_color(f"{component:>{width}} {paint(each)}")
    return None


def _answer_with_components(found: Map, status: str | None, *, chunks: bool) -> Components:
    from htmap_core.cli.machine import of_maps
    from htmap_core.maps.map import engine_of

    statuses = enumerate(found.component_statuses)
    return {
        "tag": found.tag,
        "components": [
            {"component": component, "status": each}
            for component, each in statuses
            if status is None or each == status.upper()
        ],
        "chunks": of_maps.chunks(engine_of(found)) if chunks else None,
    }


@click.command()
@takes_maps_and_all("Show each report, also of failures that are alike; of all maps if none is named.")
@click.option("--limit", type=click.IntRange(min=0), default=0, help="Show at most this many reports; 0 for all.")
@takes_json
def errors(selection: Selection, all_: bool, limit: int, as_json: bool) -> Failures | None:
    """Show the error reports of failed components.

    Failures that are alike have one report, with the numbers of their components: the same type of exception, raised in the same
    place, with the same causes, wherever the components ran. Texts that differ are told.
    """
    from htmap_core.cli.failures import grouped
    from htmap_core.maps.map import engine_of

    if as_json:
        return _answer_with_failures(selection, limit, alone=all_)
    shown, are_many = 0, selection.is_wide and len(selection.tags) > 1
    without: list[str] = []

    def show(found: Map) -> None:
        nonlocal shown
        if limit and shown >= limit:
            return
        reports = found.error_reports() if all_ else map(str, grouped(engine_of(found).errors_so_far()))
        before = shown
        for report in reports:
            click.echo(report if all_ or shown == 0 else f"\n{report}")
            shown += 1
            if shown == limit:
                return
        if shown == before:
            without.append(found.tag)
            if not are_many:
                _say_none_failed(found)

    selection.each_map(show)
    if are_many and len(without) == len(selection.tags):
        tables.remark(f"no component of these {len(without)} maps has failed")
    return None


def _answer_with_failures(selection: Selection, limit: int, *, alone: bool) -> Failures:
    from htmap_core.cli.machine import of_maps
    from htmap_core.maps.map import engine_of

    maps: list[FailuresOfMap] = []

    def gather(found: Map) -> None:
        left = limit - sum(len(each["failures"]) for each in maps) if limit else None
        maps.append({"tag": found.tag, "failures": of_maps.failures(engine_of(found), left, alone=alone)})

    selection.each_map(gather)
    return {"maps": maps}


def _say_none_failed(found: Map) -> None:
    held = f"; some are held: `htmap reasons {in_shell(found.tag)}` says why" if found.holds else ""
    so_far = " so far" if found.is_active else ""
    tables.remark(f"no component of map {found.tag!r} has failed{so_far}{held}")


@click.command()
@takes_maps
@takes_json
def reasons(selection: Selection, as_json: bool) -> Holds | None:
    """Print why components are held.

    HTCondor itself holds components when something goes wrong. Put that right, then `htmap release` the map. Below the table are
    the site's own words, where a plugin has some.
    """
    from htmap_core.cli.machine import of_maps
    from htmap_core.maps.map import engine_of
    from htmap_core.maps.overview import site_words

    if as_json:
        return _answer_with_holds(selection)
    rows: list[tuple[str, ...]] = []
    words: dict[str, None] = {}
    without: list[Map] = []

    def gather(found: Map) -> None:
        alike = of_maps.alike(found.holds)
        rows.extend((found.tag, ranges.spell(held), holds.codes(hold), hold.reason) for hold, held in alike.items())
        words.update(dict.fromkeys(site_words(engine_of(found), alike)))
        if not alike:
            without.append(found)

    try:
        selection.each_map(gather)
    finally:
        if rows:
            tables.show(("Map", "Components", "Code", "Hold Reason"), rows)
        for each in words:
            tables.say(each)
    if not rows:
        _say_none_held(without)
    return None


def _answer_with_holds(selection: Selection) -> Holds:
    from htmap_core.cli.machine import of_maps
    from htmap_core.maps.map import engine_of

    maps: list[HoldsOfMap] = []
    selection.each_map(
        lambda found: maps.append({"tag": found.tag, "holds": of_maps.held(engine_of(found), found.tag)})
    )
    return {"maps": maps}


def _say_none_held(maps: list[Map]) -> None:
    if len(maps) > 1:
        tables.remark(f"no component of these {len(maps)} maps is held")
        return
    for found in maps:
        failed = f"; some have failed: `htmap errors {in_shell(found.tag)}` shows how" if found.failed else ""
        tables.remark(f"no component of map {found.tag!r} is held{failed}")
