"""Keep packed installations on disk, find them again, and remove them.

The files below TRANSPLANT.DIR:

- ``lock``: the lock that is held while an archive is packed or removed, or a map is added to its users;
- ``<hash>/_htmap_python.tar.gz``: the archive, which gets this name when it is complete;
- ``<hash>/transplant.json``: the time and the content; it is written last, and without it there is no transplant;
- ``<hash>/maps``: the directories of the maps that use the archive, relative to the folder if they are in the same HTMAP_DIR.
"""

from __future__ import annotations

import contextlib
import datetime
import importlib.metadata
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs

from htmap_core import locked, make_folder, seal, tag_of_map, unseal, wording, write_atomically
from htmap_transplant import contents, packing
from htmap_transplant.errors import CannotPack, NoSuchTransplant, TransplantInUse
from htmap_transplant.installation import Installation
from htmap_transplant.settings import current

ARCHIVE = f"{packing.FOLDER}.tar.gz"
_RECORD = "transplant.json"
_KEYS_OF_0_7_0 = frozenset({"created", "size", "python", "prefix", "packages", "libraries"})  # it wrote no checksum
_MAPS = "maps"
_LOCK = "lock"
_REMOVED = ".removed-"


@attrs.frozen
class Transplant:
    """A packed Python installation.

    :param hash: the name of its content.
    :param path: the path of the archive.
    :param created: when it was packed.
    :param size: the size of the archive, in bytes.
    :param packages: the packages installed in it, ``name==version``.
    """

    hash: str
    path: Path
    created: datetime.datetime
    size: int
    packages: tuple[str, ...]

    @classmethod
    def load(cls, path: Path) -> Transplant:
        """Return the transplant whose archive is *path*.

        :raises NoSuchTransplant: there is no such transplant.
        """
        record = _record(Path(path).parent)
        if record is None:
            raise NoSuchTransplant(Path(path), "`htmap transplants info` lists the existing ones")
        return cls(
            hash=Path(path).parent.name,
            path=Path(path),
            created=datetime.datetime.fromtimestamp(record["created"]).astimezone(),
            size=record["size"],
            packages=tuple(record["packages"]),
        )

    def used_by(self) -> tuple[str, ...]:
        """Return the tags of the maps that were created with it and still exist."""
        return tuple(sorted(filter(None, map(tag_of_map, _users(self.path.parent)))))

    def remove(self, force: bool = False) -> None:
        """Delete the transplant.

        :param force: delete it even if maps need it.
        :raises TransplantInUse: maps need it.
        """
        folder = self.path.parent
        with _locked(folder.parent):
            if (tags := self.used_by()) and not force:
                raise TransplantInUse(self.hash, tags)
            with contextlib.suppress(FileNotFoundError):  # another process has removed it
                # The rename removes it in one step. If the deletion is cut short, the next packing finishes it.
                removed = folder.rename(folder.with_name(f"{_REMOVED}{self.hash}"))
                shutil.rmtree(removed)


def transplants() -> tuple[Transplant, ...]:
    """Return all packed Python installations, the oldest first.

    Since 0.7::

        unused = [each for each in htmap_transplant.transplants() if not each.used_by()]
    """
    folder = current().folder
    whole = [path for path in folder.glob(f"*/{_RECORD}") if _record(path.parent) is not None]
    found = [Transplant.load(path.with_name(ARCHIVE)) for path in whole]
    return tuple(sorted(found, key=lambda each: (each.created, each.hash)))


def transplant_info() -> str:
    """Return a table of all packed Python installations, with the numbers that `htmap transplants remove` takes.

    Since 0.7::

        print(htmap_transplant.transplant_info())
    """
    rows = [
        [
            str(index),
            each.hash,
            f"{each.created:%Y-%m-%d %H:%M}",
            wording.size(each.size),
            str(len(each.packages)),
            ", ".join(each.used_by()),
        ]
        for index, each in enumerate(transplants())
    ]
    return wording.table(["Index", "Hash", "Created", "Size", "Packages", "Used By"], rows)


def archive_of(installation: Installation, folder: Path) -> Path:
    """Return the path of the archive of an installation as it is now; the archive may not exist yet."""
    return folder / contents.fingerprint(installation, contents.members(installation)) / ARCHIVE


def pack(installation: Installation, folder: Path, map_dir: Path) -> Path:
    """Return the archive of an installation for a map; pack it if it does not exist.

    If several processes need it, one packs it and the others wait.

    :param installation: the Python to pack.
    :param folder: the folder in which archives are kept.
    :param map_dir: the directory of the map that will need it.
    :raises CannotPack: it could not be packed.
    """
    files = contents.members(installation)
    archive = folder / contents.fingerprint(installation, files) / ARCHIVE
    with _locked(folder):
        try:
            _clear(folder)
            make_folder(archive.parent)
            if not _is_fresh(archive.parent):
                shipped = packing.pack(files, archive)
                _write_record(archive, installation, shipped)
            _add_user(archive.parent, map_dir)
        except OSError as error:
            raise CannotPack(f"{error}. Archives are in {folder}; TRANSPLANT.DIR sets another folder") from error
    return archive


def use(archive: Path, map_dir: Path) -> None:
    """Write down that a map needs an existing archive.

    :raises NoSuchTransplant: the archive does not exist.
    """
    with _locked(archive.parent.parent):
        if not archive.exists():
            raise NoSuchTransplant(
                archive.parent,
                "TRANSPLANT.ASSUME_EXISTS is on, so this Python was not packed as it is now: switch the setting off once, "
                "or set TRANSPLANT.ALTERNATE_INPUT_PATH to the path of an archive",
            )
        _add_user(archive.parent, map_dir)


# --- on disk


def _record(folder: Path) -> dict[str, Any] | None:
    """Return the record of a transplant; None if there is none, or it is damaged: then it is packed again when it is needed."""
    try:
        return unseal((folder / _RECORD).read_bytes(), unsealed=_KEYS_OF_0_7_0)
    except (FileNotFoundError, ValueError):
        return None


def _write_record(archive: Path, installation: Installation, shipped: Sequence[Path]) -> None:
    record = {
        "created": time.time(),
        "size": archive.stat().st_size,
        "python": installation.description,
        "prefix": str(installation.prefix),
        "packages": _packages(installation),
        "libraries": [[str(path), *_version(path)] for path in shipped],
    }
    write_atomically(archive.with_name(_RECORD), seal(record, indent=1))


def _packages(installation: Installation) -> list[str]:
    found = importlib.metadata.distributions(path=[str(site) for site in installation.sites])
    return sorted({f"{each.metadata['Name']}=={each.version}" for each in found}, key=str.lower)


def _is_fresh(folder: Path) -> bool:
    """Return whether the archive exists, and this machine's libraries have not changed since it was packed."""
    record = _record(folder)
    if record is None or not (folder / ARCHIVE).exists():
        return False
    return all(_version(Path(path)) == tuple(version) for path, *version in record["libraries"])


def _version(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except FileNotFoundError:
        return 0, 0
    return status.st_size, status.st_mtime_ns


def _users(folder: Path) -> list[Path]:
    """Return the directories of the existing maps that use a transplant."""
    try:
        lines = (folder / _MAPS).read_text(encoding="utf-8", errors="replace").splitlines()  # damage may be no text
    except FileNotFoundError:
        return []
    return [path for path in (_normal(folder / line) for line in lines) if path.is_dir()]


def _add_user(folder: Path, map_dir: Path) -> None:
    lines = {_written(path, folder): None for path in [*_users(folder), map_dir]}
    write_atomically(folder / _MAPS, "".join(f"{line}\n" for line in lines))


def _written(map_dir: Path, folder: Path) -> str:
    """Return the path of a map as it is written down: relative in the same HTMAP_DIR, which can be moved."""
    return os.path.relpath(map_dir, folder) if folder.is_relative_to(map_dir.parents[1]) else str(map_dir)


def _normal(path: Path) -> Path:
    return Path(os.path.normpath(path))


def _clear(folder: Path) -> None:
    """Delete what killed processes have left. No other process is at work, because the lock is held."""
    for unfinished in [*folder.glob(f"*/{packing.TEMPORARY}*"), *folder.glob(f"{_REMOVED}*")]:
        shutil.rmtree(unfinished)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder of transplants; make the folder if it is missing."""
    with contextlib.ExitStack() as stack:
        try:
            make_folder(folder)
            stack.enter_context(locked(folder / _LOCK))
        except OSError as error:
            raise CannotPack(f"{folder} cannot be written: {error.strerror}. TRANSPLANT.DIR sets another") from error
        yield
