"""``htmap path``, ``htmap collect``, ``htmap logs`` and ``htmap move``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click
from click.shell_completion import CompletionItem

from htmap_core import names
from htmap_core.cli import tables
from htmap_core.cli.machine.answer import takes_json
from htmap_core.cli.selection import COMPONENTS, TAG, load
from htmap_core.cli.suggestions import WithoutTags
from htmap_core.wording import in_shell

if TYPE_CHECKING:
    from htmap_core.cli.machine.shapes.collected import Collected
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


@click.command()
@click.argument("tag", type=TAG)
@click.argument("folder", type=click.Path(file_okay=False))
@click.option(
    "--components", type=COMPONENTS, metavar="LIST", help="Copy only what some components sent, such as `0-9,12`."
)
@click.option(
    "--include",
    multiple=True,
    metavar="PATTERN",
    help="Copy only files whose name or path matches, such as `'*.csv'`; can be repeated.",
)
@click.option("--flat", is_flag=True, help="Copy all files into FOLDER itself. An error if several have one name.")
@click.option("--with-failed", is_flag=True, help="Copy also what failed components left.")
@click.option("--overwrite", is_flag=True, help="Replace other files that are there.")
@takes_json
def collect(
    tag: str,
    folder: str,
    components: Sequence[int] | None,
    include: tuple[str, ...],
    as_json: bool,
    **how: bool,
) -> tuple[Collected, int]:
    """Copy the output files of a map into a folder.

    These are the files that components have handed over with htmap.transfer_output_files. Those of component 3 come into
    FOLDER/3. What is there already is not copied again, so the same command later copies what is new. If other files are in the
    way, nothing is copied, and the exit code is 1.

    Nothing waits. What has not come yet is told, and what failed components left stays behind, because it may be half a file.
    The exit code is 1 if something cannot be read.
    """
    found = load(tag).collect(folder, components, include=include, **how)
    if not as_json:
        click.echo(found.headline)
        for each in found.remarks():
            tables.remark(each)
    code = 1 if found.left else 0
    if code and not as_json:
        click.get_current_context().exit(code)
    return cast("Collected", found.to_dict()), code


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
