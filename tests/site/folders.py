"""Folders for what tests run, which are gone after the tests, at the latest when others are run."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

from htmap_core import locked


class TemporaryFolder:
    """A folder, for as long as this Python runs: after it was killed, the next one like it deletes the folder.

    :param parent: where to make it.
    :param prefix: how its name begins; those of the same prefix are alike.
    """

    def __init__(self, parent: Path, prefix: str) -> None:
        with locked(parent / f".{prefix}lock"):
            for other in parent.glob(f"{prefix}*/"):
                with contextlib.suppress(BlockingIOError, FileNotFoundError):
                    os.close(_claim(other))
                    shutil.rmtree(other, ignore_errors=True)
            self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent)).resolve()
            self._claimed = _claim(self.path)

    def delete(self) -> None:
        """Delete it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._claimed)


def _claim(folder: Path) -> int:
    """Lock a folder until the descriptor that is returned is closed, or this Python ends.

    :raises BlockingIOError: another Python runs whose folder it is.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
