"""The commands ``htmap transplants ...``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from htmap_core import takes_json
from htmap_transplant import store

if TYPE_CHECKING:
    from htmap_transplant import answers


@click.group()
def transplants() -> None:
    """Manage packed Python installations, which the delivery method `transplant` sends to execute nodes."""


@transplants.command()
@takes_json
def info(as_json: bool) -> answers.Transplants | None:
    """Show the packed Python installations and the maps that need them."""
    if as_json:
        return {"transplants": [_facts(index, each) for index, each in enumerate(store.transplants())]}
    click.echo(store.transplant_info())
    return None


def _facts(index: int, each: store.Transplant) -> answers.Transplant:
    return {
        "index": index,
        "hash": each.hash,
        "path": str(each.path),
        "created": each.created,
        "size": each.size,
        "packages": list(each.packages),
        "used_by": list(each.used_by()),
    }


@transplants.command()
@click.argument("index", type=click.IntRange(min=0), required=False)
@click.option("--unused", is_flag=True, help="Remove all installations that no map needs.")
@click.option("--force", is_flag=True, help="Remove the installation even if maps need it.")
@takes_json
def remove(index: int | None, unused: bool, force: bool, as_json: bool) -> answers.RemovedTransplants:
    """Remove the packed Python installation that `htmap transplants info` shows with the number INDEX."""
    if unused == (index is not None) or (unused and force):
        raise click.UsageError("name either an INDEX, which `htmap transplants info` shows, or --unused")
    removed: list[str] = []
    for each in _unused() if index is None else [_numbered(index)]:
        each.remove(force)
        removed.append(each.hash)
        if not as_json:
            click.echo(f"removed transplant {each.hash}")
    return {"removed": removed}


def _unused() -> list[store.Transplant]:
    return [each for each in store.transplants() if not each.used_by()]


def _numbered(index: int) -> store.Transplant:
    found = store.transplants()
    if index >= len(found):
        raise click.UsageError(f"there is no transplant {index}; `htmap transplants info` lists the existing ones")
    return found[index]
