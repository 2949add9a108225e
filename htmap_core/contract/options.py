"""Map options: the submit commands that users set for a map."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from os import PathLike
from types import MappingProxyType
from typing import Any, ClassVar, Literal

import attrs

from htmap_core.contract.option_values import (
    CUSTOM_OPTIONS,
    FILE_OPTIONS,
    FIXED_INPUT_FILES,
    INPUT_FILES,
    OUTPUT_REMAPS,
    combined,
    copied,
    in_short,
    is_fixed,
)
from htmap_core.contract.usual.given import GivenOptions
from htmap_core.contract.usual.meanings import meanings
from htmap_core.display.view import Section, Shown
from htmap_core.exceptions import HTMapException, InvalidOption, ReservedOptionKeyword
from htmap_core.exceptions.door import by_the_shortest_way
from htmap_core.language.submit_text import (
    REQUIREMENTS,
    RESERVED_COMMANDS,
    OptionValue,
    attribute_name,
    option_text,
)
from htmap_core.settings.chain import Settings


class MapOptions(Shown, GivenOptions):
    """Options of a map: HTCondor's submit commands, and a few of HTMap's own.

    A single value holds for all components; most options also take an iterable with one value for each, in their order. The usual
    options are named below. Any other submit command is a keyword, too, with what a submit file has behind the ``=``: a str, int,
    float, bool, path or timedelta. The options are a dictionary of what was given, which can be changed; names are found in any
    case, and those of attributes begin with ``MY.``. Maps, builders and mapped functions take a copy. Since 0.6 or earlier.

    >>> options = MapOptions(request_memory="1GB", custom_options={"Project": '"tides"'})
    >>> options["request_memory"] = "2GB"
    >>> dict(options)
    {'request_memory': '2GB', 'MY.Project': '"tides"'}

    :param request_cpus: processors for a component: ``2``, or an expression.
    :param request_memory: memory for a component: ``"2GB"``, a number of MB, an expression; ``"1GB, 2GB"`` gives it more when it
        has run out.
    :param request_disk: disk space for a component: ``"10GB"``, a number of KB, or an expression.
    :param request_gpus: GPUs for a component: ``1``, or an expression; none by default.
    :param requirements: which slots will do: ``'OpSysAndVer == "AlmaLinux9"'``; settings, site and delivery method may add to it.
    :param environment: environment variables: ``{"TITLE": "high tide"}``, or text in HTCondor's own syntax.
    :param accounting_group: the group to which the jobs are counted: ``"physics.tides"``. Some sites require one.
    :param walltime: how long one component may take: ``"2h"``, ``"1d 12h"``, ``"2:30:00"``, a number of seconds, a timedelta; no
        limit by default.
    :param chunksize: how many components share a job: ``100``; by default, or with ``"auto"``, HTMap chooses.
    :param expected_runtime: how long a call takes, by which HTMap chooses ``chunksize``: ``0.2``, ``"5 min"``, a timedelta; by
        default what earlier runs took.
    :param max_idle: how many jobs may be idle at a time: ``1000``; the schedd makes the others later, as it does for large maps.
    :param max_retries: how often a job runs again that could not finish, before it is held: it was killed, or found no Python; 2
        by default.
    :param retry_exceptions: the exceptions after which a job runs again, too: ``(OSError, "TooBusy")``, or ``True`` for all; none
        by default.
    :param checkpoint: whether the map keeps checkpoints: by default, if its function mentions ``htmap.checkpoint``; with
        ``"exit"``, its jobs end for that, and start again.
    :param checkpoint_interval: how long it is at least between two checkpoints that leave the execute node: by default 60
        seconds, with ``checkpoint="exit"`` 600.
    :param results_interval: how often results of components that share a job come before its end: ``60``, ``"5 min"``, or
        ``False`` for never; by default after 10 seconds, then ever less often.
    :param preserve_relative_paths: whether input files keep their folders: the function opens ``data/a.csv``, and not ``a.csv``.
    :param fixed_input_files: the files that all components get: paths or URLs, one or several.
    :param input_files: the files of each component: for each its path or URL, or several of them.
    :param output_remaps: where output files go instead of back: ``{"out.txt": destination}``, or a mapping for each component.
    :param custom_options: attributes of the job's ad: ``{"Project": '"tides"'}``; a submit file has ``+`` or ``MY.`` before them.
    :param kwargs: any other submit command.
    :raises ReservedOptionKeyword: HTMap itself sets the command.
    :raises InvalidOption: an option is nothing of what it takes, or no submit description can hold it.
    """

    __module__ = "htmap"  # which both sides have
    __slots__ = ()

    RESERVED_KEYS: ClassVar[frozenset[str]] = frozenset({
        *RESERVED_COMMANDS, "+IsHTMapJob", "+component", "IsHTMapJob", "JobBatchName", "MY.IsHTMapJob", "MY.component",
    })  # fmt: skip

    def __init__(
        self,
        /,
        *,
        request_cpus: int | str | Iterable[int | str] | None = None,
        request_memory: float | str | Iterable[float | str] | None = None,
        request_disk: float | str | Iterable[float | str] | None = None,
        request_gpus: int | str | Iterable[int | str] | None = None,
        requirements: str | bool | Iterable[str | bool] | None = None,
        environment: str | Mapping[str, Any] | Iterable[str | Mapping[str, Any]] | None = None,
        accounting_group: str | Iterable[str] | None = None,
        walltime: float | str | timedelta | Iterable[float | str | timedelta] | None = None,
        chunksize: int | Literal["auto"] | None = None,
        expected_runtime: float | str | timedelta | None = None,
        max_idle: int | str | None = None,
        max_retries: int | None = None,
        retry_exceptions: bool | str | type[BaseException] | Iterable[str | type[BaseException]] | None = None,
        checkpoint: bool | Literal["exit"] | None = None,
        checkpoint_interval: float | str | timedelta | None = None,
        results_interval: float | str | timedelta | Literal[False] | None = None,
        preserve_relative_paths: bool | None = None,
        fixed_input_files: str | PathLike[str] | Iterable[str | PathLike[str]] | None = None,
        input_files: Iterable[str | PathLike[str] | Iterable[str | PathLike[str]]] | None = None,
        output_remaps: Mapping[str, str | PathLike[str]] | Iterable[Mapping[str, str | PathLike[str]]] | None = None,
        custom_options: Mapping[str, OptionValue | Iterable[OptionValue]] | None = None,
        **kwargs: OptionValue | Mapping[str, Any] | Iterable[OptionValue | Mapping[str, Any]],
    ) -> None:
        named = locals()
        super().__init__()
        try:
            for name in _USUAL:
                if named[name] is not None:
                    self._add(name, named[name])
            if custom_options is not None:
                self._add_attributes(CUSTOM_OPTIONS, custom_options)
            for name, value in kwargs.items():
                self._add(name, value)
        except HTMapException as error:
            raise by_the_shortest_way(error)

    def _view(self) -> Iterator[Section]:
        told = meanings(type(self))
        rows = [(name, in_short(name, value), told.get(name, "")) for name, value in self.items()]
        yield Section("" if rows else "no options", ("Option", "Value", "Meaning"), rows)

    def copy(self) -> MapOptions:
        """Return new options with the same values. Lists and dictionaries among them are copied too.

        >>> options = MapOptions(request_memory=["1GB", "2GB"])
        >>> options.copy()["request_memory"] is options["request_memory"]
        False
        """
        return MapOptions.merge(self)

    __copy__ = copy

    def __reduce__(self) -> tuple[Any, ...]:
        return MapOptions, (), None, None, iter(self.items())

    @property
    def fixed_input_files(self) -> tuple[Any, ...]:
        """The files that all components get; empty if there are none."""
        files: tuple[Any, ...] = self.get(FIXED_INPUT_FILES, ())
        return files

    @fixed_input_files.setter
    def fixed_input_files(self, files: Any) -> None:
        self._replace(FIXED_INPUT_FILES, files)

    @property
    def input_files(self) -> Any:
        """The files of each component; None if they were not given."""
        return self.get(INPUT_FILES)

    @input_files.setter
    def input_files(self, files: Any) -> None:
        self._replace(INPUT_FILES, files)

    @property
    def output_remaps(self) -> Any:
        """The destinations of output files; None if they were not given."""
        return self.get(OUTPUT_REMAPS)

    @output_remaps.setter
    def output_remaps(self, remaps: Any) -> None:
        self._replace(OUTPUT_REMAPS, remaps)

    def _replace(self, name: str, value: Any) -> None:
        if value is None:
            self.pop(name, None)
        else:
            self[name] = value

    @property
    def custom_options(self) -> Mapping[str, Any]:
        """The attributes of the job's ad, by name. To set one, write ``options["MY.<name>"] = value``."""
        named = ((attribute_name(name), value) for name, value in self.items())
        return MappingProxyType({name: value for name, value in named if name is not None})

    def text(self, name: str, default: Any = None) -> Any:
        """Return the value of a submit command as text if it holds for all components, else the iterable that was given.

        >>> MapOptions(request_cpus=2).text("request_cpus")
        '2'
        """
        value = self.get(name, default)
        return option_text(name, value) if name in self and is_fixed(value) else value

    def fixed(self) -> dict[str, str]:
        """Return the submit commands that hold for all components as text; names of attributes begin with ``MY.``.

        >>> MapOptions(request_cpus=2, request_memory=["1GB", "2GB"]).fixed()
        {'request_cpus': '2'}
        """
        return {name: option_text(name, value) for name, value in self._commands() if is_fixed(value)}

    def per_component(self) -> dict[str, Iterable[OptionValue]]:
        """Return the submit commands that have a value for each component.

        >>> MapOptions(request_cpus=2, request_memory=["1GB", "2GB"]).per_component()
        {'request_memory': ['1GB', '2GB']}
        """
        return {name: value for name, value in self._commands() if not is_fixed(value)}

    def _commands(self) -> Iterator[tuple[str, Any]]:
        return ((name, value) for name, value in self.items() if name not in FILE_OPTIONS)

    def to_dict(self) -> dict[str, Any]:
        """Return the fixed options as text and the others with a note, for the record of a map.

        >>> MapOptions(request_memory=["1GB", "2GB"]).to_dict()
        {'request_memory': '(one for each component)'}
        """
        files = {FIXED_INPUT_FILES: [str(path) for path in self.fixed_input_files]} if self.fixed_input_files else {}
        varying = [*self.per_component(), *([INPUT_FILES] if self.input_files is not None else [])]
        return {**self.fixed(), **files, **dict.fromkeys(varying, "(one for each component)")}

    @classmethod
    def from_settings(cls, settings: Settings) -> MapOptions:
        """Return the options of the settings table ``MAP_OPTIONS``, checked like all options.

        >>> MapOptions.from_settings(Settings({"MAP_OPTIONS": {"request_cpus": 2}}))
        {'request_cpus': 2}

        :raises ReservedOptionKeyword: HTMap itself sets a command; the text says where the setting is.
        :raises InvalidOption: an option has an invalid value; the text says where the setting is.
        """
        made = cls()
        for name, value in settings.get("MAP_OPTIONS", {}).items():
            try:
                made._add_from_settings(name, value)
            except (ReservedOptionKeyword, InvalidOption) as error:
                origin = settings.origin(f"MAP_OPTIONS.{name}") or settings.origin("MAP_OPTIONS")
                raise attrs.evolve(error, origin=origin) from error.__cause__
        return made

    def _add_from_settings(self, name: str, value: Any) -> None:
        if name.casefold() in {INPUT_FILES, OUTPUT_REMAPS}:
            raise InvalidOption(name, value, "belongs to the components of one map, so it cannot be a setting")
        if name.casefold() in {CUSTOM_OPTIONS, "my"}:  # `MY.Name = 1` in TOML makes a table MY
            self._add_attributes(name, value)
        else:
            self._add(name, value)

    @classmethod
    def merge(cls, *others: MapOptions | None) -> MapOptions:
        """Return new options made of *others*: the leftmost that has an option wins.

        Two options are combined: a job gets the ``fixed_input_files`` of all *others*, and must satisfy all ``requirements``.

        >>> MapOptions.merge(MapOptions(request_cpus=2), MapOptions(request_cpus=1, request_disk="1GB"))
        {'request_cpus': 2, 'request_disk': '1GB'}

        :raises TypeError: one of *others* is neither MapOptions nor None.
        """
        merged = cls()
        files: list[Any] = []
        requirements = []
        for other in others:
            if not isinstance(other, (MapOptions, type(None))):
                raise TypeError(f"MapOptions.merge() needs MapOptions, got {other!r}")
            for name, value in (other or {}).items():
                merged._given.setdefault(name.casefold(), (name, copied(value)))  # it was checked before
            if other:
                files += [file for file in other.fixed_input_files if file not in files]
                requirements += [other[REQUIREMENTS]] if other.text(REQUIREMENTS) else []
        if files:
            merged[FIXED_INPUT_FILES] = files
        if requirements:
            merged[REQUIREMENTS] = combined(copied(requirements))
        return merged


# The signature owns the names of the usual options.
_USUAL = tuple(name for name in MapOptions.__init__.__kwdefaults__ or () if name != CUSTOM_OPTIONS)
