"""What can go wrong with a personal pool, under HTMapException."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from htmap_core.exceptions import CondorError


class PoolError(CondorError):
    """The personal pool cannot do what was asked."""


class NotInstalled(PoolError):
    """There is no HTCondor to start a pool with."""

    def __init__(self, looked_in: Sequence[str]) -> None:
        self.looked_in = tuple(looked_in)
        super().__init__(self.looked_in)

    def __str__(self) -> str:
        return (
            f"no HTCondor for a personal pool; looked in: {', '.join(self.looked_in)}\n"
            f"`htmap pool install` gets one (Debian and Ubuntu); elsewhere install HTCondor so that condor_master is on PATH, "
            f"or unpack one and set POOL.PREFIX"
        )


class InstallationFailed(PoolError):
    """HTCondor could not be had in any of the ways that this machine offers."""

    def __init__(self, tried: Sequence[tuple[str, str]], advice: str) -> None:
        self.tried = tuple((what, reason) for what, reason in tried)
        self.advice = advice
        super().__init__(self.tried, advice)

    def __str__(self) -> str:
        lines = "".join(f"\n  {what}: {reason}" for what, reason in self.tried)
        return f"HTCondor could not be installed; tried:{lines}\n{self.advice}"


class ToolFailed(PoolError):
    """A program that the pool needs ended with an error, or is not there."""

    def __init__(self, program: str, reason: str) -> None:
        self.program = program
        self.reason = reason
        super().__init__(program, reason)

    def __str__(self) -> str:
        return f"{self.program}: {self.reason}"


class CannotStart(PoolError):
    """The pool did not come up."""

    def __init__(self, reason: str, evidence: str = "", advice: str = "") -> None:
        self.reason = reason
        self.evidence = evidence
        self.advice = advice
        super().__init__(reason, evidence, advice)

    def __str__(self) -> str:
        parts = [f"the personal pool cannot be started: {self.reason}", self.evidence, self.advice]
        return "\n".join(part for part in parts if part)


class RunningElsewhere(PoolError):
    """Another machine that shares this HTMAP_DIR runs its pool."""

    def __init__(self, host: str, root: Path) -> None:
        self.host = host
        self.root = root
        super().__init__(host, root)

    def __str__(self) -> str:
        return (
            f"the personal pool in {self.root} runs on another machine, {self.host}. "
            f"Work there, stop it there with `htmap pool stop`, or use another HTMAP_DIR here"
        )


class CannotStop(PoolError):
    """Some daemons are still there after all that could be done."""

    def __init__(self, pids: Sequence[int]) -> None:
        self.pids = tuple(pids)
        super().__init__(self.pids)

    def __str__(self) -> str:
        pids = " ".join(str(pid) for pid in self.pids)
        return f"these processes of the pool did not end: {pids}. `ps -fp {pids}` shows what they are"


class UnsafeDirectory(PoolError):
    """A directory that must be private is not."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        super().__init__(directory)

    def __str__(self) -> str:
        return (
            f"{self.directory} is not a directory that only you can use, so the pool's sockets are not safe there. "
            f"If it is yours, run `chmod 700 {self.directory}` or remove it"
        )


class NoSuchLog(PoolError):
    """The pool has no log of that daemon."""

    def __init__(self, daemon: str, known: Sequence[str]) -> None:
        self.daemon = daemon
        self.known = tuple(known)
        super().__init__(daemon, self.known)

    def __str__(self) -> str:
        if not self.known:
            return "the personal pool has no logs: it was never started. `htmap pool start` starts it"
        return f"no log of {self.daemon!r}; there are: {', '.join(self.known)}"
