"""Copies of checkpoints on the submit side, by chirp: only where the user lets the job reach it."""

from __future__ import annotations

import contextlib
import os

from htmap_run.files.chirp import Chirp, NotTaken

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Iterator

_LOCK = "_htmap_checkpoint_lock"

UNFINISHED = ".part"
"""How the names of checkpoints end that are not copied to the end; they are beside the whole ones."""


def put(scratch: str, path: str, target: str) -> None:
    """Copy a file to the submit side, whole or not at all.

    :raises OSError: that was not possible.
    """
    # A name of its own: HTCondor may start the job anew while it has lost sight of the run before, which goes on writing.
    temporary = f"{target}.{os.urandom(8).hex()}{UNFINISHED}"
    with _alone(scratch), Chirp(scratch) as chirp:
        # The folders are made each time: if HTCondor 25 cannot open the target, starter and shadow lose their connection.
        chirp.make_folder(os.path.dirname(os.path.dirname(target)))
        chirp.make_folder(os.path.dirname(target))
        _remove_unfinished(chirp, target)
        try:
            chirp.put(path, temporary)
        except NotTaken:
            chirp.remove(temporary)  # the disk is full there, or the quota is used up
            raise
        chirp.rename(temporary, target)


@contextlib.contextmanager
def _alone(scratch: str) -> Iterator[None]:
    """Keep other processes of this job from copying meanwhile: they would remove each other's unfinished copies."""
    import fcntl

    with open(os.path.join(scratch, _LOCK), "ab") as file:
        with contextlib.suppress(OSError):  # some file systems have no locks; then each may have to copy once more
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _remove_unfinished(chirp: Chirp, target: str) -> None:
    """Remove what is left of copies that were cut off: each has a name of its own, so none replaces another."""
    folder, name = os.path.split(target)
    for each in chirp.names(folder):
        if each.startswith(f"{name}.") and each.endswith(UNFINISHED):
            with contextlib.suppress(FileNotFoundError):
                chirp.remove(f"{folder}/{each}")


def get(scratch: str, source: str, path: str) -> bool:
    """Copy a file from the submit side; return False if there is none.

    :raises OSError: that was not possible.
    """
    with Chirp(scratch) as chirp:
        try:
            chirp.get(source, path)
        except FileNotFoundError:
            return False
    return True
