"""``htmap doctor``."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import attrs
import click

from htmap_core import names
from htmap_core.cli import tables
from htmap_core.cli.machine.answer import takes_json
from htmap_core.condor import bindings
from htmap_core.contract.site.checks import Check
from htmap_core.diagnosis.doctor import checks
from htmap_core.exceptions import CondorError
from htmap_core.progress.work import LongWork
from htmap_core.version import __version__
from htmap_core.version import version as htmap_version
from htmap_core.wording import counted

if TYPE_CHECKING:
    from htmap_core.cli.machine.shapes import house
    from htmap_core.maps.recovery import Attempt


@click.command()
@takes_json
@click.pass_context
def doctor(context: click.Context, as_json: bool) -> tuple[house.Doctor, int] | None:
    """Check whether maps can run here, with advice for each problem.

    Checks versions, settings, HTMAP_DIR, plugins, pools, the schedd, slots, credentials, what plugins of the site check, and
    delivery methods. Each finding is printed as soon as it is known. Starts and submits nothing. The exit code is 1 if there
    is a problem.
    """
    done = []
    with LongWork("", at_once=True) as work:
        for each in checks(lambda about: work.begin(f"checking {about}")):
            work.hide()
            done.append(each)
            if not as_json:
                _show(each, is_first=len(done) == 1)
    problems = sum(each.verdict == "problem" for each in done)
    if as_json:
        told = [cast("house.Check", attrs.asdict(each)) for each in done]
        return {"checks": told, "problems": problems}, int(problems > 0)
    click.echo(
        f"\n{counted(problems, 'problem') if problems else 'No problems'} found: "
        f"maps can{'not run as they should' if problems else ' run'}."
    )
    if problems:
        context.exit(1)
    return None


# The widths of columns, which are known before their rows: the subjects of HTMap's own checks, and the verdicts.
_AREA, _VERDICT = len("credentials"), len("problem")


def _show(check: Check, *, is_first: bool) -> None:
    """Print a check as soon as it is done; on a terminal wrapped to its width."""
    rows = [("About", "Verdict", "What was found")] if is_first else []
    rows.append((check.area, check.verdict, " ".join(_sentences(check).split())))
    for area, verdict, found in rows:
        tables.say(f"{area:<{_AREA}}  {verdict:<{_VERDICT}}  {found}", indent=" " * (_AREA + _VERDICT + 4))


def _sentences(check: Check) -> str:
    ended = check.text if check.text.endswith((".", "?")) else f"{check.text}."
    return f"{ended} {check.advice}" if check.advice else check.text


@click.command()
@takes_json
@click.pass_context
def settle(context: click.Context, as_json: bool) -> tuple[house.Settled, int] | None:
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
    tried = {each.operation.marker for each in attempts}
    others = [marker for marker in operations.markers(htmap_dir()) if marker not in tried]
    is_left = bool(others) or still_moving is not None or any(each.problem for each in attempts)
    if as_json:
        return {
            "operations": [_operation(each) for each in attempts],
            "left": [str(marker) for marker in others],
            "move": "left" if still_moving is not None else "finished" if was_moving else None,
            "move_problem": still_moving or "",
        }, int(is_left)
    if still_moving is not None:
        tables.remark(f"the move of HTMAP_DIR ({htmap_dir() / names.MOVING}) is left: {still_moving}")
    elif was_moving:
        click.echo("finished the move of HTMAP_DIR")
    for each in map(_operation, attempts):
        about = f"{each['operation']} of map {each['tag']!r}"
        if each["outcome"] == "left":
            tables.remark(f"the {about} is left ({each['marker']}): {each['problem']}")
        else:
            click.echo(f"{'undid' if each['outcome'] == 'undone' else 'finished'} the {about}")
    for marker in others:
        tables.remark(
            f"{marker} is left: it is damaged or from another host, and less than a day old, or a newer HTMap's"
        )
    if is_left:
        context.exit(1)
    if not attempts and not was_moving:
        click.echo("nothing was left unfinished")
    return None


def _operation(attempt: Attempt) -> house.Operation:
    is_undone = attempt.kind == names.CREATING and not attempt.operation.map_dir.exists
    return {
        "operation": _DEEDS[attempt.kind],
        "tag": attempt.operation.tag,
        "outcome": "left" if attempt.problem else "undone" if is_undone else "finished",
        "problem": attempt.problem,
        "marker": str(attempt.operation.marker),
    }


_DEEDS: dict[str, house.Deed] = {
    names.REMOVED: "removal",
    names.CREATING: "creation",
    names.RERUNNING: "rerun",
    names.RETAGGING: "change of the tag",
    names.RUNNING: "run on this machine",
}


@click.command()
@takes_json
def version(as_json: bool) -> house.Version | None:
    """Print the versions of HTMap and of HTCondor's Python bindings."""
    of_bindings, problem = _version_of_bindings()
    if as_json:
        return {"htmap": __version__, "bindings": of_bindings}
    click.echo(htmap_version())
    click.echo(f"HTCondor bindings: {of_bindings or problem}")
    return None


def _version_of_bindings() -> tuple[str | None, str]:
    """Return the version of the bindings, or else why there is none."""
    try:
        return bindings.bindings_version().strip("$ "), ""
    except CondorError as error:
        return None, f"none. {error}"
