"""The original HTMap, whose distribution ``htmap`` writes the same folder as ours and cannot be beside it."""

from __future__ import annotations

import os
import re
import sys
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from htmap_core.user_warnings import OriginalInstalled

# Not `htmap-docker-1.0.egg-info`, as old tools may name the metadata of one of our plugins.
_METADATA = re.compile(r"htmap-\d[^-]*(-py[\d.]+)?\.(dist|egg)-info", re.IGNORECASE)


def warn_if_installed() -> None:
    """Warn where the original HTMap is installed too, with the command that mends it."""
    if (notice := found()) is not None:
        warnings.warn(notice, stacklevel=3)


def found() -> OriginalInstalled | None:
    """Return the warning where the original HTMap is installed too; None where it is not."""
    if not any(_has_original(folder) for folder in sys.path):
        return None
    from htmap_core.user_warnings import OriginalInstalled  # attrs, for which `import htmap` should not wait

    return OriginalInstalled()


def _has_original(folder: str) -> bool:
    """Return whether *folder* has the metadata of a distribution called htmap; importlib.metadata would take 30 ms to say so."""
    try:
        return any(_METADATA.fullmatch(name) for name in os.listdir(folder or "."))
    except OSError:
        return False
