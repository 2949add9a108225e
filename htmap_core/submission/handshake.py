"""The handshake: facts about the submit side that the execute side checks before it unpickles anything."""

from __future__ import annotations

import functools
import importlib.metadata
import platform
import sys
from typing import Any

import htmap_run.versions
from htmap_core import names
from htmap_core.results.pickling import Pickled
from htmap_core.settings import tables
from htmap_core.version import __version__


def handshake(function: Pickled) -> dict[str, Any]:
    """Return the facts about the submit side for the record of a pickled function."""
    return {
        "python": list(sys.version_info[:3]),
        "implementation": platform.python_implementation(),
        "cloudpickle": _version_of_cloudpickle(),
        "htmap": __version__,
        "by_value": function.by_value,
        "allow_mismatch": tables.setting("ALLOW_PYTHON_MISMATCH"),
    }


def tell_runner() -> None:
    """Tell the runner the versions of this process, in which it runs; the archive has those of its making."""
    htmap_run.versions.CLOUDPICKLE = _version_of_cloudpickle()
    htmap_run.versions.HTMAP = __version__


def versions() -> dict[str, str]:
    """Return the versions on the submit side, for the record of a map."""
    return {
        "python": platform.python_version(),
        "cloudpickle": _version_of_cloudpickle(),
        names.DISTRIBUTION: __version__,
    }


@functools.lru_cache(maxsize=1)
def _version_of_cloudpickle() -> str:
    return importlib.metadata.version("cloudpickle")
