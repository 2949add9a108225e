"""``htmap wait``, ``hold``, ``release``, ``pause``, ``resume``, ``vacate``."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs
import click

from htmap_core.cli import tables
from htmap_core.cli.amounts import Amount
from htmap_core.cli.machine.answer import takes_json
from htmap_core.cli.selection import Selection, takes_components, takes_maps, takes_yes
from htmap_core.components import ComponentStatus
from htmap_core.exceptions import ComponentFailed, MapComponentError
from htmap_core.wording import counted

if TYPE_CHECKING:
    from htmap_core.cli.machine.shapes.acts import ActedOn, Acts, Wait, Waited
    from htmap_core.maps.map import Map

_QUEUED = {ComponentStatus.UNMATERIALIZED, ComponentStatus.IDLE, ComponentStatus.RUNNING, ComponentStatus.SUSPENDED}


@click.command()
@takes_maps
@click.option(
    "--acceptable",
    type=Amount(0, 1, min_open=True),
    help="Wait only until this share of the components has ended, such as 0.99; fail as soon as that cannot be any more.",
)
@click.option("-q", "--quiet", is_flag=True, help="Do not show how far each map is, which --json does not either.")
@takes_json
def wait(selection: Selection, acceptable: float | None, quiet: bool, as_json: bool) -> Wait:
    """Wait until maps have ended.

    Names each map whose components are all completed. Stops waiting for a map as soon as a component has failed or is held,
    prints an error, and goes on with the next map; the exit code is 1 then. Shows on standard error how far each map is: a bar
    on a terminal, elsewhere a line now and then. After Ctrl-C, the maps go on.
    """
    ended: list[Waited] = []

    def wait_for(found: Map) -> None:
        said = _wait(found, acceptable, quiet=quiet or as_json)
        counts = {str(status): len(those) for status, those in found.components_by_status().items()}
        ended.append({"tag": found.tag, "component_status_counts": counts})
        if not as_json:
            click.echo(said)

    selection.each_map(wait_for)
    return {"maps": ended}


def _wait(found: Map, acceptable: float | None, *, quiet: bool) -> str:
    """Wait for a map, and return what is to be said then."""
    try:
        found.wait(show_progress_bar=not quiet, acceptable=acceptable)
    except MapComponentError as error:  # its text is the whole report, which would hide the messages about other maps
        raise ComponentFailed(found.tag, error.component, error.headline) from error
    done = found.components_by_status()[ComponentStatus.COMPLETED]
    if len(done) < len(found):
        return f"map {found.tag!r} has enough results: {len(done)} of {len(found)} components are completed"
    return f"map {found.tag!r} has ended: all components are completed"


@click.command()
@takes_maps
@takes_components
@takes_yes
@takes_json
def hold(selection: Selection, components: Sequence[int] | None, yes: bool, as_json: bool) -> Acts:
    """Hold maps: their components do not run.

    Their jobs stay in the queue; `htmap release` lets them go on. With --components, asks on a terminal before it stops others.
    """
    act = _Act("hold", "held", _QUEUED, asks=not yes)
    return act.on_each(selection, components, tells=not as_json)


@click.command()
@takes_maps
@takes_components
@takes_json
def release(selection: Selection, components: Sequence[int] | None, as_json: bool) -> Acts:
    """Release maps: held components become idle again.

    HTCondor itself holds components when something goes wrong. `htmap reasons` says what; put that right first.
    """
    return _Act("release", "released", {ComponentStatus.HELD}).on_each(selection, components, tells=not as_json)


@click.command()
@takes_maps
@takes_components
@takes_json
def pause(selection: Selection, components: Sequence[int] | None, as_json: bool) -> Acts:
    """Pause maps: running components stop where they are.

    They keep their slots, and go on after `htmap resume`.
    """
    return _Act("pause", "paused", {ComponentStatus.RUNNING}).on_each(selection, components, tells=not as_json)


@click.command()
@takes_maps
@takes_components
@takes_json
def resume(selection: Selection, components: Sequence[int] | None, as_json: bool) -> Acts:
    """Resume maps after a pause."""
    return _Act("resume", "resumed", {ComponentStatus.SUSPENDED}).on_each(selection, components, tells=not as_json)


@click.command()
@takes_maps
@takes_components
@takes_yes
@takes_json
def vacate(selection: Selection, components: Sequence[int] | None, yes: bool, as_json: bool) -> Acts:
    """Vacate maps: running components become idle again.

    They give up their slots and start again, from their last checkpoint if there is one. With --components, asks on a terminal
    before it stops others.
    """
    if not selection.confirm("Stop the running components of {maps}, and start them again?", yes=yes):
        return {"maps": []}
    act = _Act("vacate", "vacated", {ComponentStatus.RUNNING, ComponentStatus.SUSPENDED}, asks=not yes)
    return act.on_each(selection, components, tells=not as_json)


@attrs.frozen
class _Act:
    """An act on the jobs of maps.

    :param verb: the method of maps.
    :param past: its past participle.
    :param concerned: the statuses of the components to which it does something.
    :param asks: whether to ask on a terminal before components are stopped that were not named.
    """

    verb: str
    past: str
    concerned: set[ComponentStatus]
    asks: bool = False

    def on_each(self, selection: Selection, components: Sequence[int] | None, *, tells: bool) -> Acts:
        """Act on each map, and return on what.

        :param tells: whether to print on how many components of each map.
        """
        if components is not None:
            selection.check_is_one()
        done: list[ActedOn] = []

        def act(found: Map) -> None:
            if (reached := self._on(found, components)) is None:
                return
            done.append({"tag": found.tag, "components": reached})
            count = len(reached)
            what = f"{counted(count, 'component')} of" if count else "no component of"
            if tells:
                click.echo(f"{self.past} {what} map {found.tag!r}")

        selection.each_map(act)
        return {"maps": done}

    def _on(self, found: Map, components: Sequence[int] | None) -> list[int] | None:
        """Act on a map, and return on which components; None if the user did not want that.

        The schedd is always asked: it may know more than the event log.
        """
        from htmap_core.maps.map import engine_of
        from htmap_core.maps.queue.scope import others_concerned, out_of_reach, scope

        engine = engine_of(found)
        on = scope(engine, components)
        statuses = found.component_statuses
        concerned = {component for component in on.concerned if statuses[component] in self.concerned}
        reached = sorted(concerned.difference(out_of_reach(engine, on)))
        may_ask = self.asks and sys.stdin.isatty() and sys.stderr.isatty()
        with warnings.catch_warnings():
            warning = others_concerned(engine, self.verb, on) if may_ask else None
            if warning is not None:
                tables.remark(str(warning))
                if not click.confirm("Go on?", err=True):
                    return None
                warnings.simplefilter("ignore", type(warning))
            getattr(found, self.verb)(components)
        return reached
