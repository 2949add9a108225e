"""``htmap version``."""

from __future__ import annotations

import click

from htmap_core import condor
from htmap_core.version import version as htmap_version


@click.command()
def version() -> None:
    """Print the versions of HTMap and of HTCondor's Python bindings."""
    click.echo(htmap_version())
    click.echo(f"HTCondor bindings: {condor.version().strip('$ ')}")
