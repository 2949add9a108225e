"""HTMap's version."""

from __future__ import annotations

import re
from typing import Optional

__version__ = "0.7.0"

VersionInfo = tuple[int, int, int, Optional[str], Optional[int]]


def version() -> str:
    """Return a line with HTMap's version. Since 0.6 or earlier.

    >>> version() == f"HTMap version {__version__}"
    True
    """
    return f"HTMap version {__version__}"


def version_info() -> VersionInfo:
    """Return HTMap's version as ``(major, minor, micro, prerelease, number of the prerelease)``. Since 0.6 or earlier.

    The last two are None for a release.

    >>> version_info() >= (0, 7)
    True
    """
    match = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)(?:(a|b|rc)(\d+))?", __version__)
    assert match is not None
    major, minor, micro, prerelease, number = match.groups()
    return int(major), int(minor), int(micro), prerelease, None if number is None else int(number)
