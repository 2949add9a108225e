"""The places of a personal pool's files: lasting files are below HTMAP_DIR, sockets and locks below /tmp."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from pathlib import Path

import attrs

from htmap_core import check_owner, htmap_dir, make_folder
from htmap_pool.errors import UnsafeDirectory


@attrs.frozen
class Places:
    """The paths of one personal pool. Reading a path creates nothing.

    :param root: the ``pool`` folder of an HTMAP_DIR.
    """

    root: Path

    @classmethod
    def of(cls, folder: Path) -> Places:
        """Return the places of the pool that belongs to the HTMAP_DIR *folder*."""
        # Links are followed, because daemons and clients must always use the same path.
        return cls((folder.expanduser() / "pool").resolve())

    @classmethod
    def current(cls) -> Places:
        """Return the places of the pool that belongs to the HTMAP_DIR of the settings.

        :raises UnsafePath: somebody else could have made or changed its files.
        """
        places = cls.of(htmap_dir())
        places.check()
        return places

    @property
    def installed(self) -> Path:
        """A link to the HTCondor in use; the last step of an installation replaces it."""
        return self.root / "htcondor"

    @property
    def releases(self) -> Path:
        """The folder of all unpacked HTCondors; each has a folder of its own in it."""
        return self.root / "releases"

    @property
    def staging(self) -> Path:
        """The files that an installation has fetched so far; they are kept until it succeeds."""
        return self.root / "staging"

    @property
    def configuration(self) -> Path:
        """The configuration file that daemons and clients share: CONDOR_CONFIG."""
        return self.root / "condor_config"

    @property
    def user_configuration(self) -> Path:
        """The folder of the user's own ``*.conf`` files, which HTCondor reads after ours."""
        return self.root / "config.d"

    @property
    def log(self) -> Path:
        """The folder of the daemons' logs and address files."""
        return self.root / "log"

    @property
    def spool(self) -> Path:
        """The folder of the job queue, which outlives the daemons."""
        return self.root / "spool"

    @property
    def execute(self) -> Path:
        """The folder of the scratch directories of running jobs."""
        return self.root / "execute"

    @property
    def record(self) -> Path:
        """The file that says which condor_master is the pool's; it is written when that is started."""
        return self.root / "running.json"

    @property
    def start_lock(self) -> Path:
        """The lock that is held while the pool is started or stopped."""
        return self.root / "start.lock"

    @property
    def install_lock(self) -> Path:
        """The lock that is held while HTCondor is installed."""
        return self.root / "install.lock"

    def make(self) -> None:
        """Create the folders that the daemons need; only the owner can read them.

        :raises UnsafePath: somebody else could have made or changed something in them.
        """
        for folder in (self.root, self.root / "etc", self.log, self.spool, self.execute, self.user_configuration):
            make_folder(folder)
        self.check()

    def check(self) -> None:
        """Check that nobody else could have made or changed what daemons and clients read: it can name programs.

        :raises UnsafePath: somebody else owns it, or may write to it.
        """
        parts = (self.root / "etc", self.log, self.spool, self.execute, self.configuration, self.record)
        for path in (self.root, *parts, self.user_configuration, *self.user_configuration.glob("*")):
            check_owner(path, "a part of the personal pool", "`export HTMAP_DIR=PATH` uses another folder and pool")


def runtime_directory(places: Places, parent: Path = Path("/tmp")) -> Path:  # checked below to be ours
    """Return a private local directory with a short path, for locks and sockets; create it if it is missing.

    The path of a socket can have at most 107 bytes, and neither sockets nor locks work on every network file system.
    ``$XDG_RUNTIME_DIR`` will not do: the system removes it at logout, when the pool still runs.

    :param places: the pool's other places; their path determines the name.
    :param parent: a local directory that everybody may write to.
    :raises UnsafeDirectory: another user could write to it.
    """
    ours = parent / f"htmap-{os.getuid()}"
    try:
        _make_private(ours)
    except UnsafeDirectory:
        # Another user has a directory of that name. Any other name will do, because the configuration has it.
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
