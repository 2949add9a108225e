"""What can go wrong with a personal pool, under HTMapException."""

from __future__ import annotations

from pathlib import Path

import attrs

from htmap_core.exceptions import CondorError


class PoolError(CondorError):
    """The personal pool cannot do what was asked; the base of what says why."""


@attrs.define(slots=False)
class NotInstalled(PoolError):
    """There is no HTCondor to start a pool with."""

    looked_in: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"no HTCondor for a personal pool; looked in: {', '.join(self.looked_in)}\n"
            f"`htmap pool install` gets one (Debian and Ubuntu); elsewhere install HTCondor so that condor_master is on PATH, "
            f"or unpack one and set POOL.PREFIX"
        )


@attrs.define(slots=False)
class InstallationFailed(PoolError):
    """HTCondor could not be had in any of the ways that this machine offers."""

    tried: tuple[tuple[str, str], ...]
    advice: str

    def __str__(self) -> str:
        lines = "".join(f"\n  {what}: {reason}" for what, reason in self.tried)
        return f"HTCondor could not be installed; tried:{lines}\n{self.advice}"


@attrs.define(slots=False)
class ToolFailed(PoolError):
    """A program that the pool needs ended with an error, or is not there."""

    program: str
    reason: str

    def __str__(self) -> str:
        return f"{self.program}: {self.reason}"


@attrs.define(slots=False)
class CannotStart(PoolError):
    """The pool did not come up."""

    reason: str
    evidence: str = ""
    advice: str = ""

    def __str__(self) -> str:
        parts = [f"the personal pool cannot be started: {self.reason}", self.evidence, self.advice]
        return "\n".join(part for part in parts if part)


@attrs.define(slots=False)
class RunningElsewhere(PoolError):
    """Another machine that shares this HTMAP_DIR runs its pool."""

    host: str
    root: Path

    def __str__(self) -> str:
        return (
            f"the personal pool in {self.root} runs on another machine, {self.host}. "
            f"Work there, stop it there with `htmap pool stop`, or use another HTMAP_DIR here"
        )


@attrs.define(slots=False)
class CannotStop(PoolError):
    """Some daemons are still there after all that could be done."""

    pids: tuple[int, ...]

    def __str__(self) -> str:
        pids = " ".join(str(pid) for pid in self.pids)
        return f"these processes of the pool did not end: {pids}. `ps -fp {pids}` shows what they are"


@attrs.define(slots=False)
class UnsafeDirectory(PoolError):
    """A directory that must be private is not."""

    directory: Path

    def __str__(self) -> str:
        return (
            f"{self.directory} is not a directory that only you can use, so the pool's sockets are not safe there. "
            f"If it is yours, run `chmod 700 {self.directory}` or remove it"
        )


@attrs.define(slots=False)
class NoSuchLog(PoolError):
    """The pool has no log of that daemon."""

    daemon: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        if not self.known:
            return "the personal pool has no logs: it was never started. `htmap pool start` starts it"
        return f"no log of {self.daemon!r}; there are: {', '.join(self.known)}"
