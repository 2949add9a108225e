"""``htmap wait``, ``hold``, ``release``, ``pause``, ``resume``, ``vacate``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from htmap_core.cli.selection import Selection, takes_maps, takes_yes
from htmap_core.components import ComponentStatus
from htmap_core.exceptions import ComponentFailed, MapComponentError

if TYPE_CHECKING:
    from htmap_core.maps.map import Map

_QUEUED = {ComponentStatus.UNMATERIALIZED, ComponentStatus.IDLE, ComponentStatus.RUNNING, ComponentStatus.SUSPENDED}


@click.command()
@takes_maps
def wait(selection: Selection) -> None:
    """Wait until maps have ended.

    Names each map whose components are all completed. Stops waiting for a map as soon as a component has failed or is held,
    prints an error, and goes on with the next map; the exit code is 1 then. On a terminal a progress bar shows how far each
    map is.
    """
    selection.each_map(_wait)


def _wait(found: Map) -> None:
    try:
        found.wait(show_progress_bar=sys.stderr.isatty())
    except MapComponentError as error:  # its text is the whole report, which would hide the messages about other maps
        (what, *_) = found.get_err(error.component).exception_msg.strip().splitlines() or ["for an unknown reason"]
        raise ComponentFailed(found.tag, error.component, what) from error
    click.echo(f"map {found.tag!r} has ended: all components are completed")


@click.command()
@takes_maps
def hold(selection: Selection) -> None:
    """Hold maps: their components do not run.

    Their jobs stay in the queue; `htmap release` lets them go on.
    """
    selection.each_map(lambda found: _act(found, "hold", "held", _QUEUED))


@click.command()
@takes_maps
def release(selection: Selection) -> None:
    """Release maps: held components become idle again.

    HTCondor itself holds components when something goes wrong. `htmap reasons` says what; put that right first.
    """
    selection.each_map(lambda found: _act(found, "release", "released", {ComponentStatus.HELD}))


@click.command()
@takes_maps
def pause(selection: Selection) -> None:
    """Pause maps: running components stop where they are.

    They keep their slots, and go on after `htmap resume`.
    """
    selection.each_map(lambda found: _act(found, "pause", "paused", {ComponentStatus.RUNNING}))


@click.command()
@takes_maps
def resume(selection: Selection) -> None:
    """Resume maps after a pause."""
    selection.each_map(lambda found: _act(found, "resume", "resumed", {ComponentStatus.SUSPENDED}))


@click.command()
@takes_maps
@takes_yes
def vacate(selection: Selection, yes: bool) -> None:
    """Vacate maps: running components become idle again.

    They give up their slots and start again, from their last checkpoint if there is one.
    """
    if selection.confirm("Stop the running components of these {count} maps, and start them again?", yes=yes):
        running = {ComponentStatus.RUNNING, ComponentStatus.SUSPENDED}
        selection.each_map(lambda found: _act(found, "vacate", "vacated", running))


def _act(found: Map, verb: str, past: str, concerned: set[ComponentStatus]) -> None:
    """Act on a map, and print on how many components. The schedd is always asked: it may know more than the event log."""
    count = sum(status in concerned for status in found.component_statuses)
    getattr(found, verb)()
    what = f"{count} component{'' if count == 1 else 's'} of" if count else "no component of"
    click.echo(f"{past} {what} map {found.tag!r}")
