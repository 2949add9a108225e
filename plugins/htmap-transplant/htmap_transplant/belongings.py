"""Find the files in a virtual environment's folder that are not the environment's: ``python -m venv .`` mixes them."""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Iterator

from htmap_transplant.installation import Installation

FOLDERS = frozenset({"bin", "etc", "include", "lib", "lib64", "libexec", "share", "src"})  # pip clones into src
MARK = "pyvenv.cfg"

_FILES = frozenset({MARK, "CACHEDIR.TAG", "pip.conf"})


def strange(installation: Installation) -> frozenset[str]:
    """Return the names in an environment's folder that are neither usual there nor installed by a package."""
    there = frozenset(path.name for path in installation.prefix.iterdir())
    found = {name for name in there - FOLDERS - _FILES if not name.startswith(".")}
    return frozenset(found - set(_recorded(installation))) if found else frozenset()


def _recorded(installation: Installation) -> Iterator[str]:
    """Yield the top folder, below the environment, of each file that a package has outside of its site-packages."""
    for site in installation.sites:
        for distribution in importlib.metadata.distributions(path=[str(site)]):
            for file in distribution.files or ():
                if file.parts[0] == "..":
                    path = os.path.relpath(site / file, installation.prefix)
                    yield path.partition(os.sep)[0]
