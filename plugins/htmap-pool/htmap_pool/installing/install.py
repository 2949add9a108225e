"""Install HTCondor below HTMAP_DIR, without root and without changing the system.

Packages are fetched into a staging folder, which survives an interruption, and unpacked into a new folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from htmap_core import locked, write_atomically
from htmap_pool import release as releases
from htmap_pool.errors import FROM_TARBALL, InstallationFailed, ToolFailed
from htmap_pool.installing.apt import Apt, Package
from htmap_pool.installing.progress import Bar
from htmap_pool.installing.publishing import AS_BEFORE, check_runs, new_release, one_at_a_time, publish
from htmap_pool.installing.relocate import find_patchelf, relocate
from htmap_pool.installing.sources import Candidate, Distribution, candidates, read_sources
from htmap_pool.places import Places
from htmap_pool.programs import run
from htmap_pool.release import Release
from htmap_pool.system import check_system

_ADVICE = f"{FROM_TARBALL}\nOr install HTCondor by other means, so that condor_master is on PATH"


def install(places: Places, tell: Callable[[str], None], *, again: bool = False) -> Release:
    """Return an HTCondor to run pools with; install one if there is none.

    :param places: the pool's folders.
    :param tell: called with lines for people.
    :param again: install the newest one even if there is one already.
    :raises NotOnThisSystem: this is not Linux.
    :raises InstallationFailed: no way of installing it worked, or the one that is there does not run.
    """
    check_system()
    places.make()
    if not again:
        adapt_if_moved(places)
    with one_at_a_time(places, tell):
        if not again and (found := releases.installed(places) or releases.on_path()):
            check_runs(found)
            return found
        _check_machine()
        try:
            return _install_first(places, tell)
        except OSError as error:
            raise InstallationFailed(((str(places.root), error.strerror or str(error)),), AS_BEFORE) from error


def adapt_if_moved(places: Places) -> None:
    """Adapt the HTCondor that was installed below an HTMAP_DIR to where that is now; nothing to do if it was not moved.

    It takes a few seconds, and needs no network.

    :raises ToolFailed: there is no patchelf, or it fails.
    """
    if not releases.is_moved(places):
        return
    with locked(places.install_lock):
        if releases.is_moved(places):  # otherwise another process has just done it
            folder = places.installed.resolve()
            relocate(folder)
            write_atomically(folder / releases.MARK, str(folder))


def _check_machine() -> None:
    missing = [tool for tool in ("apt-get", "apt-cache", "dpkg", "dpkg-deb") if shutil.which(tool) is None]
    if missing:
        reason = f"no {', '.join(missing)}: only Debian's and Ubuntu's packages can be used without root"
        raise InstallationFailed((("Debian packages", reason),), _ADVICE)
    try:
        run([find_patchelf(), "--version"])
    except ToolFailed as error:
        raise InstallationFailed((("Debian packages", str(error)),), _ADVICE) from error


def _install_first(places: Places, tell: Callable[[str], None]) -> Release:
    distribution = Distribution.read()
    tried: list[tuple[str, str]] = []
    for candidate in candidates(distribution, read_sources()):
        try:
            installed = _install_from(candidate, distribution, places)
        except ToolFailed as error:
            tried.append((candidate.name, str(error)))
        else:
            for name, reason in tried:
                tell(f"did not use {name}: {reason}")
            tell(f"from {candidate.name}")
            return installed
    if not tried:
        tried = [("/etc/apt", f"it has no source of {distribution.origin or 'a known distribution'}'s own archive")]
    raise InstallationFailed(
        tuple(tried), f"Check the network and run `htmap pool install` again: it continues from here.\n{_ADVICE}"
    )


def _install_from(candidate: Candidate, distribution: Distribution, places: Places) -> Release:
    key = hashlib.sha256("".join(source.stanza() for source in candidate.sources).encode()).hexdigest()[:12]
    with contextlib.closing(Bar()) as bar:
        apt = Apt(places.staging / f"apt-{key}", candidate.sources)
        with bar.stage("package lists", 0, 30) as progress:
            apt.update(distribution.origin, progress)
        with bar.stage("dependencies", 30, 45):
            packages = apt.resolve()
        _check_version(packages[0], candidate)
        with bar.stage("download", 45, 75) as progress:
            files = apt.download(packages, places.staging / "packages", progress)
        with new_release(places, re.sub(r"[^\w.+-]", "_", packages[0].version)) as folder:
            with bar.stage("unpack", 75, 90) as progress:
                _unpack(files, folder, progress)
            with bar.stage("adapt", 90, 98):
                relocate(folder)
            with bar.stage("test", 98, 100):
                return publish(folder, places)


def _check_version(package: Package, candidate: Candidate) -> None:
    version = tuple(int(part) for part in re.findall(r"\d+", package.version.partition(":")[2] or package.version)[:2])
    if version < candidate.minimum:
        wanted = ".".join(str(part) for part in candidate.minimum)
        raise ToolFailed("apt-cache", f"it offers HTCondor {package.version}; {wanted} or newer is better")


def _unpack(files: Sequence[Path], folder: Path, progress: Callable[[float], None]) -> None:
    for number, file in enumerate(files):
        progress(number / len(files))
        run(["dpkg-deb", "-x", file, folder], timeout=300)
