"""``htmap plugins``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

from htmap_core import finding
from htmap_core import plugins as plugin_registry
from htmap_core.condor import Connection
from htmap_core.discovery import PluginRecord
from htmap_core.exceptions import CondorError


@click.group()
def plugins() -> None:
    """Show the installed plugins."""


@plugins.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
@click.option("--traceback", "name", metavar="NAME", help="Show what went wrong with one plugin, in full.")
def list_(as_json: bool, name: str | None) -> None:
    """List the installed plugins: where each comes from, what it offers, whether it suits this pool, and what is broken.

    Nothing is started for it: without a running pool, whether a delivery method suits one is not known.
    """
    records = plugin_registry.plugins.records()
    if name is not None:
        _show_traceback(records, name)
        return
    pool, problem = _pool()
    rows = [_row(record, pool) for record in records]
    if as_json:
        click.echo(json.dumps({"pool": pool and pool.address.pool, "plugins": rows}, indent=2))
        return
    _show(rows, f"the {pool.address.pool} pool" if pool else "this pool")
    if pool is None:
        click.echo(f"No pool: {problem}")


def _pool() -> tuple[Connection | None, str]:
    try:
        pool = finding.running_pool()
    except CondorError as error:
        return None, str(error)
    return pool, "none is running, so nothing could be checked; the first map finds or starts one"


def _row(record: PluginRecord, pool: Connection | None) -> dict[str, Any]:
    return {
        "name": record.name,
        "distribution": record.distribution,
        "version": record.version,
        "state": record.state,
        "reason": record.reason,
        "offers": record.offers,
        "delivery_methods": {name: _suitability(name, pool) for name in record.offers.get("delivery methods", ())},
    }


def _suitability(name: str, pool: Connection | None) -> dict[str, str]:
    if pool is None:
        return {"suits": "unknown", "why": "no pool is running"}
    found = plugin_registry.plugins.check(plugin_registry.plugins.delivery_method(name), pool)
    return {"suits": found.verdict, "why": found.reason}


def _show(rows: list[dict[str, Any]], pool: str) -> None:
    """Print three tables, each narrow: what is installed, what suits the pool, what does not work and why."""
    installed = [
        (row["name"], f"{row['distribution']} {row['version']}", row["state"], _offers(row["offers"])) for row in rows
    ]
    suits = [(name, found["suits"], found["why"]) for row in rows for name, found in row["delivery_methods"].items()]
    out = [(row["name"], row["reason"]) for row in rows if row["state"] != "ok"]
    _print_table("", ("Plugin", "Distribution", "State", "Offers"), installed)
    if suits:
        _print_table(f"Delivery methods on {pool}", ("Method", "Suits", "Why"), suits)
    if out:
        _print_table("Not working", ("Plugin", "Reason"), out)
        click.echo("`htmap plugins list --traceback NAME` shows all that is known of one.")


def _offers(offers: dict[str, list[str]]) -> str:
    return "; ".join(f"{kind}: {', '.join(names)}" for kind, names in offers.items() if names)


def _print_table(title: str, headers: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    from rich.console import Console  # rich takes 100 ms, and only people need it
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold", title=title or None, title_justify="left")
    for number, header in enumerate(headers):
        table.add_column(header, overflow="fold", no_wrap=number < len(headers) - 1)
    for row in rows:
        table.add_row(*row)
    console = Console(markup=False, highlight=False)
    console.print(table)
    console.print()


def _show_traceback(records: list[PluginRecord], name: str) -> None:
    named = [record for record in records if record.name == name]
    if not named:
        known = ", ".join(record.name for record in records)
        raise click.UsageError(f"no plugin is called {name!r}; there are {known}")
    for record in named:
        click.echo(
            f"plugin {record.name!r} (from {record.distribution} {record.version}) is {record.state}: {record.reason}"
        )
        if record.traceback:
            click.echo(record.traceback)
