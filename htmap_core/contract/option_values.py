"""Values of map options: what they may be, whether they hold for all components, how they are copied and combined."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from htmap_core import durations
from htmap_core.display.short import cut, short
from htmap_core.exceptions import InvalidOption, MisalignedInputData
from htmap_core.language.expressions import conjunction
from htmap_core.language.submit_text import REQUIREMENTS, attribute_name, check_attribute, check_command, option_text

FIXED_INPUT_FILES, INPUT_FILES, OUTPUT_REMAPS = "fixed_input_files", "input_files", "output_remaps"
CUSTOM_OPTIONS = "custom_options"
WALLTIME = "walltime"
RELATIVE_PATHS = "preserve_relative_paths"


def copied(value: Any) -> Any:
    """Return *value* with copies of the lists and dictionaries in it, which whoever gave them may change."""
    if isinstance(value, dict):
        return {name: copied(each) for name, each in value.items()}
    if isinstance(value, list):
        return [copied(each) for each in value]
    return tuple(copied(each) for each in value) if isinstance(value, tuple) else value


def combined(requirements: list[Any]) -> Any:
    """Return one expression for all *requirements*, or one for each component if some of them differ by component."""
    if len(requirements) == 1:
        return requirements[0]
    fixed = [option_text(REQUIREMENTS, each) for each in requirements if is_fixed(each)]
    varying = [each for each in requirements if not is_fixed(each)]
    return _combined_by_component(fixed, varying) if varying else conjunction(fixed)


def _combined_by_component(fixed: list[str], varying: list[Iterable[Any]]) -> Iterator[str]:
    for component, row in enumerate(itertools.zip_longest(*varying)):
        if None in row:
            raise MisalignedInputData(REQUIREMENTS, component, None)
        texts = [option_text(REQUIREMENTS, each) for each in row]
        yield conjunction(text for text in [*texts, *fixed] if text)


def is_fixed(value: object) -> bool:
    """Return whether an option's value holds for all components; otherwise it is an iterable with a value for each.

    Bytes and mappings count as single values, although they are iterable; later checks refuse them.
    """
    return isinstance(value, (str, bytes, Mapping, os.PathLike)) or not isinstance(value, Iterable)


def _fixed_input_files(given: Any) -> tuple[Any, ...]:
    if isinstance(given, (str, os.PathLike)):
        return (given,)
    if not isinstance(given, Iterable):
        raise InvalidOption(FIXED_INPUT_FILES, given, "must be the path or URL of a file, or several of them")
    return tuple(given)


def _input_files(given: Any) -> Any:
    if is_fixed(given):
        raise InvalidOption(
            INPUT_FILES, given, "needs files for each component; use fixed_input_files for one that all get"
        )
    return given


def _output_remaps(given: Any) -> Any:
    if is_fixed(given) and not isinstance(given, Mapping):
        raise InvalidOption(
            OUTPUT_REMAPS, given, "must be a mapping from file names to destinations, or one for each component"
        )
    return given


# The options that are no submit commands, and what checks their values.
FILE_OPTIONS: Mapping[str, Callable[[Any], Any]] = {
    FIXED_INPUT_FILES: _fixed_input_files,
    INPUT_FILES: _input_files,
    OUTPUT_REMAPS: _output_remaps,
}


def whole_number(name: str, given: object) -> int:
    """Return the value of one of HTMap's own options that is a whole number for all components.

    :raises InvalidOption: the value is no whole number.
    """
    if not (isinstance(given, str) and given.isascii() and given.isdigit()):
        raise InvalidOption(name, given, "must be a whole number that is the same for all components")
    return int(given)


def span(name: str, given: object) -> int:
    """Return the value of one of HTMap's own options that is a span of time for all components, in seconds.

    :raises InvalidOption: the value is none.
    """
    if isinstance(given, str) and given.isascii() and given.isdigit():
        return int(given)
    try:
        return durations.seconds(given)
    except ValueError as error:
        raise InvalidOption(name, given, str(error)) from error


def truth(name: str, given: object, besides: str = "") -> bool:
    """Return the value of one of HTMap's own options that is true or false for all components.

    :param besides: what else the option may be, for the message.
    :raises InvalidOption: the value is neither ``true`` nor ``false``.
    """
    if not (isinstance(given, str) and given.casefold() in {"true", "false"}):
        may_be = f"true, false or {besides}" if besides else "true or false"
        raise InvalidOption(name, given, f"must be {may_be}, the same for all components")
    return given.casefold() == "true"


def checked_name(name: str) -> str:
    """Return the one name of an option in any spelling; check that users may set it."""
    attribute = attribute_name(name)
    checked = check_command(name) if attribute is None else f"MY.{check_attribute(attribute)}"
    # The attribute would replace the requirements of all others.
    return REQUIREMENTS if checked.casefold() == f"my.{REQUIREMENTS}" else checked


def folded(name: object) -> Any:
    """Return what all spellings of an option have in common."""
    if not isinstance(name, str):
        return name
    attribute = attribute_name(name)
    spelt = (name.strip() if attribute is None else f"MY.{attribute}").casefold()
    return REQUIREMENTS if spelt == f"my.{REQUIREMENTS}" else spelt


def in_short(name: str, value: Any) -> str:
    """Return an option's value as a notebook shows it; iterators are not used up."""
    if isinstance(value, str):
        return cut(value)
    return short(value) if is_fixed(value) or name == FIXED_INPUT_FILES else f"{short(value)}, one for each component"
