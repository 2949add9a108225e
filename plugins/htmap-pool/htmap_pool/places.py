"""Where a personal pool keeps its files: below HTMAP_DIR what must last, below /tmp what must be local."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from pathlib import Path

import attrs

from htmap_core import htmap_dir
from htmap_pool.errors import UnsafeDirectory


@attrs.frozen
class Places:
    """The files of one personal pool. Nothing is created by asking for a path.

    :param root: the ``pool`` folder of an HTMAP_DIR.
    """

    root: Path

    @classmethod
    def of(cls, folder: Path) -> Places:
        """Return the places of the pool that belongs to the HTMAP_DIR *folder*."""
        # Links are followed: daemons and clients must agree on one name, from wherever they are asked.
        return cls((folder.expanduser() / "pool").resolve())

    @classmethod
    def current(cls) -> Places:
        """Return the places of the pool that belongs to the HTMAP_DIR of the settings."""
        return cls.of(htmap_dir())

    @property
    def installed(self) -> Path:
        """A link to the HTCondor in use: replacing it is the one step that makes an installation count."""
        return self.root / "htcondor"

    @property
    def releases(self) -> Path:
        """Every HTCondor unpacked here, each in a folder of its own."""
        return self.root / "releases"

    @property
    def staging(self) -> Path:
        """What an installation has fetched so far; kept until it succeeds."""
        return self.root / "staging"

    @property
    def configuration(self) -> Path:
        """The configuration that daemons and clients share: CONDOR_CONFIG."""
        return self.root / "condor_config"

    @property
    def user_configuration(self) -> Path:
        """The user's own ``*.conf`` files, read after ours."""
        return self.root / "config.d"

    @property
    def log(self) -> Path:
        """The daemons' logs and address files."""
        return self.root / "log"

    @property
    def spool(self) -> Path:
        """The job queue, which outlives the daemons."""
        return self.root / "spool"

    @property
    def execute(self) -> Path:
        """The scratch directories of running jobs."""
        return self.root / "execute"

    @property
    def record(self) -> Path:
        """Which condor_master is ours, written when it is started."""
        return self.root / "running.json"

    @property
    def start_lock(self) -> Path:
        """Held by whoever starts or stops the pool."""
        return self.root / "start.lock"

    @property
    def install_lock(self) -> Path:
        """Held by whoever installs HTCondor."""
        return self.root / "install.lock"

    def make(self) -> None:
        """Create the folders that daemons expect, readable by the owner only."""
        self.root.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (self.root, self.root / "etc", self.log, self.spool, self.execute, self.user_configuration):
            folder.mkdir(mode=0o700, exist_ok=True)


def runtime_directory(places: Places, parent: Path = Path("/tmp")) -> Path:  # checked below to be ours
    """Return a private local directory with a short path, for locks and sockets; it is created where missing.

    Sockets cannot have paths over 107 bytes, and neither they nor locks work on every network file system. ``$XDG_RUNTIME_DIR``
    is no place for them: it goes away at logout, which the pool survives.

    :param places: the pool's other places, whose path makes the name.
    :param parent: a local directory that everybody may write to.
    :raises UnsafeDirectory: another user could write to it.
    """
    ours = parent / f"htmap-{os.getuid()}"
    try:
        _make_private(ours)
    except UnsafeDirectory:
        # Somebody else has the name. The configuration names the directory, so any other serves as well.
        ours = Path(tempfile.mkdtemp(prefix=f"htmap-{os.getuid()}-", dir=parent))
    directory = ours / hashlib.sha256(os.fsencode(places.root)).hexdigest()[:12]
    _make_private(directory)
    return directory


def _make_private(directory: Path) -> None:
    with contextlib.suppress(FileExistsError):  # checked below, whoever made it
        directory.mkdir(mode=0o700)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise UnsafeDirectory(directory)
