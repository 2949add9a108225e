"""``htmap edit`` and ``htmap retag``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import click

from htmap_core.cli.amounts import Amount
from htmap_core.cli.selection import TAG, load
from htmap_core.cli.suggestions import Suggesting

if TYPE_CHECKING:
    from htmap_core.maps.map import Map

_MB = {"MB": 1, "GB": 1024}
_KB = {"KB": 1, "MB": 1024, "GB": 1024 * 1024}


@click.group(cls=Suggesting, usual=lambda _: "memory")
def edit() -> None:
    """Change how much memory or disk space a map requests.

    Running components keep what they have. Vacate the map to start them again with the new value.
    """


@edit.command()
@click.argument("tag", type=TAG)
@click.argument("memory", type=Amount(min=0, min_open=True))
@click.option("--unit", type=click.Choice(list(_MB), case_sensitive=False), default="MB", show_default=True)
def memory(tag: str, memory: float, unit: str) -> None:
    """Set how much memory a map requests."""
    found = load(tag)
    found.set_memory(math.ceil(memory * _MB[unit.upper()]))
    _say(found, "memory", f"{memory:g} {unit.upper()}")


@edit.command()
@click.argument("tag", type=TAG)
@click.argument("disk", type=Amount(min=0, min_open=True))
@click.option("--unit", type=click.Choice(list(_KB), case_sensitive=False), default="GB", show_default=True)
def disk(tag: str, disk: float, unit: str) -> None:
    """Set how much disk space a map requests."""
    found = load(tag)
    found.set_disk(math.ceil(disk * _KB[unit.upper()]))
    _say(found, "disk space", f"{disk:g} {unit.upper()}")


def _say(found: Map, what: str, value: str) -> None:
    if found.is_active:
        click.echo(f"the components of map {found.tag!r} now request {value} of {what}")
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
