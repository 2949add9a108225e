"""What ``htmap transplants ...`` answers with ``--json``."""

from __future__ import annotations

import datetime
from typing import Optional, TypedDict


class Transplant(TypedDict):
    """A packed Python installation.

    :param index: the number that ``htmap transplants remove`` takes.
    :param hash: the name of its content.
    :param path: the path of the folder with its archives.
    :param created: when it was packed.
    :param size: the size of the archives, which each job gets, in bytes.
    :param packages: the packages in it, each as ``name==version``.
    :param used_by: the tags of the maps that need it.
    :param environment: the folder of the environment that was packed.
    :param python: the interpreter and its platform, in words.
    :param archives: the paths of its archives.
    :param unpacked: the size of all its files, in bytes; 0 if that is not known.
    :param alone: how much of it on disk no other installation shares, in bytes.
    :param last_used: when the last map was created that uses it.
    :param expires: when it will be deleted, or soon after that; null while a map needs it.
    :param added: the packages that the one before it of the same environment does not have.
    :param removed: the packages that only the one before it has.
    """

    index: int
    hash: str
    path: str
    created: datetime.datetime
    size: int
    packages: list[str]
    used_by: list[str]
    environment: str
    python: str
    archives: list[str]
    unpacked: int
    alone: int
    last_used: datetime.datetime
    expires: Optional[datetime.datetime]
    added: list[str]
    removed: list[str]


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


class ExportedTransplant(TypedDict):
    """The archive that was written.

    :param hash: the name of the content of the installation in it.
    :param path: its path.
    :param size: its size, in bytes.
    """

    hash: str
    path: str
    size: int
