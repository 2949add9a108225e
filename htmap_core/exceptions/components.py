"""What stands in the way of a result."""

from __future__ import annotations

import builtins

import attrs

from htmap_core.exceptions.roots import HTMapException


@attrs.define(slots=False)
class TimeoutError(HTMapException, builtins.TimeoutError):
    """An operation took longer than its ``timeout``.

    :param tag: the map that was waited for.
    :param component: the component that was waited for; None for all of them.
    :param reason: how far it is.
    """

    tag: str
    component: int | None
    reason: str

    def __str__(self) -> str:
        component = "" if self.component is None else f"component {self.component} of "
        return f"the time is over, and {component}map {self.tag!r} {self.reason}"


@attrs.define(slots=False)
class ComponentNotFound(HTMapException, IndexError):
    """The map has no component of this index."""

    tag: str
    component: int
    count: int

    def __str__(self) -> str:
        return f"map {self.tag!r} has {self.count} components, and none with the index {self.component}"


@attrs.define(slots=False)
class OutputNotFound(HTMapException, LookupError):
    """The output of a component is not there (yet)."""

    tag: str
    component: int
    status: str

    def __str__(self) -> str:
        return (
            f"component {self.component} of map {self.tag!r} has no output: it is {self.status}. "
            f"`map.get({self.component})` waits for it"
        )


@attrs.define(slots=False)
class ExpectedError(HTMapException):
    """A component's error was asked for, but it succeeded."""

    tag: str
    component: int

    def __str__(self) -> str:
        return (
            f"component {self.component} of map {self.tag!r} has a result and no error: "
            f"`map.get({self.component})` returns it"
        )


@attrs.define(slots=False)
class InvalidOutputStatus(HTMapException):
    """The status in a component's result is none that HTMap writes."""

    tag: str
    component: int
    status: str

    def __str__(self) -> str:
        return f"the result of component {self.component} of map {self.tag!r} has the status {self.status!r}, which is none"


@attrs.define(slots=False)
class ComponentProblem(HTMapException):
    """One component of a map stands in the way; the base of errors and holds."""

    tag: str
    component: int
    report: str

    def __str__(self) -> str:
        return f"component {self.component} of map {self.tag!r}: {self.report}"


class MapComponentError(ComponentProblem):
    """A component raised an exception, or could not be run; raised from the original exception where that travelled."""

    def __str__(self) -> str:
        return (
            f"component {self.component} of map {self.tag!r} encountered an error while executing. "
            f"Error report:\n{self.report}"
        )


@attrs.define(slots=False)
class ComponentFailed(HTMapException):
    """A component failed, in one line where there is no room for the report of a :class:`MapComponentError`.

    :param reason: the type and the text of what it raised.
    """

    tag: str
    component: int
    reason: str

    def __str__(self) -> str:
        return f"component {self.component} of map {self.tag!r} failed: {self.reason}; `htmap errors {self.tag}` shows more"


class MapComponentHeld(ComponentProblem):
    """A component is held by HTCondor."""

    def __str__(self) -> str:
        return f"component {self.component} of map {self.tag!r} is held: {self.report}\nFix it, then `htmap release {self.tag}`"


class MapComponentRemoved(ComponentProblem):
    """A component's job was removed from the queue, so it will never have a result."""

    def __str__(self) -> str:
        again = f"`htmap rerun components {self.tag} {self.component}` submits it again"
        return f"component {self.component} of map {self.tag!r} was removed from the queue: {self.report}; {again}"
