"""Why a map is not created; nothing is submitted then."""

from __future__ import annotations

import attrs

from htmap_core.exceptions.roots import HTMapException, from_origin


@attrs.define(slots=False)
class NoMapYet(HTMapException):
    """The map builder has no map yet: its ``with`` block has not ended."""

    def __str__(self) -> str:
        return "the map is made when the `with` block of its builder ends"


@attrs.define(slots=False)
class EmptyMap(HTMapException, ValueError):
    """The map has no inputs, so it was not created."""

    def __str__(self) -> str:
        return "the map has no inputs, so nothing was created: give it at least one"


@attrs.define(slots=False)
class InvalidOption(HTMapException, ValueError):
    """A map option or submit command cannot be what it was given as."""

    name: str
    value: object
    reason: str
    origin: str | None = None

    def __str__(self) -> str:
        return f"option {self.name} = {self.value!r}{from_origin(self.origin)}: {self.reason}"


@attrs.define(slots=False)
class ReservedOptionKeyword(HTMapException, ValueError):
    """The map option is one that HTMap itself sets."""

    name: str
    origin: str | None = None

    def __str__(self) -> str:
        return f"{self.name!r}{from_origin(self.origin)} is set by HTMap itself and cannot be a map option"


@attrs.define(slots=False)
class SubmitConflict(HTMapException, ValueError):
    """Two parties want different values for one submit command."""

    command: str
    first: str
    second: str

    def __str__(self) -> str:
        return (
            f"submit command {self.command} is already {self.first!r} and cannot also be {self.second!r}. "
            f"Remove one of the two: the map option or setting, or the plugin (`htmap plugins list`)"
        )


@attrs.define(slots=False)
class MisalignedInputData(HTMapException, ValueError):
    """A per-component option has another length than the inputs.

    :param option: the option.
    :param option_length: how many values it has; None where it has more than there are inputs.
    :param inputs: how many inputs there are; None where there are more than the option has values.
    """

    option: str
    option_length: int | None
    inputs: int | None

    def __str__(self) -> str:
        if self.option_length is None:
            return f"option {self.option} has more values than the map's {self.inputs} inputs; it needs one for each"
        return f"option {self.option} has {self.option_length} values, but there are more inputs; it needs one for each"


@attrs.define(slots=False)
class CannotPickle(HTMapException, TypeError):
    """The function or an input cannot be sent to an execute node."""

    what: str
    reason: str

    def __str__(self) -> str:
        return (
            f"{self.what} cannot be pickled, so it cannot be sent to an execute node: {self.reason}. "
            f"Open files, locks, connections and the like must be made inside the function"
        )


@attrs.define(slots=False)
class CannotTransfer(HTMapException, ValueError):
    """A map's files cannot be fetched from, or sent to, a URL."""

    url: str
    reason: str
    advice: str

    def __str__(self) -> str:
        return f"{self.url!r} cannot be used: {self.reason}. {self.advice}"
