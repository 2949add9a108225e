"""``htmap plan``."""

from __future__ import annotations

import json

import click

from htmap_core.cli import tables
from htmap_core.cli.commands.why import takes_json
from htmap_core.cli.selection import TAG, load


@click.command()
@click.argument("tag", type=TAG)
@takes_json
def plan(tag: str, as_json: bool) -> None:
    """Show what a map was submitted with, and who has set each line.

    Shows how components share jobs, the pool, the delivery method and why it was chosen, what travels to jobs, and the submit
    description. `htmap.plan()` in Python shows it before a map is made.
    """
    found = load(tag).plan()
    if as_json:
        click.echo(json.dumps(found.to_dict(), indent=2))
        return
    for number, section in enumerate(found.sections()):
        click.echo("\n" if number else "", nl=False)
        tables.say(section.text)
        if section.rows:
            tables.show(section.headers, section.rows)
