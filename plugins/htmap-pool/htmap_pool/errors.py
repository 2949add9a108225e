"""The exceptions of this plugin."""

from __future__ import annotations

from pathlib import Path

import attrs

from htmap_core.exceptions import CondorError
from htmap_core.wording import in_shell

# As HTCondor's manual has it: the script finds out which tarball fits the machine.
FROM_TARBALL = """\
HTCondor has a tarball for each system. This fetches the one for this machine, and installs it:
  curl -fsSL https://get.htcondor.org | /bin/bash -s -- --download
  htmap pool install --from condor.tar.gz"""


class PoolError(CondorError):
    """The base class of the errors of the personal pool."""


@attrs.define(slots=False)
class NotOnThisSystem(PoolError):
    """A personal pool cannot run on this system.

    :param platform: the system, as ``sys.platform`` names it.
    """

    platform: str

    def __str__(self) -> str:
        return (
            f"a personal pool runs on Linux only, and this is {'macOS' if self.platform == 'darwin' else self.platform}\n"
            f'To run a map on this machine, `htmap.map(..., where="here")` or `export HTMAP_WHERE=here`; it needs no HTCondor'
        )


@attrs.define(slots=False)
class NotInstalled(PoolError):
    """There is no HTCondor to start a pool with.

    :param looked_in: the places that were searched.
    """

    looked_in: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"there is no HTCondor for a personal pool; looked in: {', '.join(self.looked_in)}\n"
            f"On Debian and Ubuntu, `htmap pool install` gets one. Elsewhere `htmap pool install --from condor.tar.gz` takes "
            f"HTCondor's own tarball (https://htcondor.org), or install HTCondor so that condor_master is on PATH"
        )


@attrs.define(slots=False)
class InstallationFailed(PoolError):
    """HTCondor could not be installed in any of the ways that this machine offers.

    :param tried: each way, and why it failed.
    :param advice: what to do.
    """

    tried: tuple[tuple[str, str], ...]
    advice: str

    def __str__(self) -> str:
        lines = "".join(f"\n  {what}: {reason}" for what, reason in self.tried)
        return f"HTCondor could not be installed; tried:{lines}\n{self.advice}"


@attrs.define(slots=False)
class UnfitTarball(PoolError):
    """HTCondor cannot be installed from a tarball. What was installed before is as it was.

    :param tarball: its path.
    :param reason: what is wrong with it.
    """

    tarball: str
    reason: str

    def __str__(self) -> str:
        return f"HTCondor cannot be installed from {self.tarball!r}: {self.reason}\n{FROM_TARBALL}"


@attrs.define(slots=False)
class InstalledAlready(PoolError):
    """Another HTCondor is installed, and is not replaced unasked.

    :param tarball: the path of the one that would be installed.
    :param version: the version of the other.
    :param root: the folder of the other.
    :param origin: where that comes from.
    """

    tarball: str
    version: str
    root: Path
    origin: str

    def __str__(self) -> str:
        return (
            f"HTCondor {self.version} is installed already, in {self.root} (from {self.origin})\n"
            f"`htmap pool install --again --from {in_shell(self.tarball)}` replaces it; the job queue stays"
        )


@attrs.define(slots=False)
class ToolFailed(PoolError):
    """A program that the pool needs failed or is missing.

    :param program: its name.
    :param reason: what went wrong.
    """

    program: str
    reason: str

    def __str__(self) -> str:
        return f"{self.program}: {self.reason}"


@attrs.define(slots=False)
class CannotStart(PoolError):
    """The pool did not start.

    :param reason: what went wrong.
    :param evidence: the ends of its logs.
    :param advice: what to do.
    """

    reason: str
    evidence: str = ""
    advice: str = ""

    def __str__(self) -> str:
        parts = [f"the personal pool cannot be started: {self.reason}", self.evidence, self.advice]
        return "\n".join(part for part in parts if part)


@attrs.define(slots=False)
class RunningElsewhere(PoolError):
    """Another machine that shares this HTMAP_DIR runs the pool.

    :param host: the other machine.
    :param root: the folder of the pool.
    """

    host: str
    root: Path

    def __str__(self) -> str:
        return (
            f"the personal pool in {self.root} runs on another machine, {self.host}. "
            f"Work there, stop it there with `htmap pool stop`, or use another HTMAP_DIR here"
        )


@attrs.define(slots=False)
class CannotStop(PoolError):
    """Some processes of the pool still run after SIGKILL.

    :param pids: their process ids.
    """

    pids: tuple[int, ...]

    def __str__(self) -> str:
        pids = " ".join(str(pid) for pid in self.pids)
        return f"these processes of the pool did not end: {pids}. `ps -fp {pids}` shows them"


@attrs.define(slots=False)
class UnsafeDirectory(PoolError):
    """A directory that must be private is not private.

    :param directory: its path.
    """

    directory: Path

    def __str__(self) -> str:
        return (
            f"{self.directory} is not a private directory of yours, so the pool's sockets are not safe there. "
            f"If it is yours, run `chmod 700 {in_shell(self.directory)}` or remove it"
        )


@attrs.define(slots=False)
class NoSuchLog(PoolError):
    """The pool has no log of a daemon.

    :param daemon: the name that was asked for.
    :param known: the existing logs.
    """

    daemon: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        if not self.known:
            return "the personal pool has no logs: it was never started. `htmap pool start` starts it"
        return f"there is no log of {self.daemon!r}; the logs are: {', '.join(self.known)}"
