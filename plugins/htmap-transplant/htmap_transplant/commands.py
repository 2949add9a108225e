"""The commands ``htmap transplants ...``."""

from __future__ import annotations

import click

from htmap_transplant import store


@click.group()
def transplants() -> None:
    """Manage packed Python installations, which the delivery method transplant sends to execute nodes."""


@transplants.command()
def info() -> None:
    """Show which packed Python installations there are, and which maps need them."""
    click.echo(store.transplant_info())


@transplants.command()
@click.argument("index", type=click.IntRange(min=0))
@click.option("--force", is_flag=True, help="Remove it even if maps need it.")
def remove(index: int, force: bool) -> None:
    """Remove the packed Python installation that `htmap transplants info` shows with the number INDEX."""
    found = store.transplants()
    if index >= len(found):
        raise click.UsageError(f"there is no transplant {index}; `htmap transplants info` lists those that are there")
    found[index].remove(force)
    click.echo(f"removed transplant {found[index].hash}")
