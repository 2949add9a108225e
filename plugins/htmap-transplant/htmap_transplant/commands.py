"""The commands ``htmap transplants ...``."""

from __future__ import annotations

import click

from htmap_transplant import store


@click.group()
def transplants() -> None:
    """Manage packed Python installations, which the delivery method `transplant` sends to execute nodes."""


@transplants.command()
def info() -> None:
    """Show the packed Python installations and the maps that need them."""
    click.echo(store.transplant_info())


@transplants.command()
@click.argument("index", type=click.IntRange(min=0), required=False)
@click.option("--unused", is_flag=True, help="Remove all installations that no map needs.")
@click.option("--force", is_flag=True, help="Remove the installation even if maps need it.")
def remove(index: int | None, unused: bool, force: bool) -> None:
    """Remove the packed Python installation that `htmap transplants info` shows with the number INDEX."""
    if unused == (index is not None) or (unused and force):
        raise click.UsageError("name either an INDEX, which `htmap transplants info` shows, or --unused")
    for each in _unused() if index is None else [_numbered(index)]:
        each.remove(force)
        click.echo(f"removed transplant {each.hash}")


def _unused() -> list[store.Transplant]:
    return [each for each in store.transplants() if not each.used_by()]


def _numbered(index: int) -> store.Transplant:
    found = store.transplants()
    if index >= len(found):
        raise click.UsageError(f"there is no transplant {index}; `htmap transplants info` lists the existing ones")
    return found[index]
