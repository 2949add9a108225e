"""Files that killed processes were writing, under names that nobody looks for."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

from htmap_core import names
from htmap_core.files.folders import remove_tree

_TEMPORARY = re.compile(r"(?:\..+\.|:)[0-9a-f]{32}")  # as `files.atomic` and `storage.tags` make them
_PATIENCE = 3600.0  # seconds: whoever writes such a file, on whatever host, has ended by then
_FOLDERS = (names.TAGS, names.SLOTS, names.DELIVERY, names.DURATIONS, names.PROGRAMS, names.CREATING)

_swept: dict[Path, float] = {}


def sweep(root: Path) -> None:
    """Delete what killed processes were writing below an HTMAP_DIR. It looks once an hour in a process."""
    now = time.monotonic()
    if now < _swept.get(root, -_PATIENCE) + _PATIENCE:
        return
    _swept[root] = now
    latest = time.time() - _PATIENCE
    for folder in (*(root / name for name in _FOLDERS), *_maps(root)):
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if _TEMPORARY.fullmatch(entry.name) and entry.stat(follow_symlinks=False).st_mtime < latest:
                    remove_tree(entry.path)


def _maps(root: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        for name in os.listdir(root / names.MAPS):
            if not os.path.islink(root / names.MAPS / name):
                yield root / names.MAPS / name
                yield root / names.MAPS / name / names.OUTPUTS / names.EARLY
