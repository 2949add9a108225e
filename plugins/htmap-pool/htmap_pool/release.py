"""The HTCondor that a pool runs: unpacked by us, unpacked by the user, or the machine's own."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import attrs

from htmap_pool.errors import NotInstalled, ToolFailed
from htmap_pool.places import Places
from htmap_pool.programs import run

# Names the folder that a release was unpacked to; written when it passed its test.
MARK = ".htmap-release"

# An ordinary user's PATH often lacks the folders where condor_master is.
_SYSTEM_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/usr/local/condor/sbin", "/opt/condor/sbin")


@attrs.frozen
class Release:
    """One HTCondor on this machine.

    :param root: its RELEASE_DIR: the folder with ``bin`` and ``sbin``.
    :param origin: how it came to be used, for people.
    """

    root: Path
    origin: str

    @property
    def sbin(self) -> Path:
        """Where the daemons are."""
        return self._first("condor_master", "sbin", "bin")

    @property
    def bin(self) -> Path:
        """Where the users' tools are."""
        return self.root / "bin"

    @property
    def libexec(self) -> Path:
        """Where the daemons' own tools are; every packager has another idea."""
        return self._first(
            "condor_shared_port", "libexec/condor", "libexec", "lib/condor/libexec", "lib64/condor/libexec"
        )

    @property
    def lib(self) -> Path:
        """Where HTCondor's data for its starter is."""
        return self._first("", "lib/condor", "lib64/condor", "lib")

    @property
    def share(self) -> Path:
        """Where HTCondor's shared data is, whether or not there is any."""
        return self.root / "share" / "condor"

    def version(self) -> str:
        """Return what HTCondor says its version is, such as ``25.14.1``.

        :raises ToolFailed: its programs do not run.
        """
        # No configuration is needed, and a machine's broken one must not matter.
        said = run([self.bin / "condor_version"], env={"CONDOR_CONFIG": "ONLY_ENV", "PATH": os.defpath}, timeout=30)
        if not (found := re.search(r"CondorVersion:\s*(\S+)", said)):
            raise ToolFailed("condor_version", f"no version in its answer: {said.strip()!r}")
        return found[1]

    def _first(self, file: str, *folders: str) -> Path:
        for folder in folders:
            if (self.root / folder / file).exists():
                return self.root / folder
        return self.root / folders[0]


def find(places: Places, prefix: Path | None = None) -> Release:
    """Return the HTCondor to use: the one that POOL.PREFIX names, else the one we installed, else the machine's own.

    :param places: where ``htmap pool install`` puts it.
    :param prefix: the setting POOL.PREFIX.
    :raises NotInstalled: there is none, or not where *prefix* says.
    """
    if prefix is not None:
        if release := at(prefix.expanduser(), "POOL.PREFIX"):
            return release
        raise NotInstalled((f"{prefix} (from POOL.PREFIX)",))
    if release := installed(places) or on_path():
        return release
    raise NotInstalled((str(places.installed), "PATH"))


def installed(places: Places) -> Release | None:
    """Return the HTCondor that we installed, if it is there and still where it was installed."""
    folder = places.installed.resolve()
    mark = folder / MARK
    # Programs name their loader by its full path, so a copied or moved HTMAP_DIR needs another installation.
    if not mark.is_file() or mark.read_text(encoding="utf-8") != str(folder):
        return None
    return at(folder, "`htmap pool install`")


def at(prefix: Path, origin: str) -> Release | None:
    """Return the HTCondor in *prefix*, laid out as a package (``usr/sbin``) or as a tarball (``sbin``), if there is one."""
    for root in (prefix / "usr", prefix):
        if (root / "sbin" / "condor_master").exists():
            return Release(root.resolve(), origin)
    return None


def on_path() -> Release | None:
    """Return the machine's own HTCondor, if it has one."""
    folders = [os.environ.get("PATH", os.defpath), *_SYSTEM_FOLDERS]
    master = shutil.which("condor_master", path=os.pathsep.join(folders))
    return Release(Path(master).resolve().parent.parent, "PATH") if master else None
