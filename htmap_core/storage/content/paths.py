"""Paths below HTMAP_DIR: relative on disk, so that it can be moved, and absolute for HTCondor."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from htmap_core import names
from htmap_core.language.submit_text import submit_path

# A path to HTMAP_DIR or below it. Behind a file:// it is a path, too; behind any other part of a path it is another folder.
_PATH = r"(?:(?<=://)|(?<![\w.~/)-]))(?:{tops})(?=[/,;\"' ]|$)"


def relative(path: Path, root: Path) -> str:
    """Return a path as it is written down: relative to HTMAP_DIR if it is below it, else absolute.

    :param root: HTMAP_DIR; it may be a link, and *path* behind the link.
    """
    whole = os.path.abspath(path)  # resolve() would follow links
    for top in _spellings(root):
        if whole.startswith(f"{top}/"):
            return whole[len(top) + 1 :]
    return whole


def absolute(text: str, root: Path) -> Path:
    """Return the path that :func:`relative` has written down, below the HTMAP_DIR of today.

    Links are followed, because HTCondor's daemons and clients always use the same path of a configuration.
    """
    return Path(text) if os.path.isabs(text) else Path(os.path.realpath(root), text)


def without_root(commands: Mapping[str, str], root: Path) -> tuple[dict[str, str], list[str]]:
    """Return submit commands with a placeholder for HTMAP_DIR, and the names of the commands that have it."""
    tops = "|".join(re.escape(submit_path(top)) for top in _spellings(root))
    paths = re.compile(_PATH.format(tops=tops))
    found = dict(commands)
    for name, value in commands.items():
        if names.ROOT_MACRO not in value:  # as text of the user's
            found[name] = paths.sub(lambda _: names.ROOT_MACRO, value)
    return found, [name for name, value in found.items() if value != commands[name]]


def with_root(commands: Mapping[str, str], relative_ones: Iterable[str], root: Path) -> dict[str, str]:
    """Return submit commands with the HTMAP_DIR of today in place of the placeholder."""
    top = submit_path(root)
    return {**commands, **{name: commands[name].replace(names.ROOT_MACRO, top) for name in relative_ones}}


def moved(text: str, formers: Iterable[str], root: Path) -> str:
    """Return a text of a job's ad with the HTMAP_DIR of today in place of former ones."""
    tops = "|".join(re.escape(former) for former in formers)
    return re.sub(_PATH.format(tops=tops), lambda _: os.fspath(root), text)


def _spellings(root: Path) -> list[str]:
    """Return the paths that lead to HTMAP_DIR: as the settings name it, and without links."""
    return list(dict.fromkeys((os.path.abspath(root), os.path.realpath(root))))
