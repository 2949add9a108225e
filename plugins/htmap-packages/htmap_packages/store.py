"""Keep archives of packages on disk, find them again, and remove them.

The files below PACKAGES.DIR:

- ``lock``: the lock that is held while packages are built or removed, or a map is added to their users;
- ``known/<declaration>``: which archive a declaration was built to, and the local packages as they were then;
- ``<id>/_htmap_packages.tar.gz``: the archive, which gets this name when it is complete;
- ``<id>/packages.json``: what is in it; it is written last, and without it there is no archive;
- ``<id>/maps``: the directories of the maps that use it, relative to the folder if they are in the same HTMAP_DIR. Its time is
  that of the last use.
"""

from __future__ import annotations

import contextlib
import datetime
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

import attrs

from htmap_core import (
    LongWork,
    MapUsers,
    PackedFor,
    locked,
    make_folder,
    pack_packages,
    package_files,
    seal,
    unseal,
    write_atomically,
)
from htmap_packages import building, sources
from htmap_packages.building import Lock
from htmap_packages.declared.declaration import Declaration
from htmap_packages.errors import ArchiveInUse, CannotBuild, NoSuchArchive
from htmap_packages.settings import PackagesSettings, current
from htmap_packages.target import Glibc, Target, glibc_of

_RECORD = "packages.json"
_KNOWN = "known"
_BUILDING = ".building-"
_REMOVED = ".removed-"
_DAY = 86_400


@attrs.frozen
class Archive:
    """Packages in one file, as they travel.

    :param id: the name of its content.
    :param path: its path.
    :param created: when it was built.
    :param used: when a map was last made with it.
    :param size: its size, in bytes.
    :param unpacked: the size of its files, in bytes.
    :param packages: the packages in it, each as ``name==version``.
    :param python: the version of Python that they are for.
    :param machine: the architecture that they are compiled for; empty if none is compiled.
    :param glibc: the oldest glibc with which they run; None likewise.
    """

    id: str
    path: Path
    created: datetime.datetime
    used: datetime.datetime
    size: int
    unpacked: int
    packages: tuple[str, ...]
    python: str
    machine: str
    glibc: Optional[Glibc]

    @classmethod
    def load(cls, folder: Path) -> Archive:
        """Return the archive in a folder.

        :raises NoSuchArchive: there is none, or it is damaged.
        """
        record = _record(folder / _RECORD)
        path = folder / (record or {}).get("archive", "")
        if record is None or not path.is_file() or path.stat().st_size != record["size"]:
            raise NoSuchArchive(folder)
        return cls(
            id=folder.name,
            path=path,
            created=_time(record["created"]),
            used=_time(MapUsers(folder).last_use),
            size=record["size"],
            unpacked=record["unpacked"],
            packages=tuple(record["packages"]),
            python=record["python"],
            machine=record["machine"],
            glibc=tuple(record["glibc"]) if record["glibc"] else None,
        )

    def used_by(self) -> tuple[str, ...]:
        """Return the tags of the maps that were created with it and still exist."""
        return MapUsers(self.path.parent).tags()

    def remove(self, force: bool = False) -> None:
        """Delete it.

        :param force: delete it even if maps need it.
        :raises ArchiveInUse: maps need it.
        """
        folder = self.path.parent
        with _locked(folder.parent):
            if (tags := self.used_by()) and not force:
                raise ArchiveInUse(self.id, tags)
            _delete(folder)


def archives() -> tuple[Archive, ...]:
    """Return all archives, the oldest first."""
    found = []
    for place in _places(current().folder):
        with contextlib.suppress(NoSuchArchive):
            found.append(Archive.load(place))
    return tuple(sorted(found, key=lambda each: (each.created, each.id)))


def known(wanted: Declaration, target: Target, folder: Path) -> Archive | None:
    """Return the archive that a declaration was built to, if neither that nor local packages have changed since."""
    record = _record(folder / _KNOWN / wanted.key(target))
    if record is None or any(_fingerprint(Path(path)) != then for path, then in record["local"].items()):
        return None
    try:
        return Archive.load(folder / record["id"])
    except NoSuchArchive:
        return None


def provide(wanted: Declaration, target: Target, settings: PackagesSettings, map_dir: Path) -> Archive:
    """Return the archive of a declaration for a map; build it if it does not exist.

    If several processes need it, one builds it and the others wait.

    :param map_dir: the directory of the map that will need it.
    :raises CannotBuild: it could not be built.
    """
    folder = settings.folder
    with _locked(folder):
        try:
            _clear(folder)
            found = known(wanted, target, folder) or _built(wanted, target, folder)
            MapUsers(found.path.parent).add(map_dir)
            _expire(folder, settings.keep_days)
        except OSError as error:
            advice = f"Packages are built in {folder}; PACKAGES.DIR sets another folder"
            raise CannotBuild(str(wanted), str(error), advice) from error
    return found


def _built(wanted: Declaration, target: Target, folder: Path) -> Archive:
    key = wanted.key(target)
    with tempfile.TemporaryDirectory(prefix=_BUILDING, dir=folder) as scratch, LongWork("building packages") as work:
        lock = building.resolve(wanted, target, Path(scratch), work.look)
        archive = _of_lock(lock, str(wanted), target, folder, Path(scratch), work)
    make_folder(folder / _KNOWN)
    write_atomically(folder / _KNOWN / key, seal({"id": archive.id, "local": lock.local}))
    return archive


def _of_lock(lock: Lock, wanted: str, target: Target, folder: Path, scratch: Path, work: LongWork) -> Archive:
    place = folder / lock.id
    try:
        return Archive.load(place)  # another declaration came to the same
    except NoSuchArchive:
        make_folder(place)
    files = scratch / "files"
    building.install(lock, wanted, target, files, scratch, work.look)
    glibc = glibc_of(files)
    packed = PackedFor(target.python, target.machine if glibc else "", glibc, _ADVICE)
    path = pack_packages(files, place, packed, lambda _: work.look())
    record = {
        "archive": path.name,
        "created": time.time(),
        "size": path.stat().st_size,
        "unpacked": sum(each.stat().st_size for each in package_files(files)),
        "packages": list(building.packages_in(files)),
        "python": packed.python,
        "machine": packed.machine,
        "glibc": packed.glibc,
    }
    write_atomically(place / _RECORD, seal(record, indent=1))
    return Archive.load(place)


_ADVICE = (
    "PACKAGES.PYTHON_VERSION and PACKAGES.PLATFORM say which Python and glibc the execute nodes have: set them to those, or "
    "restrict the map to other nodes with the option requirements. A function only runs on the version of Python that it was "
    "submitted from."
)


# --- on disk


def _record(path: Path) -> dict[str, Any] | None:
    """Return a record; None if there is none, or it is damaged: then packages are built again when they are needed."""
    try:
        return unseal(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def _fingerprint(path: Path) -> str | None:
    return sources.fingerprint(path) if path.exists() else None


def _time(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds).astimezone()


def _expire(folder: Path, days: int) -> None:
    """Delete archives that no map needs and none was made with for some days, and what is known of those that are gone."""
    for place in _places(folder):
        users = MapUsers(place)
        if not users.are_left and time.time() - users.last_use > days * _DAY:
            _delete(place)
    for path in (folder / _KNOWN).glob("*"):
        if (found := _record(path)) is None or not (folder / found["id"] / _RECORD).exists():
            path.unlink(missing_ok=True)


def _places(folder: Path) -> list[Path]:
    """Return the folders of all archives, also of those that are not complete."""
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(each for each in found if each.name != _KNOWN and not each.name.startswith(".") and each.is_dir())


def _delete(place: Path) -> None:
    with contextlib.suppress(FileNotFoundError):  # another process has removed it
        # The rename removes it in one step. If the deletion is cut short, the next building finishes it.
        shutil.rmtree(place.rename(place.with_name(f"{_REMOVED}{place.name}")))


def _clear(folder: Path) -> None:
    """Delete what killed processes have left. No other process is at work, because the lock is held."""
    for unfinished in [*folder.glob(f"{_BUILDING}*"), *folder.glob(f"{_REMOVED}*")]:
        shutil.rmtree(unfinished, ignore_errors=True)  # uv may outlive who started it, and still write there
    for place in _places(folder):
        if not (place / _RECORD).exists() and not MapUsers(place).are_left:
            _delete(place)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder of archives; make the folder if it is missing."""
    with contextlib.ExitStack() as stack:
        try:
            make_folder(folder)
            stack.enter_context(locked(folder / "lock"))
        except OSError as error:
            raise CannotBuild(
                "all", f"{folder} cannot be written: {error.strerror}", "PACKAGES.DIR sets another"
            ) from error
        yield
