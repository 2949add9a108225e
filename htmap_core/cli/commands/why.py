"""``htmap why``, ``plan``, ``advise``, ``job``, ``submit-file`` and ``debug``."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click

from htmap_core.cli import tables
from htmap_core.cli.machine.answer import takes_json
from htmap_core.cli.selection import COMPONENT, TAG, load
from htmap_core.components import ComponentStatus
from htmap_core.wording import in_shell
from htmap_run import ranges

if TYPE_CHECKING:
    from htmap_core.cli.machine.shapes import explained, plans
    from htmap_core.cli.machine.shapes.maps import Job, SubmitFile
    from htmap_core.diagnosis.idle import Verdict
    from htmap_core.diagnosis.why import Explanation


@click.command()
@click.argument("tag", type=TAG)
@click.argument("components", nargs=-1, type=COMPONENT)
@takes_json
def why(tag: str, components: tuple[int, ...], as_json: bool) -> explained.Why | None:
    """Explain why components do not run.

    For held components, shows the reason. For idle ones, shows how many slots of the pool satisfy each part of their
    requirements, who has those slots, and how you stand beside others who wait. By default, explains all components that have
    not ended.
    """
    import attrs

    found = load(tag)
    reasons = found.why(components or None)
    if as_json:
        return {"tag": tag, "explanations": [cast("explained.Explanation", attrs.asdict(each)) for each in reasons]}
    if not reasons:
        failed = sum(status is ComponentStatus.ERRORED for status in found.component_statuses)
        more = f"{failed} of them failed: `htmap errors {in_shell(tag)}` shows how" if failed else "none of them failed"
        tables.say(f"all components of map {tag!r} have ended, and {more}")
    for number, each in enumerate(reasons):
        click.echo("\n" if number else "", nl=False)
        _show(each)
    return None


def _show(each: Explanation) -> None:
    plural = "s" if len(each.components) > 1 else ""
    verb = "are" if plural else "is"
    tables.say(f"component{plural} {ranges.spell(each.components)} {verb} {each.status}: {each.text}")
    if each.verdict is not None:
        _show_clauses(each.verdict)
        for note in each.verdict.notes:
            tables.say(f"- {note}", "  ")
    for words in each.site:
        tables.say(words)
    if each.advice:
        tables.say(each.advice)


def _show_clauses(verdict: Verdict) -> None:
    """Show the parts of the requirements that not all slots satisfy; the rest is of no interest to a user who waits."""
    decisive = [clause for clause in verdict.clauses if clause.slots < verdict.slots]
    rest = len(verdict.clauses) - len(decisive)
    rows = [(f"{clause.slots} of {verdict.slots}", clause.text) for clause in decisive]
    if rows:
        rows += [(f"{verdict.slots} of {verdict.slots}", f"each of the other {rest} parts")] if rest else []
        tables.show(("Slots", "satisfy"), rows)


@click.command()
@click.argument("tag", type=TAG)
@takes_json
def plan(tag: str, as_json: bool) -> plans.Plan | None:
    """Show what a map was submitted with, and who has set each line.

    Shows how components share jobs, the pool, the delivery method and why it was chosen, what travels to jobs, and the submit
    description. `htmap.plan()` in Python shows it before a map is made.
    """
    found = load(tag).plan()
    if as_json:
        return cast("plans.Plan", found.to_dict())
    for number, section in enumerate(found.sections()):
        click.echo("\n" if number else "", nl=False)
        tables.say(section.text)
        if section.rows:
            tables.show(section.headers, section.rows)
    return None


@click.command()
@click.argument("tag", type=TAG)
@takes_json
def advise(tag: str, as_json: bool) -> plans.Advice | None:
    """Propose map options by what a map has used.

    Shows the memory, disk space and time that components have asked for and used, and a line of options for the next map like
    this one. Nothing is changed.
    """
    from htmap_core.diagnosis.usage.advice import HEADERS

    found = load(tag).advise()
    if as_json:
        return cast("plans.Advice", found.to_dict())
    tables.say(found.title)
    tables.show(HEADERS, found.rows)
    click.echo(f"\n{found.line}")
    for note in found.notes:
        tables.say(f"- {note}")
    return None


@click.command()
@click.argument("tag", type=TAG)
@click.argument("component", type=COMPONENT, default=0)
@takes_json
def job(tag: str, component: int, as_json: bool) -> Job | None:
    """Print the full ad of a component's job.

    The ad is printed as `condor_q -long` or `condor_history -long` prints it. The default COMPONENT is 0.
    """
    found = load(tag).job_ad(component)
    if as_json:
        attributes = dict(sorted(found.attributes.items(), key=lambda item: item[0].casefold()))
        return {"tag": tag, "component": component, "is_queued": found.is_queued, "attributes": attributes}
    click.echo(found.text, nl=False)
    return None


@click.command(name="submit-file")
@click.argument("tag", type=TAG)
@click.argument("component", type=COMPONENT, required=False)
@takes_json
def submit_file(tag: str, component: int | None, as_json: bool) -> SubmitFile | None:
    """Print a submit description, to run components by hand.

    `condor_submit` runs it, to debug one COMPONENT or all, apart from the map. Submit it in an empty directory: the event log and
    the output arrive there.
    """
    text = load(tag).submit_file(component)
    if as_json:
        return {"tag": tag, "component": component, "text": text}
    click.echo(text, nl=False)
    return None


@click.command()
@click.argument("tag", type=TAG)
@click.argument("component", type=COMPONENT)
def debug(tag: str, component: int) -> None:
    """Run a component here, and open the debugger at its exception.

    It runs in a folder of its own, with the inputs and files that it had in the pool. Nothing of the map changes. Modules must be
    importable here: `PYTHONPATH=. htmap debug ...` adds the current folder.
    """
    from htmap_core.maps.here.debugging import debug as run_in_debugger
    from htmap_core.maps.map import engine_of

    engine = engine_of(load(tag))
    component = engine.from_front(component)
    tables.remark(f"component {component} of map {tag!r} runs here, in a folder of its own; the map stays as it is")
    if not run_in_debugger(engine.map_dir, tag, component):
        tables.say(f"component {component} of map {tag!r} ran to its end here, without an exception")
