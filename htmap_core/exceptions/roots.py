"""What all exceptions have in common."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from htmap_core.wording import did_you_mean


class HTMapException(Exception):
    """The base of all exceptions that HTMap raises on purpose, and of those of plugins."""


def _tuple(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(names)


@attrs.define(slots=False)
class UnknownName(HTMapException, LookupError):
    """A name is not there; the text says which similar one is.

    :param name: the name.
    :param known: the names that are there.
    :param origin: where the name was found: a file, a variable of the environment.
    """

    name: str
    known: tuple[str, ...] = attrs.field(default=(), converter=_tuple)
    origin: str | None = None

    def __str__(self) -> str:
        return f"there is no {self._quoted()}"

    def _quoted(self) -> str:
        return f"{self.name!r}{from_origin(self.origin)}{did_you_mean(self.name, self.known)}"


def from_origin(origin: str | None) -> str:
    """Return how a text says where something that is wrong comes from."""
    return f" (from {origin})" if origin else ""
