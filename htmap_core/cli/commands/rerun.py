"""``htmap rerun``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from htmap_core.cli.selection import COMPONENT, TAG, Selection, load, takes_maps, takes_yes
from htmap_core.cli.suggestions import Suggesting
from htmap_core.components import ComponentStatus

if TYPE_CHECKING:
    from htmap_core.maps.map import Map


def _usual(rest: Sequence[str]) -> Sequence[str]:
    """Return what is meant by who names a map alone: more often what has failed than all that there is."""
    return ("components",) if rest and all(each.isdecimal() for each in rest) else ("failed", "map")


@click.group(cls=Suggesting, usual=_usual)
def rerun() -> None:
    """Run components of maps again from scratch.

    The components must have ended. Their old results are deleted. They are submitted with the options that the map was created
    with, without later edits.
    """


@rerun.command()
@click.argument("tag", type=TAG)
@click.argument("components", nargs=-1, type=COMPONENT)
@click.option(
    "--status",
    type=click.Choice([str(status) for status in ComponentStatus if status.is_final], case_sensitive=False),
    help="Also run all components with this status.",
)
def components(tag: str, components: tuple[int, ...], status: str | None) -> None:
    """Run selected components of one map again."""
    found = load(tag)
    if not components and status is None:  # no usage error: `$(htmap components --status errored tide)` may print none
        those = f"`htmap rerun failed {tag}` runs those again that have failed, `htmap rerun map {tag}` all of them"
        click.echo(f"no components were named; {those}", err=True)
    chosen = {*components, *(found.components_by_status()[ComponentStatus(status.upper())] if status else ())}
    found.rerun(sorted(chosen))
    _say(found, len(chosen))


@rerun.command()
@takes_maps
def failed(selection: Selection) -> None:
    """Run the components of maps again that failed, or were removed from the queue.

    Held components have not ended: `htmap release` lets them go on.
    """
    selection.each_map(_rerun_failed)


def _rerun_failed(found: Map) -> None:
    chosen = found.failed
    if chosen:
        found.rerun(chosen)
        _say(found, len(chosen))
    else:
        click.echo(f"no component of map {found.tag!r} has failed")


@rerun.command(name="map")
@takes_maps
@takes_yes
def map_(selection: Selection, yes: bool) -> None:
    """Run all components of maps again."""
    if selection.confirm("Delete the results of {maps}, and run all components again?", yes=yes):
        selection.each_map(_rerun)


def _rerun(found: Map) -> None:
    found.rerun()
    _say(found, len(found))


def _say(found: Map, count: int) -> None:
    click.echo(f"submitted {count} component{'' if count == 1 else 's'} of map {found.tag!r} again")
