"""Packed installations, as users see them."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import attrs

from htmap_core import MapUsers, wording
from htmap_transplant import packing
from htmap_transplant.errors import CannotPack, NoSuchTransplant, TransplantInUse
from htmap_transplant.settings import current
from htmap_transplant.store import folders, records

_SHORT = 8  # letters of a hash in tables, where numbers name transplants
_SHOWN = 3  # tags, or changes of packages


@attrs.frozen
class Transplant:
    """A packed Python installation.

    :param hash: the name of its content.
    :param path: the folder with its archives.
    :param created: when it was packed.
    :param size: the size of its archives, which each job gets, in bytes.
    :param packages: the packages installed in it, ``name==version``.
    :param environment: the folder of the environment that was packed. Since 0.7.
    :param python: the interpreter and its platform, in words. Since 0.7.
    :param archives: the archives; together they have all files of the installation. Since 0.7.
    :param unpacked: the size of all files, in bytes; 0 if it is not known. Since 0.7.
    """

    hash: str
    path: Path
    created: datetime.datetime
    size: int
    packages: tuple[str, ...]
    environment: Path = Path()
    python: str = ""
    archives: tuple[Path, ...] = ()
    unpacked: int = 0

    @classmethod
    def load(cls, path: Path) -> Transplant:
        """Return the transplant in the folder *path*.

        :raises NoSuchTransplant: there is no such transplant.
        """
        folder = Path(path)
        record = records.read(folder)
        if record is None:
            raise NoSuchTransplant(folder, "`htmap transplants info` lists the existing ones")
        return cls(
            hash=folder.name,
            path=folder,
            created=datetime.datetime.fromtimestamp(record.created).astimezone(),
            size=record.size,
            packages=record.packages,
            environment=Path(record.prefix),
            python=record.python,
            archives=tuple(folder / name for name in record.archives),
            unpacked=record.unpacked,
        )

    @classmethod
    def unpacked_yet(cls, folder: Path, names: Iterable[str], unpacked: int) -> Transplant:
        """Return the transplant that will be in a folder, before it is packed."""
        now = datetime.datetime.now().astimezone()
        return cls(folder.name, folder, now, 0, (), archives=tuple(folder / name for name in names), unpacked=unpacked)

    def used_by(self) -> tuple[str, ...]:
        """Return the tags of the maps that were created with it and still exist."""
        return MapUsers(self.path).tags()

    @property
    def last_used(self) -> datetime.datetime:
        """When the last map was created that uses it. Since 0.7."""
        return datetime.datetime.fromtimestamp(MapUsers(self.path).last_use).astimezone()

    @property
    def expires(self) -> datetime.datetime | None:
        """When it will be deleted, or soon after that; None while a map needs it. Since 0.7."""
        if MapUsers(self.path).are_left:
            return None
        return self.last_used + datetime.timedelta(days=current().keep_days)

    @property
    def alone(self) -> int:
        """How many bytes on disk it has in common with no other transplant. Since 0.7."""
        found = (path.stat() for path in self.path.iterdir())
        return sum(status.st_size for status in found if status.st_nlink == 1)

    def remove(self, force: bool = False) -> None:
        """Delete the transplant.

        :param force: delete it even if maps need it.
        :raises TransplantInUse: maps need it.
        """
        with folders.locked_folder(self.path.parent):
            if (tags := self.used_by()) and not force:
                raise TransplantInUse(self.hash, tags)
            folders.delete(self.path)

    def export(self, target: Path) -> None:
        """Write all of it into one archive, for the setting TRANSPLANT.ALTERNATE_INPUT_PATH. Since 0.7.

        :raises CannotPack: an archive is damaged, or there is no space.
        """
        try:
            packing.join(self.archives, Path(target))
        except OSError as error:
            raise CannotPack(f"{error}. All of it should be in {target}") from error


def transplants() -> tuple[Transplant, ...]:
    """Return all packed Python installations, the oldest first.

    Since 0.7::

        unused = [each for each in htmap_transplant.transplants() if not each.used_by()]
    """
    found = [
        Transplant.load(each) for each in folders.transplants_in(current().folder) if records.read(each) is not None
    ]
    return tuple(sorted(found, key=lambda each: (each.created, each.hash)))


def transplant_info() -> str:
    """Return a table of all packed Python installations, with the numbers that `htmap transplants remove` takes.

    Since 0.7::

        print(htmap_transplant.transplant_info())
    """
    found = transplants()
    rows = [_row(number, each, news(each, found[:number])) for number, each in enumerate(found)]
    heads = [
        "Index",
        "Hash",
        "Last Used",
        "Expires",
        "Size",
        "Alone",
        "Packages",
        "What Is New",
        "Environment",
        "Used By",
    ]
    return wording.table(heads, rows)


def _row(number: int, each: Transplant, new: News) -> list[str]:
    expires, tags = each.expires, each.used_by()
    return [
        str(number),
        each.hash[:_SHORT],
        f"{each.last_used:%Y-%m-%d %H:%M}",
        "" if expires is None else f"{expires:%Y-%m-%d}",
        wording.size(each.size),
        wording.size(each.alone),
        str(len(each.packages)),
        str(new),
        os.fspath(each.environment),
        _some(tags),
    ]


@attrs.frozen
class News:
    """What is new in a transplant.

    :param is_first: whether there is none before it of the same environment.
    :param added: the packages that the one before it does not have.
    :param removed: the packages that only the one before it has.
    """

    is_first: bool = False
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return it in a few words."""
        if self.is_first:
            return ""
        return _some([*(f"+{name}" for name in self.added), *(f"-{name}" for name in self.removed)]) or "other files"


def news(each: Transplant, before: Sequence[Transplant]) -> News:
    """Return what is new in a transplant, beside those *before* it."""
    last = next((other for other in reversed(before) if other.environment == each.environment), None)
    if last is None:
        return News(is_first=True)
    return News(
        added=tuple(name for name in each.packages if name not in last.packages),
        removed=tuple(name for name in last.packages if name not in each.packages),
    )


def _some(names: Iterable[str]) -> str:
    shown = list(names)
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return ", ".join(shown[:_SHOWN]) + more
