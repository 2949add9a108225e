"""Divide an installation into pieces, each of which is an archive of its own.

A piece has the files of one large package, or the standard library, or some small packages. Who installs a package changes one or
two pieces; all others are the archives that exist already. Pieces have no files in common, so they are unpacked in any order.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterable, Sequence

import attrs

from htmap_transplant.members import Member, digest

# A piece costs a job one more file to transfer and to unpack, some milliseconds. So smaller packages have none of their own.
_LARGE = 4 << 20  # bytes
_SMALL = 8  # pieces for the small packages: one of these is packed again for each small package that is installed

_PREFIX, _SUFFIX = "_htmap_python-", ".tar.gz"
_VERSION = re.compile(r"[-.]")  # begins what follows the name: numpy.libs, numpy-2.1.0.dist-info, six.py


@attrs.frozen
class Piece:
    """Some of the files of an installation.

    :param name: the name of its archive, by which equal pieces of all installations are found.
    :param members: its files, sorted by name.
    """

    name: str
    members: tuple[Member, ...]

    @property
    def size(self) -> int:
        """The size of its files, in bytes."""
        return sum(each.size if each.content is None else len(each.content) for each in self.members)


def is_piece(name: str) -> bool:
    """Return whether a file's name is that of a piece's archive."""
    return name.startswith(_PREFIX) and name.endswith(_SUFFIX)


def pieces_of(files: Iterable[Member], sites: Sequence[str]) -> list[Piece]:
    """Return the pieces of an installation, sorted by name.

    :param files: all its files, with the run paths that they will have.
    :param sites: the names in the archive of its folders of packages.
    """
    groups: dict[str, list[Member]] = {}
    for each in files:
        groups.setdefault(_package(each, sites), []).append(each)
    joined: dict[str, list[Member]] = {}
    for label, group in groups.items():
        is_large = sum(each.size for each in group) >= _LARGE
        joined.setdefault(label if is_large else f"small {zlib.crc32(os.fsencode(label)) % _SMALL}", []).extend(group)
    return sorted((_piece(group) for group in joined.values()), key=lambda piece: piece.name)


def _package(each: Member, sites: Sequence[str]) -> str:
    """Return what a file belongs to: a package, by its name; elsewhere a folder, or the file alone if it is large."""
    for site in sites:
        if each.name.startswith(f"{site}/"):
            return f"{site}/{_VERSION.split(each.name[len(site) + 1 :].partition('/')[0])[0]}"
    if each.size >= _LARGE:
        return each.name
    *folders, _ = each.name.split("/")
    return "/".join(folders[:2])


def _piece(group: list[Member]) -> Piece:
    ordered = sorted(group, key=lambda each: each.name)
    return Piece(f"{_PREFIX}{digest(ordered)}{_SUFFIX}", tuple(ordered))
