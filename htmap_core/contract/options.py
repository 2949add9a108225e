"""Map options: the submit commands that users set for a map."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

import attrs

from htmap_core.exceptions import InvalidOption, MisalignedInputData, ReservedOptionKeyword
from htmap_core.language.expressions import conjunction
from htmap_core.language.submit_text import (
    REQUIREMENTS,
    RESERVED_COMMANDS,
    OptionValue,
    attribute_name,
    check_attribute,
    check_command,
    option_text,
)
from htmap_core.settings.chain import Settings

_NO_TABLE = "must be a table of attributes and their values"


class MapOptions:
    """Options of a map: HTCondor's submit commands, and a few of HTMap's own.

    A single value holds for all components; an iterable has one value for each component, in their order. A value is what a
    submit file has behind the ``=``: a str, int, float, bool, path or timedelta. Options cannot be changed after they were made.
    Since 0.6 or earlier.

    >>> MapOptions(request_memory="2GB", request_cpus=2)["request_cpus"]
    '2'

    :param fixed_input_files: paths or URLs of files to send with every component.
    :param input_files: for each component, the path or URL of its file, or several of them.
    :param output_remaps: where output files go instead of back: one mapping from file names to destinations for all components,
        or one for each.
    :param custom_options: attributes of the job's ad, which have ``+`` or ``MY.`` in front in a submit file.
    :param kwargs: any other submit command.
    :raises ReservedOptionKeyword: HTMap itself sets the command.
    :raises InvalidOption: a submit description cannot hold the name or value.
    """

    RESERVED_KEYS: ClassVar[frozenset[str]] = frozenset({
        *RESERVED_COMMANDS, "+IsHTMapJob", "+component", "IsHTMapJob", "JobBatchName", "MY.IsHTMapJob", "MY.component",
    })  # fmt: skip

    def __init__(
        self,
        *,
        fixed_input_files: Any = None,
        input_files: Any = None,
        output_remaps: Any = None,
        custom_options: Mapping[str, OptionValue | Iterable[OptionValue]] | None = None,
        **kwargs: OptionValue | Iterable[OptionValue],
    ) -> None:
        self.fixed_input_files: tuple[Any, ...] = _files(fixed_input_files)
        if input_files is not None and is_fixed(input_files):
            raise InvalidOption(
                "input_files", input_files, "needs files for each component; use fixed_input_files for one that all get"
            )
        if output_remaps is not None and not isinstance(output_remaps, (Mapping, Iterable)):
            raise InvalidOption(
                "output_remaps",
                output_remaps,
                "must be a mapping from file names to destinations, or one for each component",
            )
        if not isinstance(custom_options, (Mapping, type(None))):
            raise InvalidOption("custom_options", custom_options, _NO_TABLE)
        self.input_files = input_files
        self.output_remaps = output_remaps
        self._options: dict[str, Any] = {}
        for name, value in kwargs.items():
            self._add(name, value)
        for name, value in (custom_options or {}).items():
            self._add(f"MY.{attribute_name(name) or name}", value)

    def _add(self, name: str, value: Any) -> None:
        attribute = attribute_name(name)
        key = check_command(name) if attribute is None else f"MY.{check_attribute(attribute)}"
        if key.casefold() == f"my.{REQUIREMENTS}":  # the attribute would replace the requirements of all others
            key = REQUIREMENTS
        if any(key.casefold() == known.casefold() for known in self._options):
            raise InvalidOption(name, value, "was given twice")
        self._options[key] = option_text(name, value) if is_fixed(value) else value

    def __getitem__(self, name: str) -> Any:
        return self._options[self._key(name)]

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of an option: text if it holds for all components, else the iterable that was given.

        >>> MapOptions(request_memory="2GB").get("request_disk", "1GB")
        '1GB'
        """
        return self._options.get(self._key(name), default)

    def __contains__(self, name: str) -> bool:
        return self._key(name) in self._options

    def _key(self, name: str) -> str:
        attribute = attribute_name(name)
        wanted = (name if attribute is None else f"MY.{attribute}").casefold()
        return next((key for key in self._options if key.casefold() == wanted), name)

    def fixed(self) -> dict[str, str]:
        """Return the options that hold for all components, by command; names of attributes begin with ``MY.``.

        >>> MapOptions(request_cpus=2, request_memory=["1GB", "2GB"]).fixed()
        {'request_cpus': '2'}
        """
        return {name: value for name, value in self._options.items() if isinstance(value, str)}

    def per_component(self) -> dict[str, Iterable[OptionValue]]:
        """Return the options that have a value for each component, by command.

        >>> MapOptions(request_cpus=2, request_memory=["1GB", "2GB"]).per_component()
        {'request_memory': ['1GB', '2GB']}
        """
        return {name: value for name, value in self._options.items() if not isinstance(value, str)}

    def to_dict(self) -> dict[str, Any]:
        """Return the fixed options with their values and the others with a note, for the record of a map.

        >>> MapOptions(request_memory=["1GB", "2GB"]).to_dict()
        {'request_memory': '(one for each component)'}
        """
        files = {"fixed_input_files": [str(path) for path in self.fixed_input_files]} if self.fixed_input_files else {}
        varying = [*self.per_component(), *(["input_files"] if self.input_files is not None else [])]
        return {**self.fixed(), **files, **dict.fromkeys(varying, "(one for each component)")}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MapOptions) and self._state() == other._state()

    __hash__ = None  # type: ignore[assignment]  # holds whatever iterables it was given

    def _state(self) -> tuple[Any, ...]:
        return self._options, self.fixed_input_files, self.input_files, self.output_remaps

    def __repr__(self) -> str:
        shown = dict(self._options)
        for name in ("fixed_input_files", "input_files", "output_remaps"):
            if getattr(self, name):
                shown[name] = getattr(self, name)
        return repr(shown)

    @classmethod
    def from_settings(cls, settings: Settings) -> MapOptions:
        """Return the options of the settings table ``MAP_OPTIONS``, checked like all options.

        >>> MapOptions.from_settings(Settings({"MAP_OPTIONS": {"request_cpus": 2}}))
        {'request_cpus': '2'}

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
        folded = name.casefold()
        if folded == "fixed_input_files":
            self.fixed_input_files = _files(value)
        elif folded in {"input_files", "output_remaps"}:
            raise InvalidOption(name, value, "belongs to the components of one map, so it cannot be a setting")
        elif folded in {"custom_options", "my"}:  # `MY.Name = 1` in TOML makes a table MY
            if not isinstance(value, Mapping):
                raise InvalidOption(name, value, _NO_TABLE)
            for attribute, expression in value.items():
                self._add(f"MY.{attribute_name(attribute) or attribute}", expression)
        else:
            self._add(name, value)

    @classmethod
    def merge(cls, *others: MapOptions | None) -> MapOptions:
        """Return new options made of *others*: the leftmost that has an option wins.

        Two options are combined: a job gets the ``fixed_input_files`` of all *others*, and must satisfy all ``requirements``.

        >>> MapOptions.merge(MapOptions(request_cpus=2), MapOptions(request_cpus=1, request_disk="1GB"))
        {'request_cpus': '2', 'request_disk': '1GB'}

        :raises TypeError: one of *others* is neither MapOptions nor None.
        """
        merged = cls()
        given = [other for other in others if other is not None]
        for other in given:
            if not isinstance(other, MapOptions):
                raise TypeError(f"MapOptions.merge() needs MapOptions, got {other!r}")
            merged.fixed_input_files += tuple(f for f in other.fixed_input_files if f not in merged.fixed_input_files)
            if merged.input_files is None:
                merged.input_files = other.input_files
            if merged.output_remaps is None:
                merged.output_remaps = other.output_remaps
            for name, value in other._options.items():
                if name not in merged:
                    merged._options[name] = value
        requirements = [other[REQUIREMENTS] for other in given if other.get(REQUIREMENTS)]
        if len(requirements) > 1:
            merged._options[REQUIREMENTS] = _combined(requirements)
        return merged


def _combined(requirements: list[Any]) -> str | Iterable[str]:
    """Return one expression for all *requirements*, or one for each component if some of them differ by component."""
    fixed = [each for each in requirements if isinstance(each, str)]
    varying = [each for each in requirements if not isinstance(each, str)]
    return _combined_by_component(fixed, varying) if varying else conjunction(fixed)


def _combined_by_component(fixed: list[str], varying: list[Iterable[Any]]) -> Iterator[str]:
    for component, row in enumerate(itertools.zip_longest(*varying)):
        if None in row:
            raise MisalignedInputData(REQUIREMENTS, component, None)
        yield conjunction(option_text(REQUIREMENTS, each) for each in [*row, *fixed])


def is_fixed(value: object) -> bool:
    """Return whether an option's value holds for all components; otherwise it is an iterable with a value for each.

    Bytes and mappings count as single values, although they are iterable; later checks refuse them.
    """
    return isinstance(value, (str, bytes, Mapping, os.PathLike)) or not isinstance(value, Iterable)


def _files(given: Any) -> tuple[Any, ...]:
    if given is None:
        return ()
    if isinstance(given, (str, os.PathLike)):
        return (given,)
    if not isinstance(given, Iterable):
        raise InvalidOption("fixed_input_files", given, "must be the path or URL of a file, or several of them")
    return tuple(given)


def truth(name: str, given: object) -> bool:
    """Return the value of one of HTMap's own options that is true or false for all components.

    :raises InvalidOption: the value is neither ``true`` nor ``false``.
    """
    if not (isinstance(given, str) and given.casefold() in {"true", "false"}):
        raise InvalidOption(name, given, "must be true or false, the same for all components")
    return given.casefold() == "true"
