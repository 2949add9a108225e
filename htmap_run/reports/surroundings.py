"""The surroundings of a component on the execute node: installed packages, and the files in its scratch directory.

Reports on errors have both. The job's result file has them, too, if a result is more than plain data: if the submit side cannot
unpickle it, its error says what the execute node has and the submit side lacks.
"""

from __future__ import annotations

import os
import sys

from htmap_run import names

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from typing import Any

_SCRATCH_ENTRIES = 200
_UNPACKED = ("_htmap_python", names.PACKAGES)  # a Python that htmap-transplant has sent, and packages

_packages: list[str] = []


def of_result(scratch: str) -> dict[str, Any]:
    """Return the surroundings of a result, as in reports on errors, within a millisecond or two.

    :param scratch: the job's scratch directory.
    """
    return {"packages": packages_by_folder(), "scratch": scratch_listing(scratch)}


def packages() -> list[str]:
    """Return the installed distributions as ``name==version``. They are read once: many components may fail alike."""
    if not _packages:
        from importlib import metadata  # 20 ms

        found = set()
        for distribution in metadata.distributions():
            try:
                found.add(f"{distribution.metadata['Name']}=={distribution.version}")
            except Exception:  # half-removed distributions raise anything; the others are still of use
                found.add(f"{getattr(distribution, '_path', distribution)}==unreadable")
        _packages.extend(sorted(found, key=str.lower))
    return _packages


def packages_by_folder() -> list[str]:
    """Return the installed distributions by the names of their folders, in a hundredth of the time of :func:`packages`."""
    found = set()
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue  # it is an archive, or does not exist
        for name in names:
            stem, ending = os.path.splitext(name)
            if ending in (".dist-info", ".egg-info"):
                found.add("==".join(stem.split("-")[:2]))
    return sorted(found, key=str.lower)


def scratch_listing(scratch: str) -> list[str]:
    """Return the sorted relative paths of the files in the scratch directory, at most a few hundred.

    A Python and packages that travelled with the job are listed as folders: their thousands of files would hide the user's.
    """
    listing: list[str] = []
    for folder, subfolders, files in os.walk(scratch):
        for name in _UNPACKED if folder == scratch else ():
            if name in subfolders:
                subfolders.remove(name)
                listing.append(f"{name}/")
        subfolders.sort()
        for name in sorted(files):
            listing.append(os.path.relpath(os.path.join(folder, name), scratch))
            if len(listing) == _SCRATCH_ENTRIES:
                return [*sorted(listing), "..."]
    return sorted(listing)
