"""Make the distribution of a plugin from an example that is tested with HTMap."""

from __future__ import annotations

import os
import re
import shutil
import uuid
from pathlib import Path

import attrs

from htmap_core.cli.docs.pages import root
from htmap_core.cli.new_plugin.naming import Naming, check_is_free, check_spelling
from htmap_core.exceptions import CannotMakePlugin


@attrs.frozen
class Kind:
    """A kind of plugin.

    :param example: the name of the example that it is made from.
    :param words: what the plugin offers.
    """

    example: str
    words: str


KINDS = {
    "delivery": Kind("sw", "a delivery method"),
    "transfer": Kind("cellar", "a transfer protocol"),
    "site": Kind("harbour", "a pool with the rules of its site"),
}


def make(name: str, kind: str, into: Path) -> list[Path]:
    """Make a distribution in a folder below *into*, and return its files. It appears there whole or not at all.

    :param name: the name of the plugin.
    :param kind: one of :data:`KINDS`.
    :raises CannotMakePlugin: a plugin cannot have the name, another one has it, or the folder exists; nothing is written.
    """
    check_spelling(name)
    check_is_free(name)
    folder = into / f"htmap-{name}"
    if os.path.lexists(folder):
        raise CannotMakePlugin(name, f"{folder} exists already", "Move it away, or take another name")
    scratch = into / f".htmap-{name}-{uuid.uuid4().hex}"
    try:
        _fill(scratch, example(kind), Naming(KINDS[kind].example, name))
        os.rename(scratch, folder)
    except OSError as error:
        raise CannotMakePlugin(name, f"{error}", "Go to a folder in which you can make it") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def example(kind: str) -> Path:
    """Return the folder of the example for a kind."""
    return root() / "examples" / f"htmap-{KINDS[kind].example}"


def _fill(folder: Path, source: Path, naming: Naming) -> None:
    """Write the files of an example into a new folder, under other names."""
    folder.mkdir()
    for path in source.rglob("*"):
        name = path.relative_to(source).as_posix()
        if path.is_file() and not re.search(r"(?:^|/)(?:\.|__pycache__/)", name):
            target = folder / naming.renamed(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(naming.renamed(path.read_text(encoding="utf-8")), encoding="utf-8")
