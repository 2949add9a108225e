"""What is written down about a packed installation."""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import attrs

from htmap_core import seal, unseal, write_atomically
from htmap_transplant.installation import Installation

NAME = "transplant.json"
_OF_0_7_0 = "_htmap_python.tar.gz"
_KEYS_OF_0_7_0 = frozenset({"created", "size", "python", "prefix", "packages", "libraries"})  # it wrote no checksum


@attrs.frozen
class Record:
    """A packed installation, as it is written down.

    :param created: when it was packed, in seconds since the epoch.
    :param python: its interpreter and platform, in words.
    :param prefix: the folder of the environment.
    :param packages: the packages in it, ``name==version``.
    :param archives: the size of each archive, by name.
    :param unpacked: the size of all its files, in bytes; 0 if it is not known.
    :param libraries: the libraries of this machine in it, each with its size and time.
    """

    created: float
    python: str
    prefix: str
    packages: tuple[str, ...]
    archives: dict[str, int]
    unpacked: int
    libraries: tuple[tuple[str, int, int], ...]

    @property
    def size(self) -> int:
        """The size of all archives, which each job gets, in bytes."""
        return sum(self.archives.values())


def read(folder: Path) -> Record | None:
    """Return the record of a transplant; None if there is none, or it is damaged: then it is packed again when it is needed."""
    try:
        found = unseal((folder / NAME).read_bytes(), unsealed=_KEYS_OF_0_7_0)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return Record(
        created=found["created"],
        python=found["python"],
        prefix=found["prefix"],
        packages=tuple(found["packages"]),
        archives=found.get("archives", {_OF_0_7_0: found["size"]}),
        unpacked=found.get("unpacked", 0),
        libraries=tuple((path, size, mtime) for path, size, mtime in found["libraries"]),
    )


def write(
    folder: Path, installation: Installation, archives: Iterable[str], unpacked: int, shipped: Sequence[Path]
) -> None:
    """Write down what is in the folder of a transplant now."""
    sizes = {name: (folder / name).stat().st_size for name in archives}
    record: dict[str, Any] = {
        "created": time.time(),
        "size": sum(sizes.values()),
        "python": installation.description,
        "prefix": str(installation.prefix),
        "packages": _packages(installation),
        "archives": sizes,
        "unpacked": unpacked,
        "libraries": [[str(path), *_version(path)] for path in shipped],
    }
    write_atomically(folder / NAME, seal(record, indent=1))


def _packages(installation: Installation) -> list[str]:
    found = importlib.metadata.distributions(path=[str(site) for site in installation.sites])
    return sorted({f"{each.metadata['Name']}=={each.version}" for each in found}, key=str.lower)


def is_fresh(folder: Path) -> bool:
    """Return whether a transplant is whole, and this machine's libraries have not changed since it was packed."""
    record = read(folder)
    if record is None or any(_version(folder / name)[0] != size for name, size in record.archives.items()):
        return False
    return all(_version(Path(path)) == tuple(version) for path, *version in record.libraries)


def _version(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except FileNotFoundError:
        return 0, 0
    return status.st_size, status.st_mtime_ns
