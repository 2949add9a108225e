"""HTMAP_DIR: its path and its folders."""

from __future__ import annotations

import os
from pathlib import Path

from htmap_core import names
from htmap_core.contract.pools import PoolAddress
from htmap_core.files.answers import Answers
from htmap_core.files.ownership import make_folder
from htmap_core.settings.tables import setting
from htmap_core.settings.trust import check_entry, check_owner, close_unless_trusted

_FOLDERS = (names.TAGS, names.MAPS, names.REMOVED, names.CREATING, names.RERUNNING, names.RETAGGING)
_ADVICE = "`export HTMAP_DIR=PATH` uses another folder, which HTMap makes if it does not exist"

_checked: set[Path] = set()


def htmap_dir() -> Path:
    """Return the present HTMAP_DIR of the settings; it may not exist.

    A plugin keeps its files for the user below it::

        folder = htmap_dir() / "images"

    :raises UnsafePath: somebody else could have put something into it.

    Since 0.7.
    """
    root = configured_htmap_dir()
    if root not in _checked:
        check_htmap_dir(root)
        if root.exists():
            close_unless_trusted(root)  # others could write to a file in it that was made with a wide mode
            _checked.add(root)
    return root


def configured_htmap_dir() -> Path:
    """Return the path that the settings name, whosever folder it is. It is for messages: :func:`htmap_dir` for all else."""
    return Path(os.path.abspath(setting("HTMAP_DIR")))  # resolve() would follow links


def check_htmap_dir(root: Path) -> None:
    """Check that an HTMAP_DIR and its folders are the user's alone.

    :raises UnsafePath: somebody else owns one of them, or may write to it.
    """
    check_owner(root, "HTMAP_DIR", _ADVICE)
    for name in (*_FOLDERS, names.LOGS, names.SLOTS, names.DELIVERY):
        check_entry(root / name, "a folder of HTMAP_DIR", _ADVICE)


def make_htmap_dir() -> Path:
    """Make HTMAP_DIR and its folders, for this user only, if they do not exist; return its path.

    :raises UnsafePath: somebody else could have put something into it.
    """
    for name in _FOLDERS:
        make_folder(htmap_dir() / name)
    return htmap_dir()


def answers_about_slots(address: PoolAddress) -> Answers:
    """Return what the collector of a pool answered in the last minutes, whichever process asked."""
    return Answers.of(htmap_dir() / names.SLOTS, address.configuration, address.collector)
