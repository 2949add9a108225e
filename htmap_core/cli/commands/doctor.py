"""``htmap doctor``."""

from __future__ import annotations

import json

import attrs
import click

from htmap_core.cli import tables
from htmap_core.cli.commands.why import takes_json
from htmap_core.condor import connection
from htmap_core.diagnosis.doctor import checks
from htmap_core.version import version as htmap_version


@click.command()
@takes_json
@click.pass_context
def doctor(context: click.Context, as_json: bool) -> None:
    """Check whether maps can run here, with advice for each problem.

    Checks versions, settings, HTMAP_DIR, plugins, pools, the schedd, slots, credentials and delivery methods. Starts and submits
    nothing. The exit code is 1 if there is a problem.
    """
    done = list(checks())
    problems = sum(each.verdict == "problem" for each in done)
    if as_json:
        click.echo(json.dumps([attrs.asdict(each) for each in done], indent=2))
    else:
        rows = [(each.area, each.verdict, f"{each.text}. {each.advice}" if each.advice else each.text) for each in done]
        tables.show(("About", "Verdict", "What was found"), rows)
        click.echo(
            f"\n{problems or 'No'} problem{'' if problems == 1 else 's'} found: "
            f"maps can{'not run as they should' if problems else ' run'}."
        )
    if problems:
        context.exit(1)


@click.command()
def version() -> None:
    """Print the versions of HTMap and of HTCondor's Python bindings."""
    click.echo(htmap_version())
    click.echo(f"HTCondor bindings: {connection.bindings_version().strip('$ ')}")
