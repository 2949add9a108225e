"""The size of a folder."""

from __future__ import annotations

import os


def size_below(path: str) -> int:
    """Return the size of all files in a folder and the folders below it, in bytes; 0 if the folder was removed meanwhile."""
    size = 0
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                is_folder = entry.is_dir(follow_symlinks=False)
                size += size_below(entry.path) if is_folder else entry.stat(follow_symlinks=False).st_size
    except FileNotFoundError:
        pass
    return size
