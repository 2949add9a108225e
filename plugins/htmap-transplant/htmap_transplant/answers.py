"""What ``htmap transplants ...`` answers with ``--json``."""

from __future__ import annotations

import datetime
from typing import TypedDict


class Transplant(TypedDict):
    """A packed Python installation.

    :param index: the number that ``htmap transplants remove`` takes.
    :param hash: the name of its content.
    :param path: the path of the archive.
    :param created: when it was packed.
    :param size: the size of the archive, in bytes.
    :param packages: the packages in it, each as ``name==version``.
    :param used_by: the tags of the maps that need it.
    """

    index: int
    hash: str
    path: str
    created: datetime.datetime
    size: int
    packages: list[str]
    used_by: list[str]


class Transplants(TypedDict):
    """The packed Python installations.

    :param transplants: the installations, the oldest first.
    """

    transplants: list[Transplant]


class RemovedTransplants(TypedDict):
    """What was removed.

    :param removed: the names of their contents.
    """

    removed: list[str]
