"""The archive of packages that a plugin sends with jobs: one file, which the execute side unpacks before all else."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Optional

import attrs

from htmap_core.files.atomic import put_in_place
from htmap_core.files.ownership import private_opener
from htmap_run import names

_LEVEL = 4  # 6, the default, takes twice the time to save another 4 %
_CACHES = "__pycache__"  # Python compiles what it imports in less time than it takes to send the compiled code
_FILE, _PROGRAM = 0o644, 0o755


@attrs.frozen
class PackedFor:
    """The Python that the packages in an archive are for; on another, jobs refuse to run. Since 0.7.

    :param python: its version, such as ``3.11``; CPython is meant.
    :param machine: the architecture that compiled packages are for, as in ``uname -m``; empty without any.
    :param glibc: the oldest C library that compiled packages run with; None without any.
    :param advice: what users are told to do on other nodes.
    """

    python: str
    machine: str
    glibc: Optional[tuple[int, int]]
    advice: str


def pack_packages(folder: Path, target: Path, wanted: PackedFor, advance: Callable[[int], Any] = int) -> Path:
    """Write an archive of the packages in a folder, and return its path: jobs that get it as an input file can import them.

    A delivery method, or a site's plugin, adds it to what is sent. The execute side unpacks it once a job, behind the standard
    library on Python's path and before whatever is installed there. Since 0.7::

        def prepare(self, plan):
            wanted = PackedFor("3.11", "x86_64", (2, 28), "set SW.PYTHON_VERSION")
            self._archive = pack_packages(folder, folder.parent, wanted)

        def describe(self, submit, plan):
            submit.add_input_file(submit_path(self._archive))

    :param folder: what ``pip install --target`` makes: modules, packages and their metadata.
    :param target: the folder for the archive. The archive's name is always the same, and it is there only once it is whole.
    :param wanted: the Python that they are for.
    :param advance: is told how many bytes of *folder* were packed.
    :raises OSError: a file cannot be read, or the disk is full.
    """
    archive = target / names.PACKAGES_ARCHIVE
    with put_in_place(archive) as unfinished, contextlib.ExitStack() as stack:
        file = stack.enter_context(open(unfinished, "wb", opener=private_opener))
        compressed = stack.enter_context(gzip.GzipFile("", "wb", _LEVEL, file, mtime=0))
        # Every tar reads this format, and it has long names.
        members = stack.enter_context(tarfile.open(fileobj=compressed, mode="w", format=tarfile.GNU_FORMAT))
        _add(members, names.PACKAGES_FOR, json.dumps(attrs.asdict(wanted)).encode(), _FILE)
        for path in package_files(folder):
            content = path.read_bytes()
            _add(members, path.relative_to(folder).as_posix(), content, _PROGRAM if os.access(path, os.X_OK) else _FILE)
            advance(len(content))
    return archive


def package_files(folder: Path) -> Iterator[Path]:
    """Yield the files that such an archive has of a folder, in their order."""
    for inside, subfolders, files in os.walk(folder):
        subfolders[:] = sorted(name for name in subfolders if name != _CACHES)
        yield from (Path(inside, name) for name in sorted(files))


def _add(members: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    members.addfile(entry, io.BytesIO(content))
