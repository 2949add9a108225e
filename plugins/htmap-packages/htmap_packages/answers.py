"""What ``htmap packages ...`` answers with ``--json``."""

from __future__ import annotations

import datetime
from typing import Optional, TypedDict


class PackageArchive(TypedDict):
    """Packages in one file, as they travel.

    :param index: the number that ``htmap packages remove`` takes.
    :param id: the name of its content.
    :param path: its path.
    :param created: when it was built.
    :param used: when a map was last made with it.
    :param size: its size, in bytes.
    :param unpacked: the size of its files, in bytes.
    :param packages: the packages in it, each as ``name==version``.
    :param python: the version of Python that they are for.
    :param machine: the architecture that they are compiled for; empty if none is compiled.
    :param glibc: the oldest glibc with which they run; null likewise.
    :param used_by: the tags of the maps that need it.
    """

    index: int
    id: str
    path: str
    created: datetime.datetime
    used: datetime.datetime
    size: int
    unpacked: int
    packages: list[str]
    python: str
    machine: str
    glibc: Optional[str]
    used_by: list[str]


class PackageArchives(TypedDict):
    """The archives of packages.

    :param archives: the archives, the oldest first.
    """

    archives: list[PackageArchive]


class RemovedArchives(TypedDict):
    """What was removed.

    :param removed: the names of their contents.
    """

    removed: list[str]
