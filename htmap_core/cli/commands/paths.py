"""``htmap path``, ``htmap logs`` and ``htmap move``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from htmap_core import names
from htmap_core.cli.machine.answer import takes_json
from htmap_core.cli.selection import TAG
from htmap_core.cli.suggestions import WithoutTags
from htmap_core.wording import in_shell

if TYPE_CHECKING:
    from htmap_core.cli.machine.shapes.house import Log, Moved
    from htmap_core.cli.machine.shapes.maps import PathOfPart


class _Place(click.ParamType):  # type: ignore[type-arg]  # generic in newer clicks only
    name = "tag"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        tag, colon, target = incomplete.partition(":")
        if not colon:
            return TAG.shell_complete(ctx, param, incomplete)
        return [CompletionItem(f"{tag}:{each}") for each in names.PARTS if each.startswith(target)]


_HELP = """Print the paths of parts of a map's data, for debugging and other tools.

A colon and the name of a part may follow TAG; without one, it is the map's directory:

\b
"""  # click wraps no lines behind the mark


@click.command(help=_HELP + "\n".join(f"{f'tide:{name}':<12}  {part.meaning}" for name, part in names.PARTS.items()))
@click.argument("tag", type=_Place())
@takes_json
def path(tag: str, as_json: bool) -> PathOfPart:
    """Print the path of a part of a map."""
    from htmap_core.storage.tags import path_of

    name, colon, target = tag.partition(":")
    if colon and target not in names.PARTS:
        raise click.UsageError(f"a map has no part {target!r}; the parts are {', '.join(names.PARTS)}")
    found = path_of(name, target or "map")
    if not as_json:
        click.echo(found)
    return {"tag": name, "part": target or "map", "path": str(found)}


@click.command(cls=WithoutTags, instead="htmap stdout {tag} COMPONENT")
@click.option("--view/--no-view", default=False, help="Print the contents of the log file instead of its path.")
@takes_json
def logs(view: bool, as_json: bool) -> Log | None:
    """Print the path of HTMap's log file.

    HTMap logs there what it does to maps. The log rotates: older files lie beside it.
    """
    from htmap_core.storage.log import log_file

    file = log_file()
    text = file.read_text(encoding="utf-8", errors="replace") if view and file.exists() else None
    if as_json:
        return {"file": str(file), "text": text}
    if text is not None:
        click.echo(text, nl=False)
    elif view:
        click.echo("nothing was logged yet", err=True)
    else:
        click.echo(file)
    return None


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@takes_json
def move(folder: Path, as_json: bool) -> Moved:
    """Move HTMAP_DIR to another folder, with all maps.

    Jobs that wait in the queue follow. No job may run, and no pool in it. The setting HTMAP_DIR is changed in ~/.htmaprc,
    unless the environment has it. An interrupted move is finished or undone by the next command that looks at the maps.
    """
    from htmap_core.cli.commands.settings import spelt, write_setting
    from htmap_core.maps import moving, recovery
    from htmap_core.settings.chain import settings
    from htmap_core.storage.root import htmap_dir

    recovery.settle()
    to = Path(os.path.abspath(folder.expanduser()))
    moving.move(htmap_dir(), to)
    if not as_json:
        click.echo(f"HTMAP_DIR is {to} now")
    variable = settings.variable("HTMAP_DIR")
    told = f"export HTMAP_DIR={in_shell(to)}" if variable else spelt(write_setting("HTMAP_DIR", str(to)))
    if not as_json:
        click.echo(told)
    return {"folder": str(to), "variable": variable}
