"""Put an unpacked HTCondor in the place of the one before, when it has passed its test.

Each has a new folder. When that is whole, the link ``htcondor`` is set to it. So at any time there is either the old HTCondor or
the new one.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from htmap_core import locked, make_folder, put_in_place, write_atomically
from htmap_pool import release as releases
from htmap_pool.errors import InstallationFailed, ToolFailed
from htmap_pool.installing.trial import check
from htmap_pool.places import Places
from htmap_pool.release import Release
from htmap_pool.running import record

AS_BEFORE = "What was installed before is as it was; mend that, and run the command again"


def one_at_a_time(places: Places, tell: Callable[[str], None]) -> contextlib.AbstractContextManager[object]:
    """Return a context in which no other process installs anything here.

    :param tell: called with a line for people if it has to wait for another.
    """
    return locked(places.install_lock, on_wait=lambda: tell("another installation is running; waiting for it"))


def check_runs(found: Release) -> None:
    """Check that an installed HTCondor still runs: one from a tarball needs libraries of the machine, which may be gone.

    :raises InstallationFailed: it does not.
    """
    try:
        found.version()
    except ToolFailed as error:
        reason = f"it is installed already, but does not run ({error})"
        raise InstallationFailed(((str(found.root), reason),), "With `--again`, another one replaces it") from error


@contextlib.contextmanager
def new_release(places: Places, name: str) -> Iterator[Path]:
    """Make a folder for a release; it is deleted if the block fails, and what killed installations have left before it.

    :param name: its version, for people.
    """
    in_use = places.installed.resolve()
    for other in places.releases.glob("*"):
        if not (other / releases.MARK).exists() and other.resolve() != in_use:
            shutil.rmtree(other)
    folder = (places.releases / f"{name}-{time.time_ns():x}").resolve()
    make_folder(folder)
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)  # what is left of it, the next one deletes
        raise


def publish(folder: Path, places: Places) -> Release:
    """Use the release in *folder* from now on, and delete the files that are not needed any more.

    :raises ToolFailed: it does not pass its test.
    """
    found = releases.at(folder, releases.origin(folder))
    if found is None:
        raise ToolFailed("unpacking", "there is no sbin/condor_master in it")
    check(found)
    write_atomically(folder / releases.MARK, str(folder.resolve()))
    previous = places.installed.resolve()
    with put_in_place(places.installed) as link:
        link.symlink_to(folder.relative_to(places.root))
    if places.staging.exists():
        shutil.rmtree(places.staging)
    in_use = _in_use(places)
    for other in places.releases.iterdir():
        # A pool may be about to start with the previous release; the next installation removes it.
        if other.resolve() not in {folder.resolve(), previous} and other.resolve() not in in_use:
            shutil.rmtree(other)
    return found


def _in_use(places: Places) -> Sequence[Path]:
    """Return the folder of the release that the pool was started with, and those above: its daemons may still run."""
    started = record.read(places)
    return () if started is None else (Path(started.release), *Path(started.release).parents)
