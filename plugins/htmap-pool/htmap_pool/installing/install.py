"""Install HTCondor below HTMAP_DIR, without root and without changing the system.

Packages are fetched into a staging folder, which survives an interruption, and unpacked into a new folder. When that folder has
passed its test, the link ``htcondor`` is set to it. So at any time there is either the old HTCondor or the new one.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from htmap_core import locked, make_folder, put_in_place, write_atomically
from htmap_pool import release as releases
from htmap_pool.errors import InstallationFailed, ToolFailed
from htmap_pool.installing.apt import Apt, Package
from htmap_pool.installing.progress import Bar
from htmap_pool.installing.relocate import check, find_patchelf, relocate
from htmap_pool.installing.sources import Candidate, Distribution, candidates, read_sources
from htmap_pool.places import Places
from htmap_pool.programs import run
from htmap_pool.release import Release

_ADVICE = (
    "Install HTCondor by other means so that condor_master is on PATH, "
    "or unpack one (https://htcondor.org has tarballs) and set POOL.PREFIX to its folder"
)


def install(places: Places, tell: Callable[[str], None], *, again: bool = False) -> Release:
    """Return an HTCondor to run pools with; install one if there is none.

    :param places: the pool's folders.
    :param tell: called with lines for people.
    :param again: install the newest one even if there is one already.
    :raises InstallationFailed: no way of installing it worked.
    """
    places.make()
    if not again:
        adapt_if_moved(places)
    with locked(places.install_lock, on_wait=lambda: tell("another installation is running; waiting for it")):
        if not again and (found := releases.installed(places) or releases.on_path()):
            return found
        _check_machine()
        try:
            return _install_first(places, tell)
        except OSError as error:
            raise InstallationFailed(((str(places.root), error.strerror or str(error)),), _ADVICE) from error


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
    if not sys.platform.startswith("linux"):
        raise InstallationFailed(
            ((sys.platform, "HTCondor's daemons for a personal pool are installed on Linux only"),), _ADVICE
        )
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
        with bar.stage("unpack", 75, 90) as progress:
            folder = _new_folder(places, packages[0])
            _unpack(files, folder, progress)
        with bar.stage("adapt", 90, 98):
            relocate(folder)
        with bar.stage("test", 98, 100):
            return _publish(folder, places)


def _check_version(package: Package, candidate: Candidate) -> None:
    version = tuple(int(part) for part in re.findall(r"\d+", package.version.partition(":")[2] or package.version)[:2])
    if version < candidate.minimum:
        wanted = ".".join(str(part) for part in candidate.minimum)
        raise ToolFailed("apt-cache", f"it offers HTCondor {package.version}; {wanted} or newer is better")


def _new_folder(places: Places, package: Package) -> Path:
    version = re.sub(r"[^\w.+-]", "_", package.version)
    return places.releases / f"{version}-{time.time_ns():x}"


def _unpack(files: Sequence[Path], folder: Path, progress: Callable[[float], None]) -> None:
    make_folder(folder)
    for number, file in enumerate(files):
        progress(number / len(files))
        run(["dpkg-deb", "-x", file, folder], timeout=300)


def _publish(folder: Path, places: Places) -> Release:
    """Use the release in *folder* from now on, and delete the files that are not needed any more."""
    found = releases.at(folder, "`htmap pool install`")
    if found is None:
        raise ToolFailed("unpacking", "the packages have no condor_master")
    check(found)
    write_atomically(folder / releases.MARK, str(folder.resolve()))
    previous = places.installed.resolve()
    with put_in_place(places.installed) as link:
        link.symlink_to(folder.relative_to(places.root))
    shutil.rmtree(places.staging)
    for other in places.releases.iterdir():
        # Daemons of a running pool may still use the previous release; the next installation removes it.
        if other.resolve() not in (folder.resolve(), previous):
            shutil.rmtree(other)
    return found
