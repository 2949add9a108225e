"""Exceptions of HTCondor: it refuses something, or fails."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import attrs

from htmap_core.exceptions.roots import HTMapException


class CondorError(HTMapException):
    """HTCondor refused to do something, or failed; the base of these exceptions."""


@attrs.define(slots=False)
class CondorRefused(CondorError):
    """HTCondor refused a request.

    :param said: HTCondor's answer.
    """

    said: str

    def __str__(self) -> str:
        return f"HTCondor says: {self.said}"


_WHOSE = {
    "MAX_JOBS_PER_OWNER": "of one user in its queue",
    "MAX_JOBS_PER_SUBMISSION": "in one submission",
    "MAX_JOBS_SUBMITTED": "of all users in its queue",
}


@attrs.define(slots=False)
class TooManyJobs(CondorRefused):
    """The schedd refused a submission because of a limit on the number of jobs. Nothing was submitted.

    :param parameter: the name of the limit in HTCondor's configuration.
    :param limit: its value; None if the schedd does not tell.
    :param room: how many of the jobs the schedd would have taken.
    """

    parameter: str
    limit: int | None
    room: int

    def __str__(self) -> str:
        most = "a limited number of" if self.limit is None else f"at most {self.limit}"
        full = "" if self.parameter == "MAX_JOBS_PER_SUBMISSION" else ", or wait until others have left it (`condor_q`)"
        return (
            f"the schedd takes {most} jobs {_WHOSE[self.parameter]} ({self.parameter}){self._queued()}, and has room for "
            f"{self.room} of these. Use a larger `chunksize`, which puts several components into one job; or the option "
            f"`max_idle`, such as `max_idle=10`, with which the schedd makes jobs when there is room{full}"
        )

    def _queued(self) -> str:
        """Return how many jobs the user has in the queue, where that follows."""
        if self.parameter != "MAX_JOBS_PER_OWNER" or self.limit is None:
            return ""
        return f", has {self.limit - self.room} of yours"


_AMOUNTS = frozenset({"request_memory", "request_disk"})


@attrs.define(slots=False)
class RefusedValue(CondorRefused):
    """HTCondor refuses a value in the submit description of a map, such as one that it cannot parse. Nothing was submitted.

    :param name: the submit command or attribute in lower case, or the requirement itself.
    :param author: who has set it: a plugin, the map's options, or a setting.
    """

    name: str
    author: str

    def __str__(self) -> str:
        advice = f"; it is an amount such as {self.name}='2GB'" if self.name in _AMOUNTS else ""
        return f"{super().__str__()}\n{self.name} comes from {self.author}{advice}"


@attrs.define(slots=False)
class RefusedByRule(CondorRefused):
    """A rule of the schedd's administrator refused a submission, such as a quota. Nothing was submitted.

    :param reason: what the administrator says about it.
    :param rule: the rule, where it comes without a reason; else empty.
    """

    reason: str
    rule: str = ""

    def __str__(self) -> str:
        what = f"\n  {self.rule}" if self.rule else ""
        return f"a rule of the schedd's administrator refuses these jobs: {self.reason}{what}"


_SYSTEMS = {"darwin": "macOS"}


@attrs.define(slots=False)
class NoBindings(CondorError):
    """HTCondor's Python bindings are not installed, or cannot be loaded. What needs no pool works without them.

    :param reason: what Python says.
    :param is_installed: whether they are there, and something is wrong with them.
    :param platform: the system, as ``sys.platform`` names it.
    """

    reason: str
    is_installed: bool = False
    platform: str = "linux"

    def __str__(self) -> str:
        return (
            f"{self._what()}\nWithout them you can still look at maps, and run new ones on this machine: "
            f'`htmap.map(..., where="here")`, or `export HTMAP_WHERE=here`'
        )

    def _what(self) -> str:
        if self.is_installed:
            return (
                f"HTCondor's Python bindings are installed, but cannot be loaded ({self.reason}). "
                f"`pip install --force-reinstall htcondor` installs them anew; a library of the system comes with its own package"
            )
        if self.platform.startswith("linux"):
            return "HTCondor's Python bindings are not installed; `pip install htcondor` installs them"
        system = _SYSTEMS.get(self.platform, self.platform)
        return (
            f"HTCondor's Python bindings exist for Linux only, and this is {system}. "
            f"To use a pool, work on its submit node (`ssh`), or on another Linux machine"
        )


@attrs.define(slots=False)
class InsufficientHTCondorVersion(CondorError):
    """A feature needs a newer HTCondor. HTMap does not raise it, because it works with every supported HTCondor.

    It is kept for scripts that catch it, and for plugins of others.
    """

    what: str
    needed: str
    found: str

    def __str__(self) -> str:
        return f"{self.what} needs HTCondor {self.needed} or newer, but this is {self.found}"


def _tuple(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(names)


@attrs.define(slots=False)
class PoolNotFound(CondorError):
    """No pool can be submitted to.

    :param tried: each pool, and why it cannot be used.
    """

    tried: tuple[str, ...] = attrs.field(converter=_tuple)

    def __str__(self) -> str:
        lines = "\n".join(f"  {attempt}" for attempt in self.tried)
        return f"no HTCondor pool to submit to:\n{lines}"


@attrs.define(slots=False)
class NamedPoolNotFound(PoolNotFound):
    """The pool that the user has named cannot be used, and HTMap takes no other in its place.

    :param named: the settings or the environment variable that name it, with values and origins.
    """

    named: str

    def __str__(self) -> str:
        lines = "\n".join(f"  {attempt}" for attempt in self.tried)
        return (
            f"the pool that is named by {self.named} cannot be used, and HTMap takes no other in its place:\n{lines}\n"
            f"Correct the name, or unset it to let HTMap choose a pool; `htmap doctor` checks all pools"
        )


@attrs.define(slots=False)
class PoolIsSilent(CondorError):
    """A pool exists, but does not answer while HTMap looks for one.

    :param pool: its name.
    :param advice: its :meth:`~htmap_core.Pool.advice`.
    """

    pool: str
    advice: str

    def __str__(self) -> str:
        return self.advice


@attrs.define(slots=False)
class PoolUnavailable(CondorError):
    """The pool of a map, or one that was asked by name, does not answer."""

    pool: str
    reason: str
    advice: str = ""

    def __str__(self) -> str:
        return f"the {self.pool} pool does not answer: {self.reason}" + (f"\n{self.advice}" if self.advice else "")


@attrs.define(slots=False)
class SubmittedElsewhere(CondorError):
    """A map was submitted to the schedd of another machine, which cannot be reached from here, or lets nobody act from here.

    :param schedd: the schedd's name.
    :param reason: why it cannot be used from here.
    """

    schedd: str
    reason: str

    @property
    def machine(self) -> str:
        """The schedd's machine. The names of schedds end with it."""
        return self.schedd.rpartition("@")[2]

    def __str__(self) -> str:
        return (
            f"the map was submitted to the schedd {self.schedd!r}, which cannot be used from here: {self.reason}\n"
            f"Run this on {self.machine}, or wherever you made the map; what only reads maps works here, too\n"
            f"If that machine is gone, or has another name now: `htmap remove --force`, then `condor_rm` where its jobs are"
        )


@attrs.define(slots=False)
class UnsafePoolConfiguration(CondorError):
    """Somebody else could have written the HTCondor configuration of a map's pool, so HTMap does not ask the pool."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return self.reason


@attrs.define(slots=False)
class PoolConfigurationGone(CondorError):
    """The HTCondor configuration of a map's pool does not exist any more."""

    path: Path

    def __str__(self) -> str:
        return f"the pool's configuration {self.path} is gone; start the pool again: `htmap pool start`"


@attrs.define(slots=False)
class UnreadableConfiguration(CondorError):
    """HTCondor cannot read its configuration, because a program that prints a part of it fails.

    :param said: what HTCondor and the program say.
    """

    said: str

    def __str__(self) -> str:
        said = " ".join(self.said.split())
        return f"HTCondor cannot read its configuration: {said}\n`condor_config_val -config` shows the same"
