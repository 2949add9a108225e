"""HTMAP_DIR itself: where it is, and the folders that it has."""

from __future__ import annotations

import os
from pathlib import Path

from htmap_core import names
from htmap_core.settings.tables import setting

_FOLDERS = (names.TAGS, names.MAPS, names.REMOVED, names.CREATING, names.RERUNNING, names.RETAGGING)


def htmap_dir() -> Path:
    """Return HTMAP_DIR as the settings say now; it may not exist.

    What a plugin keeps for its user is below it::

        folder = htmap_dir() / "images"

    Since 0.7.
    """
    return Path(os.path.abspath(setting("HTMAP_DIR")))  # resolve() would follow links


def make_htmap_dir() -> Path:
    """Return HTMAP_DIR, which is then there, for this user only."""
    root = htmap_dir()
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in _FOLDERS:
        (root / name).mkdir(exist_ok=True)
    return root
