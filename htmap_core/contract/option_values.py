"""Values of map options: what they may be, whether they hold for all components, how they are copied and combined."""

from __future__ import annotations

import builtins
import difflib
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
CHUNKSIZE, AUTO = "chunksize", "auto"  # with which HTMap chooses
EXPECTED_RUNTIME = "expected_runtime"
EXIT = "exit"  # what `checkpoint` may be besides true and false
RELATIVE_PATHS = "preserve_relative_paths"
RETRY_EXCEPTIONS = "retry_exceptions"


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


def _retried(given: Any) -> Any:
    """Return the value of the option ``retry_exceptions``: true, false, or the names of exceptions, separated by commas.

    Names do, because the execute node may not have the classes, or others.
    """
    if isinstance(given, bool) or (isinstance(given, str) and given.strip().casefold() in {"true", "false"}):
        return given
    if isinstance(given, str):
        given = given.split(",")
    several = given if isinstance(given, Iterable) and not isinstance(given, type) else [given]
    named = dict.fromkeys(map(_name_of_exception, several))
    if not named:
        raise InvalidOption(RETRY_EXCEPTIONS, given, "names no exception")
    return ", ".join(named)


def _name_of_exception(given: Any) -> str:
    """Return the name by which the runner knows an exception and its subclasses; that of Python's own is without a module."""
    if _is_exception(given):
        return str(given.__qualname__ if given.__module__ == "builtins" else f"{given.__module__}.{given.__qualname__}")
    name = given.strip() if isinstance(given, str) else ""
    if _is_exception(getattr(builtins, name, None)):
        return name
    if not all(part.isidentifier() for part in name.split(".")) or not ("." in name or name[0].isupper()):
        text = "must be true, false, exceptions, or their names, such as (OSError, 'TooBusy')"
        raise InvalidOption(RETRY_EXCEPTIONS, given, text)
    own = [each for each, found in vars(builtins).items() if _is_exception(found)]
    if near := difflib.get_close_matches(name, own, n=1, cutoff=_MISSPELT):
        text = f"is no exception of Python's own; did you mean {near[0]!r}? Name a class of yours with its module"
        raise InvalidOption(RETRY_EXCEPTIONS, given, text)
    return name


_MISSPELT = 0.9  # of difflib's ratio, at most 1: other names are probably those of classes of the user's


def _is_exception(found: object) -> bool:
    return isinstance(found, type) and issubclass(found, BaseException)


# The options that are no submit commands, and what checks their values.
FILE_OPTIONS: Mapping[str, Callable[[Any], Any]] = {
    FIXED_INPUT_FILES: _fixed_input_files,
    INPUT_FILES: _input_files,
    OUTPUT_REMAPS: _output_remaps,
}

CONVERTED: Mapping[str, Callable[[Any], Any]] = {**FILE_OPTIONS, RETRY_EXCEPTIONS: _retried}


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
