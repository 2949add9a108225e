"""Exceptions of single components, and of waiting for them."""

from __future__ import annotations

import builtins

import attrs

from htmap_core import tracebacks
from htmap_core.exceptions.roots import HTMapException
from htmap_core.wording import counted, in_shell, printable

_SHOWN = 10  # components that a text lists: enough to recognise them
_PERCENT = 100
_LEAST_PERCENT = 2  # what is hardly more than 1 was meant as a share


@attrs.define(slots=False)
class TimeoutError(HTMapException, builtins.TimeoutError):
    """The ``timeout`` of an operation is over.

    :param tag: the map.
    :param component: the component; None for all of them.
    :param reason: the state of the map or component, as a verb and its object.
    """

    tag: str
    component: int | None
    reason: str

    def __str__(self) -> str:
        component = "" if self.component is None else f"component {self.component} of "
        which = "" if self.component is None else f" {self.component}"
        return (
            f"the timeout is over, and {component}map {self.tag!r} {self.reason}; "
            f"`htmap why {in_shell(self.tag)}{which}` says what it waits for"
        )


@attrs.define(slots=False)
class ComponentNotFound(HTMapException, IndexError):
    """The map has no component with this index."""

    tag: str
    component: int
    count: int

    def __str__(self) -> str:
        return f"{self._those_there()}, but none with the index {self.component}"

    def _those_there(self) -> str:
        those = "one component, 0" if self.count == 1 else f"{self.count} components, 0 to {self.count - 1}"
        return f"map {self.tag!r} has {those}"


@attrs.define(slots=False)
class OutputNotFound(HTMapException, LookupError):
    """The component has no output (yet)."""

    tag: str
    component: int
    status: str

    def __str__(self) -> str:
        return (
            f"component {self.component} of map {self.tag!r} has no output: it is {self.status}. "
            f"`map.get({self.component})` waits for it"
        )


@attrs.define(slots=False)
class NoOutputLeft(HTMapException, FileNotFoundError):
    """The component has left no standard output, standard error or output files (yet).

    :param what: which of them.
    :param reason: how its job ended, as the event log has it; may be empty.
    """

    tag: str
    component: int
    status: str
    what: str
    reason: str = ""

    def __str__(self) -> str:
        reason = f" ({self.reason})" if self.reason else ""
        left = f"component {self.component} of map {self.tag!r} is {self.status}{reason} and has left no {self.what}"
        waits = "" if self.status in _AFTER_THE_END else f" yet: `get({self.component})` waits until it has ended"
        todo = {**_AFTER_THE_END, **_BEFORE_THE_END}.get(self.status, _WHY).format(
            tag=in_shell(self.tag), component=self.component
        )
        return f"{left}{waits}; {todo}"


_WHY = "`htmap why {tag} {component}` says why it does not run"
_AFTER_THE_END = {
    "COMPLETED": "`htmap errors {tag}` shows what is known of its end",
    "ERRORED": "`htmap errors {tag}` shows what is known of its end",
    "REMOVED": "`htmap rerun components {tag} {component}` submits it again",
}
_BEFORE_THE_END = {
    "RUNNING": "`htmap stdout --follow {tag} {component}` shows what it prints meanwhile",
    "SUSPENDED": "`htmap resume {tag}` lets it go on after a pause",
}


@attrs.define(slots=False)
class ExpectedError(HTMapException):
    """The program asked for a component's error, but the component succeeded."""

    tag: str
    component: int

    def __str__(self) -> str:
        return (
            f"component {self.component} of map {self.tag!r} has a result and no error: "
            f"`map.get({self.component})` returns it"
        )


@attrs.define(slots=False)
class InvalidOutputStatus(HTMapException):
    """A component's result has an unknown status. HTMap does not raise it; it is kept for scripts that catch it."""

    tag: str
    component: int
    status: str

    def __str__(self) -> str:
        return f"the result of component {self.component} of map {self.tag!r} has an unknown status: {self.status!r}"


@attrs.define(slots=False)
class ComponentProblem(HTMapException):
    """A component has no result; the base of errors, holds and removals.

    :param report: what happened to it.
    """

    tag: str
    component: int
    report: str

    def __str__(self) -> str:
        return f"component {self.component} of map {self.tag!r}: {self.report}"


@attrs.define(slots=False)
class MapComponentError(ComponentProblem):
    """A component raised an exception, or could not run.

    :param headline: the exception, and where it was raised, in one line.
    :param raised: the exception as Python shows it, with the user's lines.
    :param short_report: what its text has of the report, which in a script is printed below two tracebacks.

    Where a result was asked for, as by ``Map.get``, ``__cause__`` is the original exception, if that could be sent back. From
    ``Map.wait`` it has none, because that would have to be unpickled.
    """

    headline: str = ""
    raised: str = ""
    short_report: str = ""

    def _render_traceback_(self) -> list[str]:
        """Return what IPython and notebooks show: the user's exception first, and where the rest is. They call it."""
        text = f"component {self.component} of map {self.tag!r} failed, so there is no result to hand out"
        shows = f"`htmap errors {in_shell(self.tag)}` and print(htmap.load({self.tag!r}).get_err({self.component}).report())"
        more = f"{shows} show the values of variables, and where it ran"
        told = [f"{type(self).__name__}: {text}", *tracebacks.where_asked(self), more]
        return printable("\n".join([self.raised or self.headline, "", *told])).split("\n")

    def __str__(self) -> str:
        first = f"{self.headline}\n" if self.headline else ""
        return (
            f"{first}component {self.component} of map {self.tag!r} encountered an error while executing. "
            f"Error report:\n{self.short_report or self.report}"
        )


@attrs.define(slots=False)
class TooFewResults(ComponentProblem):
    """So many components have failed or are held that a map cannot have as many results as are wanted.

    ``Map.wait(acceptable=0.99)`` raises it as soon as that is certain. Its ``component`` and ``report`` are those of the first
    of these components.

    :param count: how many components the map has.
    :param needed: how many of them must have a result.
    :param failed: the components that have failed, or were removed from the queue.
    :param held: those that are held.
    :param headline: what happened to the first one, in one line.
    """

    count: int
    needed: int
    failed: tuple[int, ...]
    held: tuple[int, ...]
    headline: str = ""

    def __str__(self) -> str:
        told = []
        if self.failed:
            told.append(f"{_listed(self.failed)} in error, or removed: `htmap errors {in_shell(self.tag)}` shows how")
            told.append(f"`map.rerun(map.failed)`, or `htmap rerun failed {in_shell(self.tag)}`, runs them again")
        if self.held:
            told.append(f"{_listed(self.held)} held: `htmap reasons {in_shell(self.tag)}` shows why")
        of, wanted = counted(self.count, "component"), counted(self.needed, "result")
        ends = f"map {self.tag!r} cannot have {wanted} from its {of} any more"
        return "\n".join([*([self.headline] if self.headline else []), ends, *told])


def _listed(components: tuple[int, ...]) -> str:
    """Return a few numbers of components, and how many there are."""
    shown = ", ".join(map(str, components[:_SHOWN]))
    if len(components) == 1:
        return f"component {shown} is"
    return f"{len(components)} components ({shown}{', ...' if len(components) > _SHOWN else ''}) are"


@attrs.define(slots=False)
class NothingMeasured(HTMapException):
    """Nothing is known of what a map needs, because none of its components has ended yet."""

    tag: str

    def __str__(self) -> str:
        waits = f"`htmap wait {in_shell(self.tag)}`, then ask again"
        return f"no component of map {self.tag!r} has ended yet, so nothing was measured: {waits}"


@attrs.define(slots=False)
class InvalidShare(HTMapException, ValueError):
    """What is to be enough of a map is no share of it.

    :param value: what was given.
    """

    value: object

    def __str__(self) -> str:
        is_percent = isinstance(self.value, (int, float)) and _LEAST_PERCENT <= self.value <= _PERCENT
        meant = f"; {self.value} of 100 are {self.value / _PERCENT:g}" if is_percent else ""  # type: ignore[operator]
        return f"acceptable={self.value!r} is no share of a map's components: it must be above 0, and 1 at most{meant}"


@attrs.define(slots=False)
class ComponentFailed(HTMapException):
    """A component failed: one line, without the report of a :class:`MapComponentError`.

    :param reason: the type and text of the exception that it raised.
    """

    tag: str
    component: int
    reason: str

    def __str__(self) -> str:
        more = f"`htmap errors {in_shell(self.tag)}` shows more"
        return f"component {self.component} of map {self.tag!r} failed: {self.reason}; {more}"


@attrs.define(slots=False)
class MapComponentHeld(ComponentProblem):
    """HTCondor holds a component.

    :param code: HTCondor's code of the hold.
    :param subcode: its subcode; 0 for none.
    :param advice: what to do.
    :param site: what the plugins of the site have to say on it, one text for each.
    """

    code: int = 0
    subcode: int = 0
    advice: str = ""
    site: tuple[str, ...] = ()

    def __str__(self) -> str:
        advice = self.advice or f"Fix it, then `htmap release {in_shell(self.tag)}`"
        told = f"component {self.component} of map {self.tag!r} is held: {self.report}"
        return "\n".join([told, *self.site, advice])


class HeldWithoutOutput(MapComponentHeld, FileNotFoundError):
    """HTCondor holds a component that has left no standard output, standard error or output files."""


@attrs.define(slots=False)
class MapComponentRemoved(ComponentProblem):
    """A component's job was removed from the queue, so the component will have no result.

    :param site: what the plugins of the site have to say on it, one text for each.
    """

    site: tuple[str, ...] = ()

    def __str__(self) -> str:
        again = f"`htmap rerun components {in_shell(self.tag)} {self.component}` submits it again"
        told = f"component {self.component} of map {self.tag!r} was removed from the queue: {self.report}; {again}"
        return "\n".join([told, *self.site])
