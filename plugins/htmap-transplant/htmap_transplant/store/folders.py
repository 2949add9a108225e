"""The folder of all transplants: its lock, and what is deleted there."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from htmap_core import MapUsers, locked, make_folder
from htmap_transplant import packing
from htmap_transplant.errors import CannotPack

DAY = 24 * 3600  # seconds
_LOCK = "lock"
_REMOVED = ".removed-"


@contextlib.contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder of transplants; make the folder if it is missing.

    :raises CannotPack: it cannot be made or locked.
    """
    with contextlib.ExitStack() as stack:
        try:
            make_folder(folder)
            stack.enter_context(locked(folder / _LOCK))
        except OSError as error:
            raise CannotPack(f"{folder} cannot be written: {error.strerror}. TRANSPLANT.DIR sets another") from error
        yield


def transplants_in(folder: Path) -> list[Path]:
    """Return the folders of all transplants, also of those that are not complete."""
    if not folder.is_dir():
        return []
    return sorted(each for each in folder.iterdir() if not each.name.startswith(".") and each.is_dir())


def clear(folder: Path) -> None:
    """Delete what killed processes have left. No other process is at work, because the lock is held."""
    for unfinished in [*folder.glob(f"*/{packing.TEMPORARY}*"), *folder.glob(f"{_REMOVED}*")]:
        shutil.rmtree(unfinished)


def delete(transplant: Path) -> None:
    """Delete a transplant, while the lock is held."""
    with contextlib.suppress(FileNotFoundError):  # another process has removed it
        # The rename removes it in one step. If the deletion is cut short, the next packing finishes it.
        removed = transplant.rename(transplant.with_name(f"{_REMOVED}{transplant.name}"))
        shutil.rmtree(removed)


def expire(folder: Path, keep_days: float, but: Path) -> None:
    """Delete the transplants that no map needs and that were not used for some days, while the lock is held.

    :param but: the one that is used now.
    """
    for each in transplants_in(folder):
        users = MapUsers(each)
        if each != but and not users.are_left and users.last_use + keep_days * DAY < time.time():
            delete(each)
