"""The conflict with the original HTMap: its distribution ``htmap`` installs into the same folder as ours.

Whichever is installed later has overwritten files of the other; whichever is uninstalled takes them away.
"""

from __future__ import annotations

import os
import re
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from htmap_core.user_warnings import HTMapWarning

# It must not match `htmap-docker-1.0.egg-info`: old tools may name the metadata of our plugins so.
_METADATA = re.compile(r"htmap-\d[^-]*(-py[\d.]+)?\.(dist|egg)-info", re.IGNORECASE)
_DOOR = Path(__file__).parents[1] / "htmap"
_OURS = "from htmap_core import "  # the door imports from the house


def warn_if_installed() -> None:
    """Warn if the original HTMap is installed too, and name the command that repairs it. For the door, which is ours then."""
    if _is_original_installed():
        from htmap_core.user_warnings import (
            OriginalInstalled,
        )  # imports attrs, and `import htmap` should not wait for it

        warnings.warn(OriginalInstalled(is_imported=False), stacklevel=3)


def found() -> HTMapWarning | None:
    """Return a warning if the original HTMap is installed too, or was and has taken files of ours along; else None."""
    is_ours = _is_door_ours()
    if _is_original_installed():
        from htmap_core.user_warnings import OriginalInstalled

        return OriginalInstalled(is_imported=not is_ours)
    if is_ours:
        return None
    from htmap_core.user_warnings import FilesMissing

    return FilesMissing(_DOOR)


def _is_original_installed() -> bool:
    return any(_has_original(folder) for folder in sys.path)


def _has_original(folder: str) -> bool:
    """Return whether *folder* has the metadata of a distribution named htmap. ``importlib.metadata`` would take 30 ms."""
    try:
        return any(_METADATA.fullmatch(name) for name in os.listdir(folder or "."))
    except OSError:
        return False


def _is_door_ours() -> bool:
    """Return whether the package ``htmap`` beside this one is ours. It is not imported for that: the original cannot be."""
    try:
        return _OURS in (_DOOR / "__init__.py").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    except OSError:  # in an archive, into which nothing is installed
        return True
