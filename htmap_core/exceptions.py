"""Everything that HTMap raises, in one tree under :class:`HTMapException`.

An exception carries its facts as attributes, hands all of them to ``super().__init__`` (so that it survives pickling), and says
in its text what happened, what the alternatives are, and what to type next.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from htmap_core.wording import did_you_mean, followed


class HTMapException(Exception):
    """The base of all exceptions that HTMap raises on purpose."""


class TimeoutError(HTMapException, builtins.TimeoutError):  # noqa: A001 -- the name that users of HTMap know
    """An operation took longer than its ``timeout``."""


class _Lookup(HTMapException, LookupError):
    """A name that is not there; says which similar names are."""

    def __init__(self, name: str, known: Iterable[str] = (), origin: str | None = None) -> None:
        self.name = name
        self.known = tuple(known)
        self.origin = origin
        super().__init__(name, self.known, origin)

    def __str__(self) -> str:
        return f"there is no {self._quoted()}"

    def _quoted(self) -> str:
        return f"{self.name!r}{_from(self.origin)}{did_you_mean(self.name, self.known)}"


def _from(origin: str | None) -> str:
    return f" (from {origin})" if origin else ""


class MissingSetting(_Lookup, KeyError):
    """A setting that has no default was asked for, and nobody has set it."""

    def __str__(self) -> str:
        return followed(f"no setting {self._quoted()}", "`htmap.settings.to_dict()` shows all that are set")


class UnknownSetting(_Lookup):
    """A setting is set that neither the core nor an installed plugin knows."""

    def __str__(self) -> str:
        return (
            f"unknown setting {self._quoted()}\n"
            f"known: {', '.join(sorted(self.known))}. "
            f"Correct or delete it; if a plugin brings it, install that plugin (`htmap plugins list`)"
        )


class InvalidSetting(HTMapException, ValueError):
    """A setting has a value that it cannot have."""

    def __init__(self, name: str, value: object, reason: str, origin: str | None = None) -> None:
        self.name = name
        self.value = value
        self.reason = reason
        self.origin = origin
        super().__init__(name, value, reason, origin)

    def __str__(self) -> str:
        return f"setting {self.name} = {self.value!r}{_from(self.origin)}: {self.reason}"


class InvalidSettingsFile(HTMapException, ValueError):
    """A settings file is not valid TOML or cannot be read."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(path, reason)

    def __str__(self) -> str:
        return f"cannot read the settings in {self.path}: {self.reason}. Correct the file, or move it away"


class OutputNotFound(HTMapException, LookupError):
    """The output of a component is not there (yet)."""

    def __init__(self, tag: str, component: int, status: str) -> None:
        self.tag = tag
        self.component = component
        self.status = status
        super().__init__(tag, component, status)

    def __str__(self) -> str:
        return (
            f"component {self.component} of map {self.tag!r} has no output: it is {self.status}. "
            f"`map.get({self.component})` waits for it"
        )


class NoMapYet(HTMapException):
    """The map builder has no map yet: its ``with`` block has not ended."""


class TagAlreadyExists(HTMapException, ValueError):
    """The tag belongs to another map."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        super().__init__(tag)

    def __str__(self) -> str:
        return (
            f"the tag {self.tag!r} is already in use. "
            f'Load that map with htmap.load("{self.tag}"), or remove it with htmap.remove("{self.tag}")'
        )


class InvalidTag(HTMapException, ValueError):
    """The tag has characters that a tag cannot have."""

    def __init__(self, tag: object, reason: str) -> None:
        self.tag = tag
        self.reason = reason
        super().__init__(tag, reason)

    def __str__(self) -> str:
        return f"{self.tag!r} cannot be a tag: {self.reason}"


class TagNotFound(_Lookup):
    """No map has this tag."""

    def __str__(self) -> str:
        return followed(f"no map is tagged {self._quoted()}", "`htmap status` lists your maps")


MapIdNotFound = TagNotFound


class EmptyMap(HTMapException, ValueError):
    """The map has no inputs, so it was not created."""

    def __str__(self) -> str:
        return "the map has no inputs, so nothing was created: give it at least one"


class InvalidOption(HTMapException, ValueError):
    """A map option or submit command cannot be what it was given as."""

    def __init__(self, name: str, value: object, reason: str, origin: str | None = None) -> None:
        self.name = name
        self.value = value
        self.reason = reason
        self.origin = origin
        super().__init__(name, value, reason, origin)

    def __str__(self) -> str:
        return f"option {self.name} = {self.value!r}{_from(self.origin)}: {self.reason}"


class ReservedOptionKeyword(HTMapException, ValueError):
    """The map option is one that HTMap itself sets."""

    def __init__(self, name: str, origin: str | None = None) -> None:
        self.name = name
        self.origin = origin
        super().__init__(name, origin)

    def __str__(self) -> str:
        return f"{self.name!r}{_from(self.origin)} is set by HTMap itself and cannot be a map option"


class SubmitConflict(HTMapException, ValueError):
    """Two parties want different values for one submit command."""

    def __init__(self, command: str, first: str, second: str) -> None:
        self.command = command
        self.first = first
        self.second = second
        super().__init__(command, first, second)

    def __str__(self) -> str:
        return (
            f"submit command {self.command} is already {self.first!r} and cannot also be {self.second!r}. "
            f"Remove one of the two: the map option or setting, or the plugin (`htmap plugins list`)"
        )


class MisalignedInputData(HTMapException, ValueError):
    """A per-component option has another length than the inputs."""

    def __init__(self, option: str, option_length: int | None, inputs: int | None) -> None:
        self.option = option
        self.option_length = option_length
        self.inputs = inputs
        super().__init__(option, option_length, inputs)

    def __str__(self) -> str:
        if self.option_length is None:
            return f"option {self.option} has more values than the map's {self.inputs} inputs; it needs one for each"
        return f"option {self.option} has {self.option_length} values, but there are more inputs; it needs one for each"


class CannotPickle(HTMapException, TypeError):
    """The function or an input cannot be sent to an execute node."""

    def __init__(self, what: str, reason: str) -> None:
        self.what = what
        self.reason = reason
        super().__init__(what, reason)

    def __str__(self) -> str:
        return (
            f"{self.what} cannot be pickled, so it cannot be sent to an execute node: {self.reason}. "
            f"Open files, locks, connections and the like must be made inside the function"
        )


class BusyMap(HTMapException):
    """Another process is changing the map just now."""

    def __init__(self, tag: str, kind: str) -> None:
        self.tag = tag
        self.kind = kind
        super().__init__(tag, kind)

    def __str__(self) -> str:
        return f"another process is {self.kind} map {self.tag!r} just now; try again when it has finished"


class CannotRetagMap(HTMapException):
    """The map cannot get another tag now."""


class UnknownPythonDeliveryMethod(_Lookup):
    """No installed plugin offers this delivery method."""

    def __init__(
        self, name: str, known: Iterable[str] = (), origin: str | None = None, hint: str | None = None
    ) -> None:
        _Lookup.__init__(self, name, known, origin)
        self.hint = hint
        self.args = (name, self.known, origin, hint)

    def __str__(self) -> str:
        installed = ", ".join(sorted(self.known)) or "none"
        hint = f"\n{self.hint}" if self.hint else ""
        return (
            f"unknown delivery method {self._quoted()}\n"
            f"installed: {installed}. `htmap plugins list` shows where each comes from{hint}"
        )


class NoSuitableDeliveryMethod(HTMapException):
    """No installed delivery method can run on this pool."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        self.reasons = dict(reasons)
        super().__init__(self.reasons)

    def __str__(self) -> str:
        lines = [f"  {name}: {reason}" for name, reason in sorted(self.reasons.items())]
        listing = "\n".join(lines) or "  none is installed; try `pip install htmap-assume`"
        return (
            f"no installed delivery method suits this pool:\n{listing}\n"
            f'Install another one, or name one to use it all the same: htmap.settings["DELIVERY_METHOD"] = "assume"'
        )


class PluginError(HTMapException):
    """A plugin is broken, or failed while it was asked."""

    def __init__(self, plugin: str, distribution: str, reason: str, advice: str = "") -> None:
        self.plugin = plugin
        self.distribution = distribution
        self.reason = reason
        self.advice = advice
        super().__init__(plugin, distribution, reason, advice)

    def __str__(self) -> str:
        advice = self.advice or "HTMAP_PLUGINS or the setting PLUGINS.DISABLED switches it off"
        return f"plugin {self.plugin!r} (from {self.distribution}): {self.reason}\n{advice}"


class CondorError(HTMapException):
    """HTCondor refused or failed to do something."""


class PoolNotFound(CondorError):
    """There is no pool to submit to."""

    def __init__(self, tried: Sequence[str]) -> None:
        self.tried = tuple(tried)
        super().__init__(self.tried)

    def __str__(self) -> str:
        lines = "\n".join(f"  {attempt}" for attempt in self.tried)
        return f"no HTCondor pool to submit to:\n{lines}"


class PoolUnavailable(CondorError):
    """The pool does not answer."""

    def __init__(self, pool: str, reason: str, advice: str = "") -> None:
        self.pool = pool
        self.reason = reason
        self.advice = advice
        super().__init__(pool, reason, advice)

    def __str__(self) -> str:
        return f"the {self.pool} pool does not answer: {self.reason}" + (f"\n{self.advice}" if self.advice else "")


class InsufficientHTCondorVersion(CondorError):
    """Something needs a newer HTCondor than there is."""


class MapWasRemoved(HTMapException):
    """The map has been removed; nothing of it is left."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        super().__init__(tag)

    def __str__(self) -> str:
        return f"map {self.tag!r} has been removed"


class CorruptMap(HTMapException):
    """The files of a map do not say what they should."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(path, reason)

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


class InvalidOutputStatus(HTMapException):
    """The status in a component's result is none that HTMap writes."""


class ComponentProblem(HTMapException):
    """One component of a map stands in the way; the base of errors and holds."""

    def __init__(self, tag: str, component: int, report: str) -> None:
        self.tag = tag
        self.component = component
        self.report = report
        super().__init__(tag, component, report)

    def __str__(self) -> str:
        return f"component {self.component} of map {self.tag!r}: {self.report}"


class MapComponentError(ComponentProblem):
    """A component raised an exception, or could not be run; raised from the original exception where that travelled."""

    def __str__(self) -> str:
        return (
            f"component {self.component} of map {self.tag!r} encountered an error while executing. "
            f"Error report:\n{self.report}"
        )


class MapComponentHeld(ComponentProblem):
    """A component is held by HTCondor."""

    def __str__(self) -> str:
        return f"component {self.component} of map {self.tag!r} is held: {self.report}\nFix it, then `htmap release {self.tag}`"


class MapComponentRemoved(ComponentProblem):
    """A component's job was removed from the queue, so it will never have a result."""

    def __str__(self) -> str:
        again = f"`htmap rerun components {self.tag} {self.component}` submits it again"
        return f"component {self.component} of map {self.tag!r} was removed from the queue: {self.report}; {again}"


class ExpectedError(HTMapException):
    """A component's error was asked for, but it succeeded."""


class CannotTransplantPython(HTMapException):
    """This Python installation cannot be sent to execute nodes."""


class CannotRerunComponents(HTMapException):
    """The components cannot be run again now: they are still active."""


class CorruptEventLog(HTMapException):
    """The event log says something that HTMap does not understand."""
