"""What HTCondor refuses, or fails to do."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import attrs

from htmap_core.exceptions.roots import HTMapException


class CondorError(HTMapException):
    """HTCondor refused or failed to do something; the base of what says so."""


@attrs.define(slots=False)
class CondorRefused(CondorError):
    """HTCondor answered that something cannot be done.

    :param said: its answer.
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
            f"HTCondor's Python bindings cannot be imported ({self.reason}). `pip install htcondor` brings them; "
            f"they exist for Linux only"
        )


@attrs.define(slots=False)
class InsufficientHTCondorVersion(CondorError):
    """Something needs a newer HTCondor than there is. For plugins; the core needs nothing that an HTCondor could lack."""

    what: str
    needed: str
    found: str

    def __str__(self) -> str:
        return f"{self.what} needs HTCondor {self.needed} or newer, and this is {self.found}"


def _tuple(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(names)


@attrs.define(slots=False)
class PoolNotFound(CondorError):
    """There is no pool to submit to.

    :param tried: what was tried, and why it is none.
    """

    tried: tuple[str, ...] = attrs.field(converter=_tuple)

    def __str__(self) -> str:
        lines = "\n".join(f"  {attempt}" for attempt in self.tried)
        return f"no HTCondor pool to submit to:\n{lines}"


@attrs.define(slots=False)
class PoolIsSilent(CondorError):
    """A pool that was looked for is there, but does not answer.

    :param pool: its name.
    :param advice: what the pool's plugin says of it.
    """

    pool: str
    advice: str

    def __str__(self) -> str:
        return self.advice


@attrs.define(slots=False)
class PoolUnavailable(CondorError):
    """The pool does not answer."""

    pool: str
    reason: str
    advice: str = ""

    def __str__(self) -> str:
        return f"the {self.pool} pool does not answer: {self.reason}" + (f"\n{self.advice}" if self.advice else "")


@attrs.define(slots=False)
class PoolConfigurationGone(CondorError):
    """The configuration of the pool that a map was submitted to is not there any more."""

    path: Path

    def __str__(self) -> str:
        return f"the pool's configuration {self.path} is gone; start the pool again: `htmap pool start`"
