"""The commands ``htmap packages ...``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from htmap_core import takes_json, wording
from htmap_packages import store

if TYPE_CHECKING:
    from htmap_packages import answers


@click.group()
def packages() -> None:
    """Manage archives of packages, which the delivery method `packages` sends to execute nodes."""


@packages.command()
@takes_json
def info(as_json: bool) -> answers.PackageArchives | None:
    """Show the archives of packages and the maps that need them."""
    found = store.archives()
    if as_json:
        return {"archives": [_facts(index, each) for index, each in enumerate(found)]}
    headers = ["Index", "Archive", "Created", "Size", "For", "Packages", "Used By"]
    click.echo(wording.table(headers, (_row(index, each) for index, each in enumerate(found))))
    return None


def _row(index: int, each: store.Archive) -> list[str]:
    glibc = f", glibc {_dotted(each.glibc)}" if each.glibc else ""
    shown = [name.partition("==")[0] for name in each.packages[:_SHOWN]]
    more = len(each.packages) - len(shown)
    return [
        str(index),
        each.id,
        f"{each.created:%Y-%m-%d %H:%M}",
        wording.size(each.size),
        f"Python {each.python}{glibc}",
        ", ".join([*shown, *([f"{more} more"] if more else [])]),
        ", ".join(each.used_by()),
    ]


_SHOWN = 4


def _dotted(version: tuple[int, int]) -> str:
    return "{}.{}".format(*version)


def _facts(index: int, each: store.Archive) -> answers.PackageArchive:
    return {
        "index": index,
        "id": each.id,
        "path": str(each.path),
        "created": each.created,
        "used": each.used,
        "size": each.size,
        "unpacked": each.unpacked,
        "packages": list(each.packages),
        "python": each.python,
        "machine": each.machine,
        "glibc": _dotted(each.glibc) if each.glibc else None,
        "used_by": list(each.used_by()),
    }


@packages.command()
@click.argument("index", type=click.IntRange(min=0), required=False)
@click.option("--unused", is_flag=True, help="Remove all archives that no map needs.")
@click.option("--force", is_flag=True, help="Remove the archive even if maps need it.")
@takes_json
def remove(index: int | None, unused: bool, force: bool, as_json: bool) -> answers.RemovedArchives:
    """Remove the archive of packages that `htmap packages info` shows with the number INDEX.

    The next map that needs its packages has them built again, in the newest versions that it allows.
    """
    if unused == (index is not None) or (unused and force):
        raise click.UsageError("name either an INDEX, which `htmap packages info` shows, or --unused")
    removed: list[str] = []
    for each in _unused() if index is None else [_numbered(index)]:
        each.remove(force)
        removed.append(each.id)
        if not as_json:
            click.echo(f"removed archive {each.id}")
    return {"removed": removed}


def _unused() -> list[store.Archive]:
    return [each for each in store.archives() if not each.used_by()]


def _numbered(index: int) -> store.Archive:
    found = store.archives()
    if index >= len(found):
        raise click.UsageError(f"there is no archive {index}; `htmap packages info` lists the existing ones")
    return found[index]
