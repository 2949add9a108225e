"""Exceptions of creating a map. Nothing was submitted then."""

from __future__ import annotations

import attrs

from htmap_core.exceptions.roots import HTMapException, from_origin
from htmap_core.wording import counted, perhaps


@attrs.define(slots=False)
class NoMapYet(HTMapException):
    """The ``with`` block of a map builder has not ended, so it has no map yet."""

    def __str__(self) -> str:
        return "the map does not exist yet: the end of the builder's `with` block creates it"


@attrs.define(slots=False)
class CannotMap(HTMapException, TypeError):
    """What was to be mapped is no function, or there are no inputs for it.

    :param needed: what is needed in this place.
    :param given: what was given instead.
    """

    needed: str
    given: object

    def __str__(self) -> str:
        return (
            f"a map needs {self.needed}, got {self.given!r}. "
            f"It is made by htmap.map(function, inputs), such as htmap.map(abs, [-1, -2]) or htmap.map(abs, range(10))"
        )


@attrs.define(slots=False)
class FunctionIsLazy(HTMapException, TypeError):
    """The function is a generator or coroutine function: what a call returns has computed nothing, and cannot be pickled.

    :param function: the name of the function.
    :param kind: what a call returns.
    """

    function: str
    kind: str

    def __str__(self) -> str:
        article = "an" if self.kind.startswith("a") else "a"
        cause, instead = ("it has `yield`", f"return list({self.function}(x))")
        if self.kind == "coroutine":
            cause, instead = ("it is defined by `async def`", f"return asyncio.run({self.function}(x))")
        elif self.kind != "generator":
            cause, instead = (
                "it is defined by `async def` and has `yield`",
                "collect what it yields, and return the list",
            )
        return (
            f"each call of {self.function!r} would return {article} {self.kind}, because {cause}: that has computed nothing yet, "
            f"and cannot come back from a job. Map a function that returns the result, for instance: {instead}"
        )


# Arguments that functions of other libraries have, and why none of HTMap's has them.
_OF_OTHERS = dict.fromkeys(("max_workers", "n_jobs", "processes"), "the pool decides how many calls run at a time")


@attrs.define(slots=False)
class UnknownArgument(HTMapException, TypeError):
    """A mapping function, or an executor, has no such argument. Submit commands of HTCondor are options, and no arguments.

    :param function: the name of the function or class.
    :param meant: the argument that has nearly this name; None if no one has.
    """

    function: str
    name: str
    value: object
    meant: str | None = None

    def __str__(self) -> str:
        text = f"{self.function}() has no argument {self.name!r}"
        if self.meant is not None:
            return f"{text}; did you mean {self.meant!r}?"
        if self.name in _OF_OTHERS:
            return f"{text}: {_OF_OTHERS[self.name]}"
        return f"{text}. If it is an option for HTCondor: map_options=htmap.MapOptions({self.name}={self.value!r})"


@attrs.define(slots=False)
class NotArguments(HTMapException, TypeError):
    """What ``starmap`` was given for a component are no arguments of a call.

    :param given: what should be a tuple of arguments.
    :param named: what should be a dictionary of keyword arguments; None if there was none.
    """

    given: object
    named: object
    component: int

    def __str__(self) -> str:
        got = f"{self.given!r}" if self.named is None else f"{self.given!r} and {self.named!r}"
        return (
            f"starmap() needs a tuple of arguments and a dictionary of keyword arguments for each component, "
            f"got {got} for component {self.component}. htmap.map takes one argument for each"
        )


@attrs.define(slots=False)
class NotOptions(HTMapException, TypeError):
    """What was given as options is no :class:`~htmap.MapOptions`."""

    given: object

    def __str__(self) -> str:
        is_named = isinstance(self.given, dict) and all(isinstance(each, str) for each in self.given)
        example = ", ".join(f"{name}={value!r}" for name, value in self.given.items()) if is_named else "..."  # type: ignore[attr-defined]
        or_tag = f", or tag={self.given!r} if it is the map's tag" if isinstance(self.given, str) else ""
        write = f"map_options=htmap.MapOptions({example}){or_tag}"
        return f"map_options must be an htmap.MapOptions, got {self.given!r}: write {write}"


@attrs.define(slots=False)
class EmptyMap(HTMapException, ValueError):
    """The map has no inputs, so it was not created."""

    def __str__(self) -> str:
        return "the map has no inputs, so it was not created: give it at least one"


@attrs.define(slots=False)
class InvalidOption(HTMapException, ValueError):
    """A map option or submit command has an invalid value."""

    name: str
    value: object
    reason: str
    origin: str | None = None

    def __str__(self) -> str:
        return f"option {self.name} = {self.value!r}{from_origin(self.origin)}: {self.reason}"


@attrs.define(slots=False)
class UnknownOption(InvalidOption):
    """Nobody knows a map option: neither HTMap, HTCondor, a plugin nor the pool. HTCondor would ignore it in silence.

    :param nearest: the known names that are like it, the likeliest first.
    """

    nearest: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{super().__str__()}{perhaps(self.nearest) or '. An attribute of the job is called MY.<name>'}"


@attrs.define(slots=False)
class ReservedOptionKeyword(HTMapException, ValueError):
    """HTMap itself sets this option."""

    name: str
    origin: str | None = None

    def __str__(self) -> str:
        return f"HTMap itself sets {self.name!r}{from_origin(self.origin)}, so it cannot be a map option"


@attrs.define(slots=False)
class SubmitConflict(HTMapException, ValueError):
    """One submit command was set to two different values.

    :param first_by: who has set the first value: a plugin, the map's options, a setting, or HTMap.
    :param second_by: who would set the second.
    """

    command: str
    first: str
    second: str
    first_by: str = "HTMap"
    second_by: str = "HTMap"

    def __str__(self) -> str:
        return (
            f"submit command {self.command} is already {self.first!r} (from {self.first_by}), so it cannot be "
            f"{self.second!r} (from {self.second_by}). "
            f"Remove one of the two: a map option, a setting or a plugin (`htmap plugins list`)"
        )


@attrs.define(slots=False)
class MisalignedInputData(HTMapException, ValueError):
    """A per-component option has more or fewer values than the map has inputs.

    :param option: the option.
    :param option_length: how many values it has; None if that is not known, and it has more than the map has inputs.
    :param inputs: how many inputs the map has; None if that is not known, and it has more than the option has values.
    """

    option: str
    option_length: int | None
    inputs: int | None

    def __str__(self) -> str:
        has = f"option {self.option} has"
        if self.option_length is None:
            return f"{has} more values than the map has inputs ({self.inputs}); it needs one for each input"
        values = counted(self.option_length, "value")
        if self.inputs is None:
            return f"{has} {values}, and the map has more inputs; it needs one for each input"
        return f"{has} {values}, and the map has {counted(self.inputs, 'input')}; it needs one for each input"


@attrs.define(slots=False)
class CannotPickle(HTMapException, TypeError):
    """The function or an input cannot be pickled, so it cannot be sent to an execute node."""

    what: str
    reason: str

    def __str__(self) -> str:
        return (
            f"{self.what} cannot be pickled, so it cannot be sent to an execute node: {self.reason}. "
            f"Make open files, locks, connections and the like inside the function"
        )


@attrs.define(slots=False)
class ArgumentsDoNotFit(HTMapException, TypeError):
    """The arguments of a component do not fit the parameters of the function, so the call could only fail.

    :param function: the name of the function.
    :param parameters: the names of its parameters.
    :param by: what was called: ``map``, ``starmap`` or ``build_map``.
    :param positional: how many positional arguments the component has.
    :param keywords: the names of its keyword arguments.
    :param component: the component.
    :param reason: why they do not fit, as a phrase about the function.
    :param by_name: those of the parameters that can be given by name alone.
    """

    function: str
    parameters: tuple[str, ...]
    by: str
    positional: int
    keywords: tuple[str, ...]
    component: int
    reason: str
    by_name: tuple[str, ...] = ()

    def __str__(self) -> str:
        given = [
            *([counted(self.positional, "argument")] if self.positional else []),
            *map(repr, self.keywords),
        ]
        mark = ("*",) if self.by_name else ()
        called = f"{self.function}({', '.join((*self._by_position, *mark, *self.by_name))})"
        return (
            f"{self.by}() would call {called} with {' and '.join(given) or 'no arguments'} for component {self.component}: "
            f"{self.reason}. {self._advice()}"
        )

    @property
    def _by_position(self) -> tuple[str, ...]:
        return tuple(name for name in self.parameters if name not in self.by_name)

    def _advice(self) -> str:
        name, count = self.function.rpartition(".")[2], len(self.parameters)
        if self.by == "map" and self.by_name:
            tuples = f"[({''.join(f'{each}, ' for each in self._by_position)}), ...]".replace(", )", ",)")
            named = ", ".join(f"{each!r}: {each}" for each in self.by_name)
            return (
                f"htmap.starmap({name}, {tuples}, [{{{named}}}, ...]) takes a tuple and a dictionary for each component"
            )
        if self.by == "map" and count:
            return f"htmap.starmap({name}, [({', '.join(self.parameters)}), ...]) takes a tuple of arguments for each component"
        if self.by == "map":
            return f"htmap.starmap({name}, [()] * 10) calls it ten times"
        if self.by == "starmap" and count == 1:
            return f"htmap.map({name}, [{self.parameters[0]}, ...]) takes one argument for each component"
        return "Give each component what the function needs, or the parameters defaults"


@attrs.define(slots=False)
class CannotTransfer(HTMapException, ValueError):
    """A map cannot fetch files from a URL, or cannot send files to it.

    :param replaced_by: the plugin that has replaced an input file by it, as messages call it; None if the user has given it.
    """

    url: str
    reason: str
    advice: str
    replaced_by: str | None = None

    def __str__(self) -> str:
        whose = f", by which {self.replaced_by} replaces an input file," if self.replaced_by else ""
        return f"{self.url!r}{whose} cannot be used: {self.reason}. {self.advice}"
