"""``htmap plugins new``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from htmap_core.cli.machine.answer import takes_json
from htmap_core.cli.new_plugin.making import KINDS, make

if TYPE_CHECKING:
    from htmap_core.cli.machine.shapes.installed import NewPlugin


@click.command()
@click.argument("name")
@click.option("--kind", required=True, type=click.Choice(list(KINDS)), help="What the plugin offers.")
@takes_json
def new(name: str, kind: str, as_json: bool) -> NewPlugin | None:
    """Make a plugin in the folder htmap-NAME: a whole distribution, whose tests pass, to be changed step by step.

    A name has small letters and digits. A delivery method is a way for Python to reach the execute node, a transfer protocol
    moves files by URLs of its own, and a site is a pool with rules for its jobs.
    """
    here = Path.cwd()
    files = make(name, kind, here)
    if as_json:
        return {"name": name, "kind": kind, "files": [str(path) for path in files]}
    click.echo(f"Made {KINDS[kind].words} that works as it is:")
    for path in files:
        click.echo(f"  {path.relative_to(here)}")
    click.echo("Install it, run its tests, and look at it:")
    for command in (f"cd htmap-{name}", "pip install --editable '.[test]'", "pytest", f"htmap plugins show {name}"):
        click.echo(f"  {command}")
    click.echo(f"Then change htmap_{name}/plugin.py and its test, bit by bit; `htmap docs write-a-plugin` explains it.")
    return None
