"""The sources of local packages: whether they have changed since they were built."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

# What builds and tools leave in a project's folder, and what is none of a package.
_PASSED_OVER = frozenset({"build", "dist", "node_modules", "venv", "__pycache__"})
_OF_BUILDS = (".egg-info", ".pyc")


def fingerprint(source: Path) -> str:
    """Return what changes with a project's folder, or a wheel: names, sizes and times of its files.

    Hidden files do not count, nor do virtual environments and what builds leave.
    """
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(_files(source)):
        status = os.stat(path)
        digest.update(
            f"{os.path.relpath(path, source)}\0{status.st_size}\0{status.st_mtime_ns}\n".encode("utf-8", "replace")
        )
    return digest.hexdigest()


def _files(source: Path) -> list[str]:
    if source.is_file():
        return [str(source)]
    found = []
    for folder, subfolders, files in os.walk(source):
        subfolders[:] = [
            name
            for name in subfolders
            if name not in _PASSED_OVER
            and not name.startswith(".")
            and not name.endswith(_OF_BUILDS)
            and not os.path.exists(os.path.join(folder, name, "pyvenv.cfg"))
        ]
        paths = [
            os.path.join(folder, name) for name in files if not name.startswith(".") and not name.endswith(_OF_BUILDS)
        ]
        found += [path for path in paths if os.path.exists(path)]  # a link may lead nowhere
    return found
