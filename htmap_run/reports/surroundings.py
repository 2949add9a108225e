"""What is around a component where it runs: installed packages, and the files in its scratch directory.

Reports on errors have both. So has the job's result file, where a result is made of more than plain data: the submit side may be
unable to unpickle it, and then has to say what the execute node has and it has not.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # as typing's, whose import every job would pay for
if TYPE_CHECKING:
    from typing import Any

_SCRATCH_ENTRIES = 200
_SENT_PYTHON = "_htmap_python"  # where htmap-transplant unpacks it

_packages: list[str] = []


def of_result(scratch: str) -> dict[str, Any]:
    """Return the surroundings of a result, as reports on errors have them, in a millisecond or two.

    :param scratch: the job's scratch directory.
    """
    return {"packages": packages_by_folder(), "scratch": scratch_listing(scratch)}


def packages() -> list[str]:
    """Return the installed distributions, ``name==version``; read once, for many components may fail alike."""
    if not _packages:
        from importlib import metadata  # 20 ms

        found = set()
        for distribution in metadata.distributions():
            try:
                found.add(f"{distribution.metadata['Name']}=={distribution.version}")
            except Exception:  # half-removed distributions raise anything; the others are of use
                found.add(f"{getattr(distribution, '_path', distribution)}==unreadable")
        _packages.extend(sorted(found, key=str.lower))
    return _packages


def packages_by_folder() -> list[str]:
    """Return the installed distributions, as the names of their folders tell: a hundredth of the time of :func:`packages`."""
    found = set()
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue  # an archive, or a folder that is not there
        for name in names:
            stem, ending = os.path.splitext(name)
            if ending in (".dist-info", ".egg-info"):
                found.add("==".join(stem.split("-")[:2]))
    return sorted(found, key=str.lower)


def scratch_listing(scratch: str) -> list[str]:
    """Return what lies in the scratch directory, sorted, as relative paths; the first few hundred of many.

    Of a Python that travelled with the job only the folder is named: its thousands of files would hide the user's.
    """
    listing: list[str] = []
    for folder, subfolders, files in os.walk(scratch):
        if folder == scratch and _SENT_PYTHON in subfolders:
            subfolders.remove(_SENT_PYTHON)
            listing.append(f"{_SENT_PYTHON}/")
        subfolders.sort()
        for name in sorted(files):
            listing.append(os.path.relpath(os.path.join(folder, name), scratch))
            if len(listing) == _SCRATCH_ENTRIES:
                return [*sorted(listing), "..."]
    return sorted(listing)
