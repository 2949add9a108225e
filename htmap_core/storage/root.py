"""HTMAP_DIR: its path and its folders."""

from __future__ import annotations

import os
from pathlib import Path

from htmap_core import names
from htmap_core.settings.tables import setting

_FOLDERS = (names.TAGS, names.MAPS, names.REMOVED, names.CREATING, names.RERUNNING, names.RETAGGING)


def htmap_dir() -> Path:
    """Return the present HTMAP_DIR of the settings; it may not exist.

    A plugin keeps its files for the user below it::

        folder = htmap_dir() / "images"

    Since 0.7.
    """
    return Path(os.path.abspath(setting("HTMAP_DIR")))  # resolve() would follow links


def make_htmap_dir() -> Path:
    """Make HTMAP_DIR, for this user only, and its folders, if they do not exist; return its path."""
    root = htmap_dir()
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in _FOLDERS:
        (root / name).mkdir(exist_ok=True)
    return root
