"""``htmap wait``, ``hold``, ``release``, ``pause``, ``resume``, ``vacate``."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from htmap_core.cli import tables
from htmap_core.cli.amounts import Amount
from htmap_core.cli.selection import Selection, takes_components, takes_maps, takes_yes
from htmap_core.components import ComponentStatus
from htmap_core.exceptions import ComponentFailed, MapComponentError

if TYPE_CHECKING:
    from htmap_core.maps.map import Map

_QUEUED = {ComponentStatus.UNMATERIALIZED, ComponentStatus.IDLE, ComponentStatus.RUNNING, ComponentStatus.SUSPENDED}


@click.command()
@takes_maps
@click.option(
    "--acceptable",
    type=Amount(0, 1, min_open=True),
    help="Wait only until this share of the components has ended, such as 0.99; fail as soon as that cannot be any more.",
)
@click.option("-q", "--quiet", is_flag=True, help="Do not show how far each map is.")
def wait(selection: Selection, acceptable: float | None, quiet: bool) -> None:
    """Wait until maps have ended.

    Names each map whose components are all completed. Stops waiting for a map as soon as a component has failed or is held,
    prints an error, and goes on with the next map; the exit code is 1 then. Shows on standard error how far each map is: a bar
    on a terminal, elsewhere a line now and then. After Ctrl-C, the maps go on.
    """
    selection.each_map(lambda found: _wait(found, acceptable, quiet=quiet))


def _wait(found: Map, acceptable: float | None, *, quiet: bool) -> None:
    try:
        found.wait(show_progress_bar=not quiet, acceptable=acceptable)
    except MapComponentError as error:  # its text is the whole report, which would hide the messages about other maps
        raise ComponentFailed(found.tag, error.component, error.headline) from error
    done = found.components_by_status()[ComponentStatus.COMPLETED]
    if len(done) < len(found):
        click.echo(f"map {found.tag!r} has enough results: {len(done)} of {len(found)} components are completed")
    else:
        click.echo(f"map {found.tag!r} has ended: all components are completed")


@click.command()
@takes_maps
@takes_components
@takes_yes
def hold(selection: Selection, components: Sequence[int] | None, yes: bool) -> None:
    """Hold maps: their components do not run.

    Their jobs stay in the queue; `htmap release` lets them go on. With --components, asks on a terminal before it stops others.
    """
    _each(selection, components, lambda found: _act(found, "hold", "held", _QUEUED, components, asks=not yes))


@click.command()
@takes_maps
@takes_components
def release(selection: Selection, components: Sequence[int] | None) -> None:
    """Release maps: held components become idle again.

    HTCondor itself holds components when something goes wrong. `htmap reasons` says what; put that right first.
    """
    _each(selection, components, lambda found: _act(found, "release", "released", {ComponentStatus.HELD}, components))


@click.command()
@takes_maps
@takes_components
def pause(selection: Selection, components: Sequence[int] | None) -> None:
    """Pause maps: running components stop where they are.

    They keep their slots, and go on after `htmap resume`.
    """
    _each(selection, components, lambda found: _act(found, "pause", "paused", {ComponentStatus.RUNNING}, components))


@click.command()
@takes_maps
@takes_components
def resume(selection: Selection, components: Sequence[int] | None) -> None:
    """Resume maps after a pause."""
    suspended = {ComponentStatus.SUSPENDED}
    _each(selection, components, lambda found: _act(found, "resume", "resumed", suspended, components))


@click.command()
@takes_maps
@takes_components
@takes_yes
def vacate(selection: Selection, components: Sequence[int] | None, yes: bool) -> None:
    """Vacate maps: running components become idle again.

    They give up their slots and start again, from their last checkpoint if there is one. With --components, asks on a terminal
    before it stops others.
    """
    running = {ComponentStatus.RUNNING, ComponentStatus.SUSPENDED}
    if selection.confirm("Stop the running components of {maps}, and start them again?", yes=yes):
        _each(selection, components, lambda found: _act(found, "vacate", "vacated", running, components, asks=not yes))


def _each(selection: Selection, components: Sequence[int] | None, act: Callable[[Map], None]) -> None:
    if components is not None:
        selection.check_is_one()
    selection.each_map(act)


def _act(
    found: Map,
    verb: str,
    past: str,
    concerned: set[ComponentStatus],
    components: Sequence[int] | None,
    *,
    asks: bool = False,
) -> None:
    """Act on a map, and print on how many components. The schedd is always asked: it may know more than the event log.

    :param asks: whether to ask on a terminal before components are stopped that were not named.
    """
    from htmap_core.maps.map import engine_of
    from htmap_core.maps.queue.scope import others_concerned, scope

    engine = engine_of(found)
    on = scope(engine, components)
    statuses = found.component_statuses
    count = sum(statuses[component] in concerned for component in on.concerned)
    with warnings.catch_warnings():
        warning = others_concerned(engine, verb, on) if asks and sys.stdin.isatty() and sys.stderr.isatty() else None
        if warning is not None:
            tables.remark(str(warning))
            if not click.confirm("Go on?", err=True):
                return
            warnings.simplefilter("ignore", type(warning))
        getattr(found, verb)(components)
    what = f"{count} component{'' if count == 1 else 's'} of" if count else "no component of"
    click.echo(f"{past} {what} map {found.tag!r}")
