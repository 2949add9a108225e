"""``htmap stdout`` and ``htmap stderr``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from htmap_core.cli import tables
from htmap_core.cli.amounts import Amount
from htmap_core.cli.machine.answer import takes_json
from htmap_core.cli.selection import COMPONENT, TAG, load
from htmap_core.components import ComponentStatus
from htmap_core.terminal import AS_IT_CAME

if TYPE_CHECKING:
    from htmap_core.cli.machine.shapes.maps import Output

_TIMEOUT = click.option(
    "--timeout",
    type=Amount(min=0),
    help="How long to wait, in seconds; for ever by default.",
)


@click.command()
@click.argument("tag", type=TAG)
@click.argument("component", type=COMPONENT)
@_TIMEOUT
@click.option(
    "-f",
    "--follow",
    is_flag=True,
    help="Show the output while the component runs, wherever it runs, until it has ended.",
)
@takes_json
def stdout(tag: str, component: int, timeout: float | None, follow: bool, as_json: bool) -> Output | None:
    """Show the standard output of a component.

    If several components share a job, --follow shows the output of all of them.
    """
    if follow and as_json:
        raise click.UsageError("--follow and --json exclude each other: what follows is the output itself")
    if follow:
        shown = _output(tag, "stdout").follow(component, timeout)
        _tell(tag, component, {"RUNNING"}, "its output is shown as soon as it runs")
        for text in shown:
            _pass_on(text)
        _check_not_held(tag, component)
        return None
    _tell(tag, component, set(), "its output comes when it has ended; --follow shows it earlier")
    return _show(tag, component, "stdout", timeout, as_json=as_json)


@click.command()
@click.argument("tag", type=TAG)
@click.argument("component", type=COMPONENT)
@_TIMEOUT
@takes_json
def stderr(tag: str, component: int, timeout: float | None, as_json: bool) -> Output | None:
    """Show the standard error of a component."""
    _tell(tag, component, set(), "its output comes when it has ended")
    return _show(tag, component, "stderr", timeout, as_json=as_json)


def _tell(tag: str, component: int, expected: set[str], what: str) -> None:
    """Tell the user at a terminal what the command waits for.

    Nothing is printed if the component has ended, is held, or has one of the *expected* statuses.
    """
    statuses = load(tag).component_statuses
    if not sys.stderr.isatty() or component not in range(len(statuses)):
        return  # the command itself says that there is no such component
    status = statuses[component]
    if not (status.is_final or status is ComponentStatus.HELD or str(status) in expected):
        tables.remark(f"component {component} of map {tag!r} is {status}: {what}")


def _check_not_held(tag: str, component: int) -> None:
    """Check that following has ended because the component has.

    :raises MapComponentHeld: it is held.
    """
    from htmap_core.maps.map import engine_of

    engine = engine_of(load(tag))
    component = engine.from_front(component)
    if engine.status(component) is ComponentStatus.HELD:
        raise engine.errors.problem(component, ComponentStatus.HELD)


def _show(tag: str, component: int, stream: str, timeout: float | None, *, as_json: bool) -> Output | None:
    text = _output(tag, stream).get(component, timeout)
    if as_json:
        return {"tag": tag, "component": component, "text": text}
    _pass_on(text, nl=not text.endswith("\n") and bool(text))
    return None


def _output(tag: str, stream: str) -> Any:
    """Return the output of a map's components, in which bytes that are no text are kept."""
    from htmap_core.maps.map import engine_of

    found = load(tag)
    return type(getattr(found, stream))(engine_of(found), "surrogateescape")


def _pass_on(text: str, *, nl: bool = False) -> None:
    """Print output: on a terminal all of it as text, elsewhere the bytes that the function wrote."""
    click.echo(text if sys.stdout.isatty() else text.encode(errors=AS_IT_CAME), nl=nl)
