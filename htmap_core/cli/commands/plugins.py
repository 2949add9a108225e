"""``htmap plugins`` and ``htmap delivery``."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import attrs
import click
from click.shell_completion import CompletionItem

from htmap_core.cli import tables
from htmap_core.cli.machine import of_plugins
from htmap_core.cli.machine.answer import takes_json
from htmap_core.cli.new_plugin.command import new
from htmap_core.cli.suggestions import Suggesting
from htmap_core.condor.connection import Connection
from htmap_core.contract.pools import Pool
from htmap_core.exceptions import PoolNotFound
from htmap_core.exceptions.roots import from_origin
from htmap_core.plugins import calls
from htmap_core.plugins.faults import Fault, faults
from htmap_core.plugins.pools import PoolCheck, check_pools
from htmap_core.plugins.record import PluginRecord, missing_delivery
from htmap_core.settings.chain import settings
from htmap_core.storage import decisions
from htmap_core.storage.decisions import Decision
from htmap_core.submission.delivery_choice import AUTO, Choice, choose_anew, present_choice, why
from htmap_core.wording import did_you_mean, followed

if TYPE_CHECKING:
    from htmap_core.cli.machine.shapes import installed


@click.group(cls=Suggesting, usual=lambda _: ("show",))
def plugins() -> None:
    """Show the installed plugins, and make new ones."""


plugins.add_command(new)


@plugins.command(name="list")
@takes_json
def list_(as_json: bool) -> installed.Plugins | None:
    """List the installed plugins: where each comes from, what it offers, whether it suits this pool, and what is broken.

    Starts nothing: without a running pool, it cannot tell whether a delivery method suits one.
    """
    records = calls.plugins.records()
    off = faults(records)
    pools = check_pools()
    pool = next((Connection(each.address) for each in pools if each.address), None)
    rows = [of_plugins.facts(record, pool) for record in records]
    if as_json:
        return {
            "pool": None if pool is None else pool.address.pool,
            "plugins": rows,
            "faults": [cast("installed.Fault", attrs.asdict(each)) for each in off],
            "pools": [
                {"name": each.pool, "usable": each.address is not None, "why_not": each.reason} for each in pools
            ],
        }
    _show(rows, off, f"the {pool.address.pool} pool" if pool else "this pool")
    found = [(each.pool, "yes" if each.address else "no", each.reason) for each in pools]
    tables.show(("Pool", "Usable", "Why not"), found, "\nPools, in the order in which they are tried")
    if (how := missing_delivery(records)) is not None:
        click.echo(f"No delivery method is installed: {how}.")
    if pool is None:
        click.echo("No pool is running, so delivery methods could not be checked; `htmap doctor` says how to get one.")
    return None


def _show(rows: list[installed.Plugin], off: list[Fault], pool: str) -> None:
    """Print three narrow tables: what is installed, what suits the pool, what does not work and why."""
    sources = [f"{row['distribution']} {row['version']}".rstrip() for row in rows]  # a one-off file has no version
    table = [(row["name"], source, row["state"], _offers(row)) for row, source in zip(rows, sources)]
    suits = [(name, found["suits"], found["why"]) for row in rows for name, found in row["delivery_methods"].items()]
    out = [(row["name"], row["reason"]) for row in rows if row["state"] != "ok"]
    out += [(fault.plugin, fault.reason) for fault in off if fault.plugin not in {row["name"] for row in rows}]
    tables.show(("Plugin", "Distribution", "State", "Offers"), table)
    if suits:
        tables.show(("Method", "Suits", "Why"), suits, f"\nDelivery methods on {pool}")
    if out:
        tables.show(("Plugin", "Reason"), out, "\nNot working")
        click.echo("`htmap plugins show NAME` shows the details of one.")
    for fault in off:
        if fault.required_by is not None:
            click.echo(f"No map is submitted without {fault.plugin}: {fault.required_by} names it in PLUGINS.REQUIRED.")


def _offers(row: installed.Plugin) -> str:
    kinds = {**row["offers"], "answers": row["answers"], "steps of each map": row["steps"]}
    return "; ".join(f"{kind}: {', '.join(names)}" for kind, names in kinds.items() if names)


class _Plugin(click.ParamType):  # type: ignore[type-arg]  # generic in newer clicks only
    name = "name"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        names = (record.name for record in calls.plugins.records())
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


@plugins.command()
@click.argument("name", type=_Plugin())
@takes_json
def show(name: str, as_json: bool) -> installed.Named | None:
    """Show the details of one plugin: where it comes from, what it offers, its settings, and its error if it is broken.

    NAME can be the path of a file that is or shall be a one-off plugin.
    """
    files = [os.path.abspath(name)] if name.endswith(".py") else []
    with calls.plugins.of_map(files):
        pool = next((Connection(each.address) for each in check_pools() if each.address), None)
        records = _named(calls.plugins.records(), *files or [name])
        if as_json:
            return {"plugins": [of_plugins.facts(record, pool) for record in records]}
        _show_details(records, pool)
    return None


def _show_details(records: list[PluginRecord], pool: Connection | None) -> None:
    for record in records:
        facts = [("distribution", record.source), ("state", record.state)]
        facts += [("reason", record.reason)] if record.reason else []
        facts += [("what to do", record.remedy)] if record.state == "broken" else []
        facts += [("import", f"{record.seconds:.2f} s")] if record.seconds else []
        facts += [("hooks", ", ".join(record.hooks))] if record.hooks else []
        facts += [(kind, ", ".join(names)) for kind, names in record.offers.items() if names]
        for method, found in of_plugins.facts(record, pool)["delivery_methods"].items():
            facts.append((f"suits ({method})", f"{found['suits']}: {found['why']}"))
        facts += _settings_of(record)
        tables.show(("Plugin", record.name), facts)
        if record.traceback:
            click.echo(f"\n{record.traceback}")


def _settings_of(record: PluginRecord) -> Iterator[tuple[str, str]]:
    """Yield the settings of a plugin's tables, each with its value and the origin of the value."""
    for each in of_plugins.settings_of(record):
        value = "not set" if each["value"] is None else repr(each["value"])
        yield each["name"], f"{value}, the default" if each["origin"] is None else f"{value}, from {each['origin']}"


def _named(records: list[PluginRecord], name: str) -> list[PluginRecord]:
    named = [record for record in records if record.name == name]
    if not named:
        names = [record.name for record in records]
        unknown = f"no plugin is called {name!r}{did_you_mean(name, names)}"
        raise click.UsageError(followed(unknown, f"there are {', '.join(names)}"))
    return named


class _Method(click.ParamType):  # type: ignore[type-arg]  # generic in newer clicks only
    name = "method"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        names = (AUTO, *sorted(calls.plugins.delivery_methods()))
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


class _Pool(click.ParamType):  # type: ignore[type-arg]  # generic in newer clicks only
    name = "pool"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(pool.name) for pool in calls.plugins.pools() if pool.name.startswith(incomplete)]


@click.command()
@click.option(
    "--choose",
    type=_Method(),
    is_flag=False,
    flag_value=AUTO,
    help="Use this method from now on; without a value or with `auto`, let HTMap decide anew.",
)
@click.option("--pool", "named", type=_Pool(), help="The pool; the default is the one that the next map would go to.")
@takes_json
def delivery(choose: str | None, named: str | None, as_json: bool) -> installed.Delivery | None:
    """Show or change the delivery method that maps on a pool use.

    Where DELIVERY_METHOD is `auto`, HTMap decides once for a pool, and writes down the method, the date and the reason. It
    decides anew if that method is not installed any more or does not suit the pool any more, if another one is installed, or if
    a setting of these plugins changes. Each Python environment has its own decisions. Starts nothing.
    """
    found = _checked(named)
    usable = next((each for each in found if each.address is not None), None)
    choice: Choice | None = None
    if choose is not None:
        if usable is None:
            raise PoolNotFound([f"{each.pool}: {each.reason}" for each in found])
        choice = choose_anew(*_asked(usable), choose)
    elif usable is not None:
        choice = present_choice(*_asked(usable))
    told = [each for each in decisions.everything(sys.prefix) if named in {None, each.scope.pool}]
    present = (usable.pool, choice) if usable and choice else None
    if not as_json:
        _tell(present, told if choose is None else [])
    if choose is not None and (set_to := str(settings["DELIVERY_METHOD"])) != "auto":
        origin = from_origin(settings.origin("DELIVERY_METHOD"))
        click.echo(f"It has no effect now: DELIVERY_METHOD names {set_to!r}{origin}", err=True)
    return of_plugins.delivery(present, told) if as_json else None


def _checked(named: str | None) -> list[PoolCheck]:
    """Return the pools that the user asks about, with whether they can be used."""
    found = check_pools()
    if named is None:
        return found
    names = [each.pool for each in found]
    if named not in names:
        unknown = f"no pool is called {named!r}{did_you_mean(named, names)}"
        raise click.UsageError(followed(unknown, f"there are {', '.join(names)}"))
    return [each for each in found if each.pool == named]


def _asked(usable: PoolCheck) -> tuple[Pool, Connection]:
    assert usable.address is not None
    return next(each for each in calls.plugins.pools() if each.name == usable.pool), Connection(usable.address)


def _tell(present: tuple[str, Choice] | None, told: list[Decision]) -> None:
    if present is None:
        tables.say("No pool can be used now; `htmap doctor` says why.")
    else:
        pool, choice = present
        tables.say(f"Maps on the {pool} pool use {choice.method} ({why(choice)}).")
    if told:
        rows = [_written_row(each) for each in told]
        tables.show(("Pool", "Collector", "Method", "By", "Since", "Decided because"), rows, "\nWritten down")
    for each in told:
        said = [(name, found.verdict, found.reason) for name, found in each.found.items()]
        tables.show(("Method", "Suits", "Why"), said, f"\nWhat methods said of the {each.scope.pool} pool then")


def _written_row(decision: Decision) -> tuple[str, ...]:
    since = time.strftime("%Y-%m-%d %H:%M", time.localtime(decision.since))
    by = "you" if decision.by_user else "HTMap"
    return decision.scope.pool, decision.scope.collector, decision.method, by, since, decision.occasion
