"""``htmap status``."""

from __future__ import annotations

import click

from htmap_core import management


@click.command()
@click.option("--state/--no-state", default=True, help="Show how many components are in which state (the default).")
@click.option("--meta/--no-meta", default=True, help="Show memory, disk usage and run times (the default).")
def status(state: bool, meta: bool) -> None:
    """Print a status table for all of your maps.

    Transient maps are prefixed with a leading "*".
    """
    maps = management.load_maps()
    if not maps:
        click.echo("You have no maps. `htmap.map(function, inputs)` makes one.", err=True)
        return
    click.echo(management.status(maps, include_state=state, include_meta=meta))
