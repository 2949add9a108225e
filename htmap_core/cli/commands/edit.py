"""``htmap edit`` and ``htmap retag``."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import click

from htmap_core.cli.amounts import Space, Span
from htmap_core.cli.selection import TAG, load, takes_components
from htmap_core.cli.suggestions import Suggesting
from htmap_core.durations import in_words
from htmap_core.language import amounts
from htmap_run import ranges

if TYPE_CHECKING:
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
def memory(tag: str, memory: tuple[Decimal, str], unit: str | None, components: Sequence[int] | None) -> None:
    """Set how much memory a map requests: `2GB`, or a number of MB."""
    number, chosen = _with_unit(memory, unit, "MB")
    found = load(tag)
    found.set_memory(amounts.whole(number, chosen, "MB"), components)
    _say(found, components, f"now request {number} {chosen} of memory")


@edit.command()
@click.argument("tag", type=TAG)
@click.argument("disk", type=Space())
@click.option(
    "--unit", type=click.Choice(["KB", "MB", "GB"], case_sensitive=False), help="Of a number alone; GB by default."
)
@takes_components
def disk(tag: str, disk: tuple[Decimal, str], unit: str | None, components: Sequence[int] | None) -> None:
    """Set how much disk space a map requests: `500MB`, or a number of GB."""
    number, chosen = _with_unit(disk, unit, "GB")
    found = load(tag)
    found.set_disk(amounts.whole(number, chosen, "KB"), components)
    _say(found, components, f"now request {number} {chosen} of disk space")


@edit.command()
@click.argument("tag", type=TAG)
@click.argument("walltime", type=Span())
@takes_components
def walltime(tag: str, walltime: int, components: Sequence[int] | None) -> None:
    """Set how long each component of a map may take: `4h`, `1d 12h`, `2:30:00`, or seconds.

    Then release components that are held because they took too long.
    """
    found = load(tag)
    found.set_walltime(walltime, components)
    _say(found, components, f"may now take {in_words(walltime)} each")


def _with_unit(amount: tuple[Decimal, str], unit: str | None, default: str) -> tuple[Decimal, str]:
    """Return an amount with its own unit, or else the one of the option.

    :raises click.UsageError: the amount and the option have different units.
    """
    number, own = amount
    unit = (unit or "").upper()
    if own and unit and own != unit:
        raise click.UsageError(f"the amount is in {own}, but --unit is {unit}: leave out one of them")
    return number, own or unit or default


def _say(found: Map, components: Sequence[int] | None, what: str) -> None:
    from htmap_core.maps.map import engine_of
    from htmap_core.maps.queue.scope import scope

    if components is not None:
        reached = scope(engine_of(found), components).concerned
        which = f"component{'s' if len(reached) > 1 else ''} {ranges.spell(sorted(reached))} of map {found.tag!r}"
        click.echo(f"{which} {what}" if reached else f"nothing was changed of map {found.tag!r}", err=not reached)
    elif found.is_active:
        click.echo(f"the components of map {found.tag!r} {what}")
    else:
        click.echo(f"map {found.tag!r} has ended: nothing was changed", err=True)


@click.command()
@click.argument("tag", type=TAG)
@click.argument("new")
def retag(tag: str, new: str) -> None:
    """Change the tag of a map.

    A map with a tag of its own is not transient: `htmap clean` leaves it alone.
    """
    load(tag).retag(new)
    click.echo(f"map {tag!r} now has the tag {new!r}")
