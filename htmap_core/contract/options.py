"""Map options: the submit commands that users set for a map."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from types import MappingProxyType
from typing import Any, ClassVar

import attrs

from htmap_core.contract.option_values import (
    CONVERTED,
    CUSTOM_OPTIONS,
    FILE_OPTIONS,
    FIXED_INPUT_FILES,
    INPUT_FILES,
    OUTPUT_REMAPS,
    WALLTIME,
    checked_name,
    combined,
    copied,
    folded,
    in_short,
    is_fixed,
)
from htmap_core.contract.walltime import wanted
from htmap_core.display.view import Section, Shown
from htmap_core.exceptions import InvalidOption, ReservedOptionKeyword
from htmap_core.language.submit_text import (
    REQUIREMENTS,
    RESERVED_COMMANDS,
    OptionValue,
    attribute_name,
    option_text,
)
from htmap_core.settings.chain import Settings


class MapOptions(Shown, MutableMapping[str, Any]):
    """Options of a map: HTCondor's submit commands, and a few of HTMap's own.

    A single value holds for all components; an iterable has one value for each component, in their order. A value is what a
    submit file has behind the ``=``: a str, int, float, bool, path or timedelta; the ``environment`` can be a dictionary, whose
    values need no quotes. The options are a dictionary of what was given, which can be changed; names are found in any case, and
    those of attributes begin with ``MY.``. Maps, builders and mapped functions take a copy of them. Since 0.6 or earlier.

    >>> options = MapOptions(request_memory="1GB", custom_options={"Project": '"tides"'})
    >>> options["request_memory"] = "2GB"
    >>> dict(options)
    {'request_memory': '2GB', 'MY.Project': '"tides"'}

    :param fixed_input_files: paths or URLs of files to send with every component.
    :param input_files: for each component, the path or URL of its file, or several of them.
    :param output_remaps: where output files go instead of back: one mapping from file names to destinations for all components,
        or one for each.
    :param custom_options: attributes of the job's ad, which have ``+`` or ``MY.`` in front in a submit file.
    :param kwargs: any other submit command.
    :raises ReservedOptionKeyword: HTMap itself sets the command.
    :raises InvalidOption: a submit description cannot hold the name or value.
    """

    __module__ = "htmap"  # which both sides have
    __slots__ = ("_given",)  # so that `options.request_memory = "2GB"` is an error, and not without effect

    RESERVED_KEYS: ClassVar[frozenset[str]] = frozenset({
        *RESERVED_COMMANDS, "+IsHTMapJob", "+component", "IsHTMapJob", "JobBatchName", "MY.IsHTMapJob", "MY.component",
    })  # fmt: skip

    def __init__(
        self,
        /,
        *,
        fixed_input_files: Any = None,
        input_files: Any = None,
        output_remaps: Any = None,
        custom_options: Mapping[str, OptionValue | Iterable[OptionValue]] | None = None,
        **kwargs: OptionValue | Mapping[str, Any] | Iterable[OptionValue | Mapping[str, Any]],
    ) -> None:
        self._given: dict[str, tuple[str, Any]] = {}  # name and value, by the name in lower case
        for name, value in kwargs.items():
            self._add(name, value)
        if custom_options is not None:
            self._add_attributes(CUSTOM_OPTIONS, custom_options)
        for name, value in (
            (FIXED_INPUT_FILES, fixed_input_files),
            (INPUT_FILES, input_files),
            (OUTPUT_REMAPS, output_remaps),
        ):
            if value is not None:
                self._add(name, value)

    def _add(self, name: str, value: Any) -> None:
        """Set an option that was not given before in another spelling."""
        if name in self:
            raise InvalidOption(name, value, "was given twice")
        self[name] = value

    def _add_attributes(self, option: str, attributes: Any) -> None:
        if not isinstance(attributes, Mapping):
            raise InvalidOption(option, attributes, "must be a table of attributes and their values")
        for name, value in attributes.items():
            self._add(f"MY.{attribute_name(name) or name}", value)

    def __getitem__(self, name: str) -> Any:
        try:
            return self._given[folded(name)][1]
        except KeyError:
            raise KeyError(name) from None

    def __setitem__(self, name: str, value: Any) -> None:
        key = checked_name(name)
        if key == CUSTOM_OPTIONS:
            raise InvalidOption(
                name, value, "cannot be replaced as a whole: set each attribute by itself, as 'MY.<name>'"
            )
        if key in CONVERTED:
            value = CONVERTED[key](value)
        elif key == WALLTIME and is_fixed(value):
            wanted(value)
        elif is_fixed(value):
            option_text(name.strip(), value)
        self._given[key.casefold()] = key, value

    def __delitem__(self, name: str) -> None:
        try:
            del self._given[folded(name)]
        except KeyError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._given.values())

    def __len__(self) -> int:
        return len(self._given)

    def __repr__(self) -> str:
        return repr(dict(self))

    def _view(self) -> Iterator[Section]:
        rows = [(name, in_short(name, value)) for name, value in self.items()]
        yield Section("" if rows else "no options", ("Option", "Value"), rows)

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
                merged.setdefault(name, copied(value))
            if other:
                files += [file for file in other.fixed_input_files if file not in files]
                requirements += [other[REQUIREMENTS]] if other.text(REQUIREMENTS) else []
        if files:
            merged[FIXED_INPUT_FILES] = files
        if requirements:
            merged[REQUIREMENTS] = combined(copied(requirements))
        return merged
