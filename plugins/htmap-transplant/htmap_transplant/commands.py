"""The commands ``htmap transplants ...``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from htmap_core import takes_json
from htmap_transplant.store import packed

if TYPE_CHECKING:
    from htmap_transplant import answers


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
@click.pass_context
def transplants(context: click.Context, as_json: bool) -> None:
    """Manage packed Python installations, which the delivery method `transplant` sends to execute nodes.

    Without a command, this is `htmap transplants info`.
    """
    if context.invoked_subcommand is None:
        context.invoke(info, as_json=as_json)
    elif as_json:
        raise click.UsageError(f"write --json behind {context.invoked_subcommand!r}")


@transplants.command()
@takes_json
def info(as_json: bool) -> answers.Transplants | None:
    """Show the packed Python installations, what each is, and the maps that need it."""
    if as_json:
        found = packed.transplants()
        return {
            "transplants": [_facts(index, each, packed.news(each, found[:index])) for index, each in enumerate(found)]
        }
    click.echo(packed.transplant_info())
    return None


def _facts(index: int, each: packed.Transplant, news: packed.News) -> answers.Transplant:
    return {
        "index": index,
        "hash": each.hash,
        "path": str(each.path),
        "created": each.created,
        "size": each.size,
        "packages": list(each.packages),
        "used_by": list(each.used_by()),
        "environment": str(each.environment),
        "python": each.python,
        "archives": [str(path) for path in each.archives],
        "unpacked": each.unpacked,
        "alone": each.alone,
        "last_used": each.last_used,
        "expires": each.expires,
        "added": list(news.added),
        "removed": list(news.removed),
    }


@transplants.command()
@click.argument("index", type=click.IntRange(min=0), required=False)
@click.option("--unused", is_flag=True, help="Remove all installations that no map needs.")
@click.option("--force", is_flag=True, help="Remove the installation even if maps need it.")
@takes_json
def remove(index: int | None, unused: bool, force: bool, as_json: bool) -> answers.RemovedTransplants:
    """Remove the packed Python installation that `htmap transplants` shows with the number INDEX."""
    if unused == (index is not None) or (unused and force):
        raise click.UsageError("name either an INDEX, which `htmap transplants` shows, or --unused")
    removed: list[str] = []
    for each in _unused() if index is None else [_numbered(index)]:
        each.remove(force)
        removed.append(each.hash)
        if not as_json:
            click.echo(f"removed transplant {each.hash}")
    return {"removed": removed}


@transplants.command()
@click.argument("index", type=click.IntRange(min=0))
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@takes_json
def export(index: int, target: Path, as_json: bool) -> answers.ExportedTransplant:
    """Write the packed Python installation with the number INDEX into one archive, for a web server or a shared folder."""
    found = _numbered(index)
    found.export(target)
    size = target.stat().st_size
    if not as_json:
        click.echo(f"wrote transplant {found.hash} to {target}: TRANSPLANT.ALTERNATE_INPUT_PATH can name it")
    return {"hash": found.hash, "path": str(target.absolute()), "size": size}


def _unused() -> list[packed.Transplant]:
    return [each for each in packed.transplants() if not each.used_by()]


def _numbered(index: int) -> packed.Transplant:
    found = packed.transplants()
    if index >= len(found):
        raise click.UsageError(f"there is no transplant {index}; `htmap transplants` lists the existing ones")
    return found[index]
