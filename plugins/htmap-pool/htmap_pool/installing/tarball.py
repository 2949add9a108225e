"""Install HTCondor from one of the tarballs that its developers publish for each system.

Their programs run wherever they lie: they look for libraries beside themselves, and take the machine's loader and what else they
need from the machine. So nothing is changed in them.
"""

from __future__ import annotations

import contextlib
import hashlib
import lzma
import os
import re
import shutil
import tarfile
import zlib
from collections.abc import Callable, Iterator
from gzip import BadGzipFile
from pathlib import Path, PurePosixPath
from typing import IO

import attrs

from htmap_core import make_folder, private_opener
from htmap_core.wording import in_shell
from htmap_pool import release as releases
from htmap_pool.errors import InstallationFailed, InstalledAlready, ToolFailed, UnfitTarball
from htmap_pool.installing.install import adapt_if_moved
from htmap_pool.installing.progress import Bar
from htmap_pool.installing.publishing import AS_BEFORE, check_runs, new_release, one_at_a_time, publish
from htmap_pool.places import Places
from htmap_pool.release import Release, Tarball
from htmap_pool.system import check_system

# What Python raises for an archive that is none, is cut short or damaged.
_DAMAGE = (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, BadGzipFile)

_READABLE = 0o600  # by its owner, whatever the archive says
_ALLOWED = 0o755  # no more than that: nobody else may write, and no program runs as another user


def install_tarball(places: Places, file: str, tell: Callable[[str], None], *, again: bool = False) -> Release:
    """Install HTCondor from a relocatable tarball, unless that very one is installed.

    :param places: the pool's folders.
    :param file: the path of the tarball.
    :param tell: called with lines for people.
    :param again: whether it replaces another one that is installed.
    :raises UnfitTarball: it is damaged, or its HTCondor does not run here; everything is as before.
    :raises InstalledAlready: another one is installed.
    :raises InstallationFailed: the disk is full, or the one that is installed does not run any more.
    :raises NotOnThisSystem: this is not Linux.
    """
    check_system()
    path = _checked(file)
    places.make()
    if not again:
        adapt_if_moved(places)
    with one_at_a_time(places, tell):
        found = releases.installed(places)
        if found is not None and not again:
            check_runs(found)
            installed = Tarball.of(places.installed.resolve())
            if installed is not None and installed.sha256 == _checksum(path):
                return found
            raise InstalledAlready(file, found.version(), found.root, found.origin)
        try:
            return _install(path, places)
        except ToolFailed as error:
            raise UnfitTarball(file, str(error)) from error
        except _DAMAGE as error:
            raise UnfitTarball(file, f"it is no tar archive, or not a whole one ({error})") from error
        except OSError as error:
            raise InstallationFailed(((str(places.root), error.strerror or str(error)),), AS_BEFORE) from error


def _checked(file: str) -> Path:
    if "://" in file:
        raise UnfitTarball(file, f"it must be a file on this machine; `curl -LO {in_shell(file)}` fetches it")
    path = Path(file).expanduser()
    if path.is_dir():
        raise UnfitTarball(file, "it is a folder; the setting POOL.PREFIX takes one that is unpacked already")
    try:
        path.open("rb").close()
    except OSError as error:
        raise UnfitTarball(file, error.strerror or str(error)) from error
    return path


def _install(path: Path, places: Places) -> Release:
    with contextlib.closing(Bar()) as bar, new_release(places, _top(path)) as folder:
        with bar.stage("unpack", 0, 90) as progress:
            name = unpack(path, folder, progress)
        Tarball(name, _checksum(path)).write(folder)
        with bar.stage("test", 90, 100):
            return publish(folder, places)


def _top(path: Path) -> str:
    """Return the name of the first thing in a tarball, which is the folder with everything."""
    with tarfile.open(path) as archive:
        first = archive.next()
    parts = PurePosixPath("" if first is None else first.name).parts or ("nothing",)
    return re.sub(r"[^\w.+-]", "_", parts[0])


def _checksum(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            found.update(chunk)
    return found.hexdigest()


def unpack(path: Path, folder: Path, progress: Callable[[float], None]) -> str:
    """Unpack what is in the one folder of a tarball, and return that folder's name.

    Files come first and links last, so that nothing is written through a link. Links that lead out of the folder are left out:
    packages have some, such as to ``/etc/blahp``, and HTCondor runs without them.

    :param folder: an empty folder.
    :param progress: called with the finished part, from 0 to 1.
    :raises ToolFailed: the archive has something that no tarball of HTCondor has.
    """
    with path.open("rb") as raw, tarfile.open(fileobj=raw, mode="r:*") as archive:
        size, contents = os.fstat(raw.fileno()).st_size, _Contents(archive, folder)
        for member in archive:
            progress(raw.tell() / size)
            contents.add(member)
        contents.link()
    return contents.top


@attrs.define
class _Contents:
    """What comes from an archive into a folder."""

    archive: tarfile.TarFile
    folder: Path
    top: str = ""
    _hard: list[tuple[Path, Path]] = attrs.field(factory=list)
    _symbolic: list[tuple[Path, str]] = attrs.field(factory=list)

    def add(self, member: tarfile.TarInfo) -> None:
        """Unpack a file or a folder, and note a link."""
        place = self._place(member.name)
        if member.issym():
            self._symbolic.append((place, member.linkname))
        elif member.islnk():
            self._hard.append((place, self._place(member.linkname)))
        elif member.isdir():
            self._make(place)
        elif member.isfile() and place != self.folder:
            self._make(place.parent)
            source = self.archive.extractfile(member)
            assert source is not None  # it is a file
            with source:
                self._write(source, place, member.mode)
        else:
            raise ToolFailed("unpacking", f"it has {member.name!r}, which is neither in a folder nor a file or a link")

    def link(self) -> None:
        """Copy what hard links lead to, make the others, and leave out those that lead out of the folder."""
        for place, source in self._hard:
            if source.is_symlink() or not source.is_file():
                raise ToolFailed("unpacking", f"the link {self._name(place)!r} leads to no file")
            self._make(place.parent)
            with source.open("rb") as file:
                self._write(file, place, source.stat().st_mode)
        for place, target in self._symbolic:
            self._make(place.parent)
            if os.path.lexists(place):
                raise ToolFailed("unpacking", f"it has {self._name(place)!r} twice")
            place.symlink_to(target)
        for place in self._leading_out():
            place.unlink()

    def _place(self, name: str) -> Path:
        parts = PurePosixPath(name).parts
        if not parts or name.startswith("/") or ".." in parts:
            raise ToolFailed("unpacking", f"it has {name!r}, which would lie elsewhere")
        self.top = self.top or parts[0]
        if parts[0] != self.top:
            raise ToolFailed(
                "unpacking", f"it has {parts[0]!r} beside {self.top!r}, and not one folder with everything"
            )
        return self.folder.joinpath(*parts[1:])

    def _make(self, folder: Path) -> None:
        try:
            make_folder(folder)
        except (FileExistsError, NotADirectoryError) as error:
            raise ToolFailed("unpacking", f"{self._name(folder)!r} is a file and a folder in it") from error
        if os.path.realpath(folder) != str(folder):
            raise ToolFailed("unpacking", f"{self._name(folder)!r} lies behind a link")

    def _write(self, source: IO[bytes], place: Path, mode: int) -> None:
        if os.path.lexists(place):
            raise ToolFailed("unpacking", f"it has {self._name(place)!r} twice")
        with open(place, "wb", opener=private_opener) as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
        place.chmod((mode & _ALLOWED) | _READABLE)

    def _leading_out(self) -> Iterator[Path]:
        inside = f"{self.folder}/"
        for place, _ in self._symbolic:
            if not f"{os.path.realpath(place)}/".startswith(inside):
                yield place

    def _name(self, place: Path) -> str:
        return f"{self.top}/{place.relative_to(self.folder)}"
