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


@attrs.define(slots=False)
class NoBindings(CondorError):
    """HTCondor's Python bindings cannot be imported."""

    reason: str

    def __str__(self) -> str:
        return (
            f"HTCondor's Python bindings cannot be imported ({self.reason}). `pip install htcondor` installs them; "
            f"they exist for Linux only"
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
            f"Run this on {self.machine}, or wherever you made the map; what only reads maps works here, too"
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
