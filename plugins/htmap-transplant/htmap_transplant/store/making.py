"""Pack an installation for a map, as far as that was not done before."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from htmap_core import LongWork, MapUsers, make_folder, private_opener, put_in_place
from htmap_transplant import contents, packing
from htmap_transplant.errors import CannotPack, FileHasChanged, NoSuchTransplant
from htmap_transplant.installation import Installation
from htmap_transplant.libraries.shipping import adapted
from htmap_transplant.members import Member
from htmap_transplant.pieces import Piece, is_piece, pieces_of
from htmap_transplant.store import folders, records
from htmap_transplant.store.packed import Transplant


def place_of(installation: Installation, folder: Path, files: list[Member] | None = None) -> Path:
    """Return the folder of an installation as it is now; it may not have been packed yet."""
    return folder / contents.fingerprint(installation, contents.members(installation) if files is None else files)


def planned(installation: Installation, folder: Path) -> Transplant:
    """Return the transplant that a map would get now. Nothing is packed; its archives may not exist."""
    files = contents.members(installation)
    place = place_of(installation, folder, files)
    if records.is_fresh(place):
        return Transplant.load(place)
    pieces = _pieces(installation, adapted(files)[0])
    return Transplant.unpacked_yet(place, [each.name for each in pieces], sum(each.size for each in pieces))


def pack(installation: Installation, folder: Path, map_dir: Path, keep_days: float) -> Transplant:
    """Return the transplant of an installation for a map; pack what of it is not packed.

    If several processes need it, one packs it and the others wait. Transplants that have expired are deleted.

    :param installation: the Python to pack.
    :param folder: the folder in which transplants are kept.
    :param map_dir: the directory of the map that will need it.
    :param keep_days: for how many days a transplant is kept that no map needs.
    :raises CannotPack: it could not be packed.
    :raises FileHasChanged: it changes all the time.
    """
    with folders.locked_folder(folder):
        try:
            folders.clear(folder)
            place = _packed(installation, folder)
            MapUsers(place).add(map_dir)
            folders.expire(folder, keep_days, place)
        except OSError as error:
            raise CannotPack(f"{error}. Archives are in {folder}; TRANSPLANT.DIR sets another folder") from error
        return Transplant.load(place)


def use(place: Path, map_dir: Path) -> Transplant:
    """Write down that a map needs an existing transplant, and return it.

    :raises NoSuchTransplant: it does not exist.
    """
    with folders.locked_folder(place.parent):
        if not records.is_fresh(place):
            raise NoSuchTransplant(
                place,
                "TRANSPLANT.ASSUME_EXISTS is on, so this Python was not packed as it is now: switch the setting off once, "
                "or set TRANSPLANT.ALTERNATE_INPUT_PATH to the path of an archive",
            )
        MapUsers(place).add(map_dir)
        return Transplant.load(place)


def _packed(installation: Installation, folder: Path) -> Path:
    """Return the folder of an installation, with all its archives.

    :raises FileHasChanged: it changes while it is packed, again and again.
    """
    for is_last in (False, False, True):
        files = contents.members(installation)
        place = place_of(installation, folder, files)
        try:
            if not records.is_fresh(place):
                _pack(installation, files, place)
        except FileHasChanged:
            if is_last:
                raise
        else:
            break
    return place


def _pack(installation: Installation, files: list[Member], place: Path) -> None:
    made, shipped = adapted(files)
    pieces = _pieces(installation, made)
    make_folder(place)
    there = _archives_in(place.parent)
    missing = [each for each in pieces if not _is_shared(there.get(each.name), place / each.name)]
    with LongWork("packing Python", sum(each.size for each in missing), "B") as work:
        for each in missing:
            packing.pack(each.members, place / each.name, work.advance)
    records.write(place, installation, [each.name for each in pieces], sum(each.size for each in pieces), shipped)


def _pieces(installation: Installation, files: list[Member]) -> list[Piece]:
    return pieces_of(files, [site.name for site in contents.sites_of(installation)])


def _archives_in(folder: Path) -> dict[str, Path]:
    """Return the archives of all transplants, by name; also of those that a killed process has not completed."""
    found = (path for each in folders.transplants_in(folder) for path in each.iterdir())
    return {path.name: path for path in found if is_piece(path.name) and packing.is_whole(path)}


def _is_shared(archive: Path | None, name: Path) -> bool:
    """Give an archive of another transplant another name, and return whether there is one."""
    if archive is None:
        return False
    if archive != name:
        with put_in_place(name) as temporary:
            with contextlib.suppress(OSError):  # a file system without links between folders, or too many links
                os.link(archive, temporary)
            if not temporary.exists():
                with archive.open("rb") as source, open(temporary, "wb", opener=private_opener) as copy:
                    shutil.copyfileobj(source, copy, 1 << 20)
    return True
