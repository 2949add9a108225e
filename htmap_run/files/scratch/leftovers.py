"""What components leave in the scratch directory, cleared away before the next one of a job that HTMap has filled.

With a job each, no component finds a file of another. In a job that HTMap has filled it does not either: a file that an earlier
one has left would give wrong results without a word. Temporary files have a folder of their own, and stay: modules keep their
names, and nobody finds them by chance. So do hidden files.
"""

from __future__ import annotations

import contextlib
import os
import time

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from typing import Optional

    from htmap_run.files.scratch.originals import Originals

BROUGHT = "_htmap_brought"
"""The file with the names that were in the scratch directory when the job came there."""

TEMPORARY = "_htmap_t"
"""The folder for temporary files."""

ORIGINALS = "_htmap_originals"
"""The folder with copies of the input files, and with the record of what came."""

_VARIABLES = ("TMPDIR", "TMP", "TEMP")  # HTCondor sets them to the scratch directory
_KEPT = (".", "_htmap_", "_condor_", "condor_exec")
# Temporary files and the like, which nobody misses: of tempfile, multiprocessing, matplotlib without a home, joblib.
_OF_LIBRARIES = ("tmp", "__pycache__", "core.", "pymp-", "matplotlib-", "joblib_memmapping_")
_TOLD = 3
_TIME_OF_FILES = 0.01  # seconds: the times of files are those of the kernel's last tick
_TICK = 100_000_000  # nanoseconds, after which a change of a folder is sure to have another time


def is_of_slot(scratch: str) -> bool:
    """Return whether HTCondor has made the folder for this job. Where somebody runs the job by hand, files are theirs."""
    return "_CONDOR_JOB_AD" in os.environ or os.path.exists(os.path.join(scratch, ".job.ad"))


class LostFiles:
    """Files that a component without a result has written and not handed over: they are gone with the job.

    :param folders: whether folders count, too.
    :param brought: the names of what came with the job, which may have been put back a moment ago.
    :ivar is_known: whether nothing is looked for any more. They are told once for a process; few would want to read it again.
    """

    def __init__(self, scratch: str, *, folders: bool, brought: Collection[str] = ()) -> None:
        self._scratch = scratch
        self._folders = folders
        # On this machine files are copied a moment before the component runs: their time does not tell them from its own.
        self._brought = {*brought, *os.listdir(scratch)}
        self.is_known = False

    def expect(self, entries: Sequence[Sequence[str]]) -> None:
        """Note input files that were put in their places: a component has not written them."""
        self._brought.update(target.partition("/")[0] for _, _, target, *_ in entries)

    def since(self, start: float, component: int) -> list[str]:
        """Return the names of a few that were written since a time. Where none was, it costs a look at the time of the folder."""
        try:
            if self.is_known or os.stat(self._scratch).st_mtime < start - _TIME_OF_FILES:
                return []
            if os.path.isdir(os.path.join(os.environ.get("HTMAP_OUTPUT_FILES", ""), str(component))):
                return []  # it has handed over what counts
            found = sorted(self._written(start - _TIME_OF_FILES))[:_TOLD]
        except OSError:  # it has deleted the folder, or somebody is at work there
            return []
        self.is_known = bool(found)
        return found

    def _written(self, start: float) -> Iterator[str]:
        with os.scandir(self._scratch) as entries:
            for entry in entries:
                is_folder = self._folders and entry.is_dir(follow_symlinks=False)
                is_named = entry.name not in self._brought and not entry.name.startswith((*_KEPT, *_OF_LIBRARIES))
                if is_named and (is_folder or entry.is_file(follow_symlinks=False)) and entry.stat().st_mtime >= start:
                    yield entry.name


class Leftovers:
    """What is new in the scratch directory.

    :param scratch: the scratch directory. The first worker of the job writes down what is there before it runs a component.
    :param entries: the entries of the input files that all components get and that arrive under other names.
    :ivar brought: the names of what came with the job.
    """

    def __init__(self, scratch: str, entries: Sequence[Sequence[str]] = ()) -> None:
        self._scratch = scratch
        self._entries = entries
        self._unchanged_since = -1
        self._originals: Optional[Originals] = None
        brought = os.path.join(scratch, BROUGHT)
        try:
            with open(brought, encoding="utf-8", errors="surrogateescape") as file:
                self.brought = set(file.read().split("\0"))
        except FileNotFoundError:
            self.brought = set(os.listdir(scratch))
            _write(brought, "\0".join(self.brought))
        self.brought.update(target.partition("/")[0] for _, _, target, *_ in entries)

    @property
    def keeps_inputs(self) -> bool:
        """Whether an earlier worker of the job has kept the input files."""
        return os.path.exists(os.path.join(self._scratch, ORIGINALS))

    def keep_inputs(self) -> None:
        """Keep the input files as they are now: :meth:`clear` puts them back. Called before a component runs."""
        placed = []
        if self._entries:
            from htmap_run.files.placing import PLACED, place

            placed = [PLACED]
            with contextlib.suppress(OSError):  # one is gone by now; the component that it is placed for has that error
                place(self._scratch, self._entries)
        if names := [*(name for name in self.brought if not name.startswith(_KEPT)), *placed]:
            from htmap_run.files.scratch.originals import Originals

            self._originals = Originals(self._scratch, names)

    def clear(self) -> Optional[str]:
        """Delete what is new, and put back what has changed. It costs a look at the folder and at the input files.

        Return the name of an input file that a component has changed and that cannot be put back; None if there is none.
        """
        self._delete_new()
        return None if self._originals is None else self._originals.put_back()

    def _delete_new(self) -> None:
        if os.stat(self._scratch).st_mtime_ns == self._unchanged_since:
            return
        for name in os.listdir(self._scratch):
            if name not in self.brought and not name.startswith(_KEPT):
                _delete(os.path.join(self._scratch, name))
        self._use_temporary_folder()
        changed = os.stat(self._scratch).st_mtime_ns
        self._unchanged_since = changed if time.time_ns() - changed > _TICK else -1

    def _use_temporary_folder(self) -> None:
        folder = os.path.join(self._scratch, TEMPORARY)
        wanted = [name for name in _VARIABLES if os.environ.get(name) in (self._scratch, folder)]
        if wanted:
            with contextlib.suppress(OSError):  # on a full disk; the components of the job must not end for that
                os.makedirs(folder, exist_ok=True)  # a component may have deleted it
                os.environ.update(dict.fromkeys(wanted, folder))


def _write(path: str, text: str) -> None:
    # On a full disk it is not written: what is there after a save is taken for brought then.
    with contextlib.suppress(OSError), open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)


def _delete(path: str) -> None:
    with contextlib.suppress(OSError):  # such as a file of another user in a container
        if os.path.isdir(path) and not os.path.islink(path):
            import shutil

            shutil.rmtree(path)
        else:
            os.unlink(path)
