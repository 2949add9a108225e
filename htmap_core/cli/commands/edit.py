"""``htmap edit`` and ``htmap retag``."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

import click

from htmap_core.cli.amounts import Space, Span
from htmap_core.cli.machine.answer import takes_json
from htmap_core.cli.selection import TAG, load, takes_components
from htmap_core.cli.suggestions import Suggesting
from htmap_core.durations import in_words
from htmap_core.language import amounts
from htmap_run import ranges

if TYPE_CHECKING:
    from htmap_core.cli.machine.shapes.acts import Edited, Retagged
    from htmap_core.maps.map import Map


@click.group(cls=Suggesting, usual=lambda _: ("memory",))
def edit() -> None:
    """Change the memory, disk space or time that a map's components get.

    Running components keep what they have. Vacate the map to start them again with the new value.
    """


@edit.command()
@click.argument("tag", type=TAG)
@click.argument("memory", type=Space())
@click.option("--unit", type=click.Choice(["MB", "GB"], case_sensitive=False), help="Of a number alone; MB by default.")
@takes_components
@takes_json
def memory(
    tag: str, memory: tuple[Decimal, str], unit: str | None, components: Sequence[int] | None, as_json: bool
) -> Edited:
    """Set how much memory a map requests: `2GB`, or a number of MB."""
    number, chosen = _with_unit(memory, unit, "MB")
    found = load(tag)
    count = amounts.whole(number, chosen, "MB")
    found.set_memory(count, components)
    what = f"now request {number} {chosen} of memory"
    return _told(found, components, "memory", count * 1024 * 1024, None if as_json else what)


@edit.command()
@click.argument("tag", type=TAG)
@click.argument("disk", type=Space())
@click.option(
    "--unit", type=click.Choice(["KB", "MB", "GB"], case_sensitive=False), help="Of a number alone; GB by default."
)
@takes_components
@takes_json
def disk(
    tag: str, disk: tuple[Decimal, str], unit: str | None, components: Sequence[int] | None, as_json: bool
) -> Edited:
    """Set how much disk space a map requests: `500MB`, or a number of GB."""
    number, chosen = _with_unit(disk, unit, "GB")
    found = load(tag)
    count = amounts.whole(number, chosen, "KB")
    found.set_disk(count, components)
    what = f"now request {number} {chosen} of disk space"
    return _told(found, components, "disk", count * 1024, None if as_json else what)


@edit.command()
@click.argument("tag", type=TAG)
@click.argument("walltime", type=Span())
@takes_components
@takes_json
def walltime(tag: str, walltime: int, components: Sequence[int] | None, as_json: bool) -> Edited:
    """Set how long each component of a map may take: `4h`, `1d 12h`, `2:30:00`, or seconds.

    Then release components that are held because they took too long.
    """
    found = load(tag)
    found.set_walltime(walltime, components)
    what = f"may now take {in_words(walltime)} each"
    return _told(found, components, "walltime", walltime, None if as_json else what)


def _with_unit(amount: tuple[Decimal, str], unit: str | None, default: str) -> tuple[Decimal, str]:
    """Return an amount with its own unit, or else the one of the option.

    :raises click.UsageError: the amount and the option have different units.
    """
    number, own = amount
    unit = (unit or "").upper()
    if own and unit and own != unit:
        raise click.UsageError(f"the amount is in {own}, but --unit is {unit}: leave out one of them")
    return number, own or unit or default


def _told(
    found: Map,
    components: Sequence[int] | None,
    edited: Literal["memory", "disk", "walltime"],
    value: int,
    what: str | None,
) -> Edited:
    """Return what was edited, and say it.

    :param what: the words for it, as they follow the components; None to say nothing.
    """
    reached = _reached(found, components)
    if what is not None and reached:  # where nothing was changed, a warning has said that
        named = f"component{'s' if len(reached) > 1 else ''} {ranges.spell(reached)}"
        click.echo(f"{'the components' if components is None else named} of map {found.tag!r} {what}")
    return {"tag": found.tag, "components": reached, "edited": edited, "value": value}


def _reached(found: Map, components: Sequence[int] | None) -> list[int]:
    """Return the components of whose jobs something was changed: without those that have ended."""
    from htmap_core.maps.map import engine_of
    from htmap_core.maps.queue.scope import scope

    statuses = found.component_statuses
    return sorted(each for each in scope(engine_of(found), components).concerned if not statuses[each].is_final)


@click.command()
@click.argument("tag", type=TAG)
@click.argument("new")
@takes_json
def retag(tag: str, new: str, as_json: bool) -> Retagged:
    """Change the tag of a map.

    A map with a tag of its own is not transient: `htmap clean` leaves it alone.
    """
    load(tag).retag(new)
    if not as_json:
        click.echo(f"map {tag!r} now has the tag {new!r}")
    return {"old": tag, "tag": new}
