"""Map options: what users ask of HTCondor for the components of a map."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

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

_NO_TABLE = "is a table of attributes and their values"


class MapOptions:
    """Options for a map: HTCondor's submit commands, with HTMap's few own.

    A single value holds for all components; an iterable has one value for each component, in their order. Values are written
    as they would stand in a submit file behind the ``=``; str, int, float, bool, paths and timedeltas are all welcome. Options
    are not changed once made.

    :param fixed_input_files: files to send with every component.
    :param input_files: for each component a file, or several, to send with it.
    :param output_remaps: where output files go instead of back: one mapping for all components, or one for each.
    :param custom_options: attributes of the job's ad, which a submit file would write with a leading ``+`` or ``MY.``.
    :param kwargs: any other submit command.
    :raises ReservedOptionKeyword: HTMap itself sets the command.
    :raises InvalidOption: a name or value cannot stand in a submit description.
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
                "input_files", input_files, "has files for each component; one for all is fixed_input_files"
            )
        if output_remaps is not None and not isinstance(output_remaps, (Mapping, Iterable)):
            raise InvalidOption(
                "output_remaps",
                output_remaps,
                "is a mapping from file names to destinations, or one for each component",
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
        if key.casefold() == f"my.{REQUIREMENTS}":  # the attribute would write over everybody's requirements
            key = REQUIREMENTS
        if any(key.casefold() == known.casefold() for known in self._options):
            raise InvalidOption(name, value, "is given twice")
        self._options[key] = option_text(name, value) if is_fixed(value) else value

    def __getitem__(self, name: str) -> Any:
        return self._options[self._key(name)]

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of an option: text where it is fixed, else the iterable that was given."""
        return self._options.get(self._key(name), default)

    def __contains__(self, name: str) -> bool:
        return self._key(name) in self._options

    def _key(self, name: str) -> str:
        attribute = attribute_name(name)
        wanted = (name if attribute is None else f"MY.{attribute}").casefold()
        return next((key for key in self._options if key.casefold() == wanted), name)

    def fixed(self) -> dict[str, str]:
        """Return the options that hold for all components, by command; attributes begin with ``MY.``."""
        return {name: value for name, value in self._options.items() if isinstance(value, str)}

    def per_component(self) -> dict[str, Iterable[OptionValue]]:
        """Return the options that have a value for each component, by command."""
        return {name: value for name, value in self._options.items() if not isinstance(value, str)}

    def to_dict(self) -> dict[str, Any]:
        """Return the fixed options as given, and of the others their names, for a map's own record."""
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
        """Return options from the settings table ``MAP_OPTIONS``, checked as any others.

        :raises ReservedOptionKeyword: HTMap itself sets a command; says where it comes from.
        :raises InvalidOption: an option cannot be what it is; says where it comes from.
        """
        made = cls()
        for name, value in settings.get("MAP_OPTIONS", {}).items():
            try:
                made._add_from_settings(name, value)
            except (ReservedOptionKeyword, InvalidOption) as error:
                error.origin = settings.origin(f"MAP_OPTIONS.{name}") or settings.origin("MAP_OPTIONS")
                error.args = (*error.args[:-1], error.origin)
                raise
        return made

    def _add_from_settings(self, name: str, value: Any) -> None:
        folded = name.casefold()
        if folded == "fixed_input_files":
            self.fixed_input_files = _files(value)
        elif folded in {"input_files", "output_remaps"}:
            raise InvalidOption(name, value, "is for the components of one map, so it cannot be a setting")
        elif folded in {"custom_options", "my"}:  # `MY.Name = 1` in TOML makes a table MY
            if not isinstance(value, Mapping):
                raise InvalidOption(name, value, _NO_TABLE)
            for attribute, expression in value.items():
                self._add(f"MY.{attribute_name(attribute) or attribute}", expression)
        else:
            self._add(name, value)

    @classmethod
    def merge(cls, *others: MapOptions | None) -> MapOptions:
        """Return new options made of *others*; the further left, the higher the priority.

        ``fixed_input_files`` are sent all, and ``requirements`` must be satisfied all.
        """
        merged = cls()
        given = [other for other in others if other is not None]
        for other in given:
            if not isinstance(other, MapOptions):
                raise TypeError(f"MapOptions are merged, and {other!r} are none")
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
    """Return one expression for all *requirements*, or one for each component where some of them differ by component."""
    fixed = [each for each in requirements if isinstance(each, str)]
    varying = [each for each in requirements if not isinstance(each, str)]
    return _combined_by_component(fixed, varying) if varying else conjunction(fixed)


def _combined_by_component(fixed: list[str], varying: list[Iterable[Any]]) -> Iterator[str]:
    for component, row in enumerate(itertools.zip_longest(*varying)):
        if None in row:
            raise MisalignedInputData(REQUIREMENTS, component, None)
        yield conjunction(option_text(REQUIREMENTS, each) for each in [*row, *fixed])


def is_fixed(value: object) -> bool:
    """Return whether an option's value holds for all components, and is not an iterable of one for each.

    Bytes and mappings are iterable too, but surely not meant so: they count as single values, which then are refused.
    """
    return isinstance(value, (str, bytes, Mapping, os.PathLike)) or not isinstance(value, Iterable)


def _files(given: Any) -> tuple[Any, ...]:
    if given is None:
        return ()
    if isinstance(given, (str, os.PathLike)):
        return (given,)
    if not isinstance(given, Iterable):
        raise InvalidOption("fixed_input_files", given, "is the path or URL of a file, or several")
    return tuple(given)


def truth(name: str, given: object) -> bool:
    """Return what one of HTMap's own options says, which is true or false for all components.

    :raises InvalidOption: it says anything else.
    """
    if not (isinstance(given, str) and given.casefold() in {"true", "false"}):
        raise InvalidOption(name, given, "must be true or false, the same for all components")
    return given.casefold() == "true"
