"""``htmap doctor``."""

from __future__ import annotations

import json

import attrs
import click

from htmap_core import names
from htmap_core.cli import tables
from htmap_core.cli.commands.why import takes_json
from htmap_core.condor import bindings
from htmap_core.contract.site.checks import Check
from htmap_core.diagnosis.doctor import checks
from htmap_core.version import version as htmap_version


@click.command()
@takes_json
@click.pass_context
def doctor(context: click.Context, as_json: bool) -> None:
    """Check whether maps can run here, with advice for each problem.

    Checks versions, settings, HTMAP_DIR, plugins, pools, the schedd, slots, credentials, what plugins of the site check, and
    delivery methods. Starts and submits nothing. The exit code is 1 if there is a problem.
    """
    done = list(checks())
    problems = sum(each.verdict == "problem" for each in done)
    if as_json:
        click.echo(json.dumps([attrs.asdict(each) for each in done], indent=2))
    else:
        rows = [(each.area, each.verdict, _sentences(each)) for each in done]
        tables.show(("About", "Verdict", "What was found"), rows)
        click.echo(
            f"\n{problems or 'No'} problem{'' if problems == 1 else 's'} found: "
            f"maps can{'not run as they should' if problems else ' run'}."
        )
    if problems:
        context.exit(1)


def _sentences(check: Check) -> str:
    ended = check.text if check.text.endswith((".", "?")) else f"{check.text}."
    return f"{ended} {check.advice}" if check.advice else check.text


@click.command()
@click.pass_context
def settle(context: click.Context) -> None:
    """Finish what interrupted commands have left, and ask all pools for it at once.

    Such as a removal whose pool did not answer. Other commands that act try it by themselves, but only every ten minutes, and
    after a week no more. The exit code is 1 if something is left.
    """
    from htmap_core.maps import recovery
    from htmap_core.storage import operations
    from htmap_core.storage.root import htmap_dir, why_still_moving

    was_moving = why_still_moving(htmap_dir()) is not None
    attempts = recovery.settle(at_once=True)
    still_moving = why_still_moving(htmap_dir())
    if still_moving is not None:
        tables.remark(f"the move of HTMAP_DIR ({htmap_dir() / names.MOVING}) is left: {still_moving}")
    elif was_moving:
        click.echo("finished the move of HTMAP_DIR")
    for each in attempts:
        about = f"{_DEEDS[each.kind]} of map {each.operation.tag!r}"
        if each.problem:
            tables.remark(f"the {about} is left ({each.operation.marker}): {each.problem}")
        else:
            is_undone = each.kind == names.CREATING and not each.operation.map_dir.exists
            click.echo(f"{'undid' if is_undone else 'finished'} the {about}")
    tried = {each.operation.marker for each in attempts}
    others = [marker for marker in operations.markers(htmap_dir()) if marker not in tried]
    for marker in others:
        tables.remark(
            f"{marker} is left: it is damaged or from another host, and less than a day old, or a newer HTMap's"
        )
    if others or still_moving is not None or any(each.problem for each in attempts):
        context.exit(1)
    if not attempts and not was_moving:
        click.echo("nothing was left unfinished")


_DEEDS = {
    names.REMOVED: "removal",
    names.CREATING: "creation",
    names.RERUNNING: "rerun",
    names.RETAGGING: "change of the tag",
    names.RUNNING: "run on this machine",
}


@click.command()
def version() -> None:
    """Print the versions of HTMap and of HTCondor's Python bindings."""
    click.echo(htmap_version())
    click.echo(f"HTCondor bindings: {bindings.bindings_version().strip('$ ')}")
