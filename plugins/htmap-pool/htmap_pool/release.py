"""Find the HTCondor that a pool runs: unpacked by HTMap, unpacked by the user, or the machine's own."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import attrs

from htmap_core import check_owner, put_in_place, write_atomically
from htmap_pool.errors import NotInstalled, ToolFailed
from htmap_pool.places import Places
from htmap_pool.programs import run

# A file with the path of the folder into which a release was unpacked; it is written when the release has passed its test.
MARK = ".htmap-release"

# A file beside it, where the release comes from a tarball: then its programs run wherever they lie.
_TARBALL = ".htmap-tarball"

# The folders of condor_master, which an ordinary user's PATH often lacks.
_SYSTEM_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/usr/local/condor/sbin", "/opt/condor/sbin")


@attrs.frozen
class Tarball:
    """The tarball that a release was unpacked from.

    :param name: the folder in it, whose name has HTCondor's version and the system.
    :param sha256: its checksum.
    """

    name: str
    sha256: str

    def write(self, folder: Path) -> None:
        """Write down that the release in *folder* comes from this tarball."""
        write_atomically(folder / _TARBALL, json.dumps(attrs.asdict(self), indent=1))

    @classmethod
    def of(cls, folder: Path) -> Tarball | None:
        """Return the tarball of the release in *folder*; None if it comes from packages."""
        try:
            said = json.loads((folder / _TARBALL).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return cls(said["name"], said["sha256"])


@attrs.frozen
class Release:
    """One HTCondor on this machine.

    :param root: its RELEASE_DIR, the folder with ``bin`` and ``sbin``.
    :param origin: where it was found, for people.
    """

    root: Path
    origin: str

    @property
    def sbin(self) -> Path:
        """The folder of the daemons."""
        return self._first("condor_master", "sbin", "bin")

    @property
    def bin(self) -> Path:
        """The folder of the users' tools."""
        return self.root / "bin"

    @property
    def libexec(self) -> Path:
        """The folder of the daemons' own tools, for which each packager has another place."""
        return self._first(
            "condor_shared_port", "libexec/condor", "libexec", "lib/condor/libexec", "lib64/condor/libexec"
        )

    @property
    def lib(self) -> Path:
        """The folder of HTCondor's data for its starter."""
        return self._first("", "lib/condor", "lib64/condor", "lib")

    @property
    def share(self) -> Path:
        """The folder of HTCondor's shared data; it may not exist."""
        return self.root / "share" / "condor"

    def version(self) -> str:
        """Return HTCondor's version, such as ``25.14.1``, as it says itself.

        :raises ToolFailed: its programs do not run.
        """
        # The program runs without a configuration, because the machine's own may be broken.
        said = run([self.bin / "condor_version"], env={"CONDOR_CONFIG": "ONLY_ENV", "PATH": os.defpath}, timeout=30)
        if not (found := re.search(r"CondorVersion:\s*(\S+)", said)):
            raise ToolFailed("condor_version", f"its output has no version: {said.strip()!r}")
        return found[1]

    def without_blanks(self, folder: Path) -> Release:
        """Return it by a way without blanks, at which HTCondor would cut the paths of its own tools in two.

        :param folder: a private folder without blanks in its path, where a link leads the way if need be.
        """
        if not any(character.isspace() for character in str(self.root)):
            return self
        with put_in_place(folder / "htcondor") as link:
            link.symlink_to(self.root)
        return attrs.evolve(self, root=folder / "htcondor")

    def _first(self, file: str, *folders: str) -> Path:
        for folder in folders:
            if (self.root / folder / file).exists():
                return self.root / folder
        return self.root / folders[0]


def find(places: Places, prefix: Path | None = None) -> Release:
    """Return the HTCondor to use: that of POOL.PREFIX, else the one that HTMap installed, else the machine's own.

    :param places: the pool's folders, where ``htmap pool install`` puts HTCondor.
    :param prefix: the setting POOL.PREFIX.
    :raises NotInstalled: there is none, or none in *prefix*.
    :raises UnsafePath: others could have changed the one that HTMap installed.
    """
    if prefix is not None:
        if release := at(prefix.expanduser(), "POOL.PREFIX"):
            return release
        raise NotInstalled((f"{prefix} (from POOL.PREFIX)",))
    if release := installed(places) or on_path():
        return release
    raise NotInstalled((str(places.installed), "PATH"))


def installed(places: Places) -> Release | None:
    """Return the HTCondor that HTMap installed, if it is still where it was installed.

    :raises UnsafePath: others could have changed it.
    """
    folder = places.installed.resolve()
    if not (folder / MARK).is_file() or is_moved(places):
        return None
    found = at(folder, origin(folder))
    if found is not None:
        for program in (found.sbin / "condor_master", found.bin / "condor_version"):
            check_owner(
                program, "the HTCondor of the personal pool", "`htmap pool install --again` installs another one"
            )
    return found


def origin(folder: Path) -> str:
    """Return where the HTCondor in a *folder* comes from that HTMap installed, for people."""
    tarball = Tarball.of(folder)
    return "`htmap pool install`" if tarball is None else f"the tarball {tarball.name}"


def is_moved(places: Places) -> bool:
    """Return whether the HTCondor that HTMap installed was copied or moved since, so that its programs must be adapted.

    Those of packages have the full path of their loader.
    """
    folder = places.installed.resolve()
    mark = folder / MARK
    return mark.is_file() and Tarball.of(folder) is None and mark.read_text(encoding="utf-8") != str(folder)


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
