"""The conflict with the original HTMap: its distribution ``htmap`` installs into the same folder as ours."""

from __future__ import annotations

import os
import re
import sys
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from htmap_core.user_warnings import OriginalInstalled

# It must not match `htmap-docker-1.0.egg-info`: old tools may name the metadata of our plugins so.
_METADATA = re.compile(r"htmap-\d[^-]*(-py[\d.]+)?\.(dist|egg)-info", re.IGNORECASE)


def warn_if_installed() -> None:
    """Warn if the original HTMap is installed too, and name the command that repairs it."""
    if (notice := found()) is not None:
        warnings.warn(notice, stacklevel=3)


def found() -> OriginalInstalled | None:
    """Return a warning if the original HTMap is installed too, else None."""
    if not any(_has_original(folder) for folder in sys.path):
        return None
    from htmap_core.user_warnings import OriginalInstalled  # imports attrs, and `import htmap` should not wait for it

    return OriginalInstalled()


def _has_original(folder: str) -> bool:
    """Return whether *folder* has the metadata of a distribution named htmap. ``importlib.metadata`` would take 30 ms."""
    try:
        return any(_METADATA.fullmatch(name) for name in os.listdir(folder or "."))
    except OSError:
        return False
