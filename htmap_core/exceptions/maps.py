"""What is wrong with a map as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import attrs

from htmap_core.exceptions.roots import HTMapException

_SHOWN = 10  # components in a text: enough to recognise them


@attrs.define(slots=False)
class MapWasRemoved(HTMapException):
    """The map has been removed; nothing of it is left."""

    tag: str

    def __str__(self) -> str:
        return f"map {self.tag!r} has been removed"


@attrs.define(slots=False)
class BusyMap(HTMapException):
    """Another process is changing the map just now.

    :param tag: the map.
    :param kind: what the process is doing with it, as ``removing``.
    """

    tag: str
    kind: str

    def __str__(self) -> str:
        return f"another process is {self.kind} map {self.tag!r} just now; try again when it has finished"


@attrs.define(slots=False)
class CorruptMap(HTMapException):
    """The files of a map do not say what they should."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@attrs.define(slots=False)
class CorruptEventLog(HTMapException):
    """The event log says something that HTMap does not understand.

    :param path: the log.
    :param event: what stands there: an event, by its number and its job, or text where an event should begin.
    :param reason: why the event is none; empty where it is text that is no event.
    """

    path: Path
    event: str
    reason: str = ""

    def __str__(self) -> str:
        if self.reason:
            return f"{self.path} has an event {self.event} that is not one: {self.reason}"
        return f"{self.path} has {self.event!r} where an event should begin"


def _components(components: Iterable[int]) -> tuple[int, ...]:
    return tuple(components)


@attrs.define(slots=False)
class CannotRerunComponents(HTMapException):
    """The components cannot be run again now: they are still active."""

    tag: str
    components: tuple[int, ...] = attrs.field(converter=_components)

    def __str__(self) -> str:
        more = ", ..." if len(self.components) > _SHOWN else ""
        return (
            f"components {', '.join(map(str, self.components[:_SHOWN]))}{more} of map {self.tag!r} have not ended; "
            f"wait for them, or remove the map and make another one"
        )
