"""The input files of a job that HTMap has filled, as they came: what a component changes in them, no other one is to see.

With a job each, every component gets its input files anew. In a job that HTMap has filled, one that edits a file in its place
would give the next ones wrong results without a word. So between two components the files are looked at, by size, time and inode.
What has changed is put back from a copy. Large files have none; there the components behind have an error. What is gone and has
no copy is left to them: who needs it says so.
"""

from __future__ import annotations

import contextlib
import os
import shutil

from htmap_run.files.scratch.leftovers import ORIGINALS

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Optional

    State = tuple[int, ...]

_RECORD = "record"
_COPIED = 16 * 1024 * 1024  # bytes of all copies: to make them takes a job some hundredths of a second
_WATCHED = 1000  # files; 2 us for each, between two components
_NOT_WATCHED = ("docker_stderror",)  # HTCondor's own, which grows


class Originals:
    """The input files of a job.

    :param scratch: the scratch directory.
    :param names: what HTCondor has put there, but for its own files and HTMap's.
    """

    def __init__(self, scratch: str, names: Iterable[str]) -> None:
        self._scratch = scratch
        self._folder = os.path.join(scratch, ORIGINALS)
        self._states: dict[str, State] = {}
        self._copies: dict[str, str] = {}
        try:
            self._read()
        except (OSError, ValueError):  # this is the first worker of the job, or a component has deleted or damaged it
            paths = [path for path, _ in zip(_files(scratch, names), range(_WATCHED))]
            self._states = {path: _state(path) for path in paths}
            with contextlib.suppress(OSError):  # on a full disk; then what has changed is an error
                os.makedirs(self._folder, exist_ok=True)
                self._copy()
                self._write()

    def put_back(self) -> Optional[str]:
        """Put back what is not as it came; return the name of a changed file with which that cannot be done, if there is one."""
        lost = None
        for path, state in self._states.items():
            found = _state(path)
            if found != state and not self._restored(path) and found:
                lost = os.path.relpath(path, self._scratch)
        return lost

    def _restored(self, path: str) -> bool:
        if path not in self._copies:
            return False
        new = os.path.join(self._folder, "new")
        try:
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            shutil.copy2(self._copies[path], new)
            os.replace(new, path)
        except OSError:
            return False
        self._states[path] = _state(path)
        return True

    def _copy(self) -> None:
        """Copy the files, the smallest first, as many as there is room for."""
        left = _COPIED
        for number, path in enumerate(sorted(self._states, key=os.path.getsize)):
            left -= os.path.getsize(path)
            if left < 0:
                return
            copy = os.path.join(self._folder, str(number))
            shutil.copy2(path, copy)
            self._copies[path] = copy

    def _read(self) -> None:
        with open(os.path.join(self._folder, _RECORD), encoding="utf-8", errors="surrogateescape") as file:
            fields = file.read().split("\0")
        for path, state, copy in zip(fields[::3], fields[1::3], fields[2::3]):
            self._states[path] = tuple(map(int, state.split()))
            if copy:
                self._copies[path] = copy

    def _write(self) -> None:
        fields: list[str] = []
        for path, state in self._states.items():
            fields += (path, " ".join(map(str, state)), self._copies.get(path, ""))
        with open(os.path.join(self._folder, _RECORD), "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write("\0".join(fields))


def _files(scratch: str, names: Iterable[str]) -> Iterator[str]:
    """Yield the files, also those in folders. Links are left alone."""
    for name in sorted(names):
        path = os.path.join(scratch, name)
        if os.path.isdir(path) and not os.path.islink(path):
            for folder, _, inside in os.walk(path):
                yield from (each for each in (os.path.join(folder, file) for file in inside) if _is_plain(each))
        elif name not in _NOT_WATCHED and _is_plain(path):
            yield path


def _is_plain(path: str) -> bool:
    return os.path.isfile(path) and not os.path.islink(path)


def _state(path: str) -> State:
    """Return what changes with a file; nothing if it is not there."""
    try:
        found = os.lstat(path)
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino
