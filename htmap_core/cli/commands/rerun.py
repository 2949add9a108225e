"""``htmap rerun``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import click

from htmap_core.cli.machine.answer import takes_json
from htmap_core.cli.selection import COMPONENT, TAG, Selection, load, takes_maps, takes_yes
from htmap_core.cli.suggestions import Suggesting
from htmap_core.components import ComponentStatus
from htmap_core.wording import counted, in_shell

if TYPE_CHECKING:
    from htmap_core.cli.machine.shapes.acts import ActedOn, Acts
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
@takes_json
def components(tag: str, components: tuple[int, ...], status: str | None, as_json: bool) -> Acts:
    """Run selected components of one map again."""
    found = load(tag)
    if not components and status is None:  # no usage error: `$(htmap components --status errored tide)` may print none
        named = in_shell(tag)
        those = f"`htmap rerun failed {named}` runs those again that have failed, `htmap rerun map {named}` all of them"
        click.echo(f"no components were named; {those}", err=True)
    chosen = sorted({*components, *(found.components_by_status()[ComponentStatus(status.upper())] if status else ())})
    found.rerun(chosen)
    if not as_json:
        _say(found, chosen)
    return {"maps": [{"tag": found.tag, "components": [each % len(found) for each in chosen]}]}


@rerun.command()
@takes_maps
@takes_json
def failed(selection: Selection, as_json: bool) -> Acts:
    """Run the components of maps again that failed, or were removed from the queue.

    Held components have not ended: `htmap release` lets them go on.
    """
    submitted: list[ActedOn] = []

    def rerun_failed(found: Map) -> None:
        chosen = list(found.failed)
        if chosen:
            found.rerun(chosen)
        submitted.append({"tag": found.tag, "components": chosen})
        if as_json:
            return
        if chosen:
            _say(found, chosen)
        else:
            click.echo(f"no component of map {found.tag!r} has failed")

    selection.each_map(rerun_failed)
    return {"maps": submitted}


@rerun.command(name="map")
@takes_maps
@takes_yes
@takes_json
def map_(selection: Selection, yes: bool, as_json: bool) -> Acts:
    """Run all components of maps again."""
    submitted: list[ActedOn] = []

    def rerun_all(found: Map) -> None:
        found.rerun()
        submitted.append({"tag": found.tag, "components": list(range(len(found)))})
        if not as_json:
            _say(found, range(len(found)))

    if selection.confirm("Delete the results of {maps}, and run all components again?", yes=yes):
        selection.each_map(rerun_all)
    return {"maps": submitted}


def _say(found: Map, components: Collection[int]) -> None:
    """Say what was submitted; of a map that runs on this machine, how it ended."""
    from htmap_core.maps.map import engine_of

    engine, count = engine_of(found), len(components)
    these = f"{counted(count, 'component')} of map {found.tag!r}"
    if not (engine.map_dir.is_here and components):
        click.echo(f"submitted {these} again")
        return
    ended = Counter(engine.status(engine.from_front(component)) for component in components)
    counts = ", ".join(f"{number} {status}" for status, number in sorted(ended.items()))
    click.echo(f"ran {these} again on this machine: {counts}")
    if ended.keys() - {ComponentStatus.COMPLETED}:
        named = in_shell(found.tag)
        click.echo(f"`htmap errors {named}` shows what they raised, `htmap debug {named} N` opens the debugger there")
