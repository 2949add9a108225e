"""Where a personal pool can run."""

from __future__ import annotations

import sys

from htmap_pool.errors import NotOnThisSystem


def check_system() -> None:
    """Check that HTCondor's daemons can run on this system.

    :raises NotOnThisSystem: it is not Linux.
    """
    if not is_possible():
        raise NotOnThisSystem(sys.platform)


def is_possible() -> bool:
    """Return whether this is Linux: HTMap finds the daemons of a pool by what its kernel says of processes."""
    return sys.platform.startswith("linux")
