"""The bases of all exceptions."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from htmap_core import tracebacks
from htmap_core.wording import Printable, did_you_mean, printable


class HTMapException(Printable, Exception):
    """The base of all exceptions that HTMap and its plugins raise on purpose. Since 0.6 or earlier.

    The command line shows its text and exits with 1; any other exception shows its traceback. Control sequences in the text are
    escaped. ::

        class NoTicket(HTMapException):
            def __str__(self) -> str:
                return "there is no Kerberos ticket; get one with `kinit`"
    """

    def _render_traceback_(self) -> list[str]:
        """Return what IPython and notebooks show: the user's lines, without those of HTMap, and the text. They call it."""
        return printable("\n".join(tracebacks.without_ours(self))).split("\n")


def _tuple(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(names)


@attrs.define(slots=False)
class UnknownName(HTMapException, LookupError):
    """A name is unknown; the text suggests a similar one.

    :param name: the name.
    :param known: the known names.
    :param origin: where the name comes from, such as a file or an environment variable.
    """

    name: str
    known: tuple[str, ...] = attrs.field(default=(), converter=_tuple)
    origin: str | None = None

    def __str__(self) -> str:
        return f"there is no {self._quoted()}"

    def _quoted(self) -> str:
        return f"{self.name!r}{from_origin(self.origin)}{did_you_mean(self.name, self.known)}"


def from_origin(origin: str | None) -> str:
    """Return the phrase that says where a wrong name or value comes from."""
    return f" (from {origin})" if origin else ""
