"""Write the archive of a piece of a Python installation, and join such archives."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import stat
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO

from htmap_core import private_opener, put_in_place
from htmap_transplant.errors import CannotPack, FileHasChanged
from htmap_transplant.libraries.run_path import with_run_path
from htmap_transplant.members import Member

FOLDER = "_htmap_python"
TEMPORARY = ".packing-"
_LEVEL = 4  # the default, 6, takes twice the time to save another 4 %; 1 takes a fifth less time and is 9 % larger

# How each archive ends: two blocks of zeros, which tar wants, packed apart. Another archive can take their place.
_END = bytes.fromhex("1f8b080000000000020363601805a360148c5400002eafb5ef00040000")


def pack(files: Iterable[Member], target: Path, advance: Callable[[int], None] = lambda _: None) -> None:
    """Write *files* to the archive *target*, which appears when it is complete.

    :param advance: called with the size of each file that was packed.
    :raises FileHasChanged: a file was changed or removed since it was listed.
    :raises CannotPack: a tool is missing or fails.
    :raises OSError: a file cannot be read, or the disk is full.
    """
    with tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=target.parent) as scratch:
        unfinished = Path(scratch, target.name)
        with open(unfinished, "wb", opener=private_opener) as file:
            _write(files, file, Path(scratch, "copy"), advance)
            file.write(_END)
        unfinished.replace(target)


def _write(files: Iterable[Member], file: IO[bytes], copy: Path, advance: Callable[[int], None]) -> None:
    with gzip.GzipFile("", "wb", _LEVEL, file, mtime=0) as compressed:
        # Every tar reads this format, and it has long names. It is not closed, which would write its end.
        archive = tarfile.open(fileobj=compressed, mode="w", format=tarfile.GNU_FORMAT)
        for each in files:
            _check_unchanged(each)
            _add(archive, each if each.run_path is None else with_run_path(each, copy))
            _check_unchanged(each)
            advance(each.size)


def _check_unchanged(each: Member) -> None:
    """Check that a file is what its piece's name says, or else other installations would get the wrong one under that name."""
    if each.link is not None or each.content is not None:
        return
    try:
        status = each.source.stat()
    except FileNotFoundError as error:
        raise FileHasChanged(each.source) from error
    if (status.st_size, status.st_mtime_ns) != (each.size, each.mtime_ns):
        raise FileHasChanged(each.source)


def _add(archive: tarfile.TarFile, each: Member) -> None:
    entry = tarfile.TarInfo(f"{FOLDER}/{each.name}")
    entry.mode = each.mode | stat.S_IRUSR | stat.S_IWUSR
    entry.mtime = each.mtime_ns // 10**9
    if each.link is not None:
        entry.type, entry.linkname = tarfile.SYMTYPE, each.link
        archive.addfile(entry)
    elif each.content is not None:
        entry.size = len(each.content)
        archive.addfile(entry, io.BytesIO(each.content))
    else:
        with each.source.open("rb") as file:
            entry.size = os.fstat(file.fileno()).st_size
            archive.addfile(entry, file)


def is_whole(archive: Path) -> bool:
    """Return whether there is an archive of ours, up to its end."""
    try:
        with archive.open("rb") as file:
            file.seek(-len(_END), os.SEEK_END)
            return file.read() == _END
    except OSError:
        return False


def join(archives: Sequence[Path], target: Path) -> None:
    """Write all that is in some archives into one, without unpacking them. A single one may be any archive.

    :raises CannotPack: an archive is damaged.
    :raises OSError: an archive cannot be read, or the disk is full.
    """
    with put_in_place(target) as unfinished, open(unfinished, "wb", opener=private_opener) as file:
        for each in archives:
            if len(archives) > 1 and not is_whole(each):
                raise CannotPack(
                    f"{each} is damaged; `htmap transplants remove` removes it, and the next map packs Python again"
                )
            if file.tell():  # the end of the one before
                file.seek(-len(_END), os.SEEK_END)
            with each.open("rb") as archive:
                shutil.copyfileobj(archive, file, 1 << 20)
