"""``htmap plugins``."""

from __future__ import annotations

import json
from typing import Any

import click

from htmap_core import finding
from htmap_core import plugins as plugin_registry
from htmap_core.condor import Connection
from htmap_core.exceptions import CondorError
from htmap_core.plugins import PluginRecord


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
    _show_table(rows)
    click.echo(f"pool: {pool.address.pool}" if pool else f"pool: {problem}")


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


def _show_table(rows: list[dict[str, Any]]) -> None:
    from rich import box  # rich takes 100 ms, and only people need it
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE, pad_edge=False)
    for header in ("Plugin", "Distribution", "State", "Offers", "Suits this pool"):
        table.add_column(header, overflow="fold")
    for row in rows:
        offers = [f"{kind}: {', '.join(names)}" for kind, names in row["offers"].items()]
        suits = [f"{name}: {found['suits']}, {found['why']}" for name, found in row["delivery_methods"].items()]
        state = row["state"] if row["state"] == "ok" else f"{row['state']}: {row['reason']}"
        distribution = f"{row['distribution']} {row['version']}"
        table.add_row(
            row["name"], distribution, state, "\n".join(offers), "\n".join(suits), style=_STYLES[row["state"]]
        )
    Console(soft_wrap=False, markup=False, highlight=False).print(table)


_STYLES = {"ok": "", "broken": "red", "disabled": "dim"}


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
