"""What each of the usual options takes: told where it is given, and not by HTCondor, or by jobs that wait for ever."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from htmap_core import durations
from htmap_core.contract.option_values import (
    AUTO,
    CHUNKSIZE,
    EXIT,
    EXPECTED_RUNTIME,
    RELATIVE_PATHS,
    WALLTIME,
    is_fixed,
    span,
    truth,
    whole_number,
)
from htmap_core.contract.usual.quantities import check_disk_space, check_idle_jobs, check_memory, check_number
from htmap_core.contract.walltime import wanted
from htmap_core.exceptions import InvalidOption
from htmap_core.language.submit_text import ENVIRONMENT, REQUIREMENTS, option_text


@attrs.frozen
class Usual:
    """What an option takes.

    :param check: gets the option's name and a value; raises InvalidOption.
    :param varies: whether it may have a value for each component.
    """

    check: Callable[[str, Any], object]
    varies: bool = True


def check(name: str, given: Any) -> None:
    """Check what was given for an option; iterators are looked at when a map is made.

    :param name: in lower case, as all names of submit commands are kept.
    :raises InvalidOption: it is nothing that the option takes.
    """
    usual = USUAL.get(name)
    if is_fixed(given):
        checked_text(name, given)
    elif usual is not None and not usual.varies:
        usual.check(name, given)
    elif usual is not None and isinstance(given, (list, tuple)):
        for each in given:
            usual.check(name, each)


def checked_text(name: str, given: Any) -> str:
    """Return the value of an option for all components, or for one of them, as text for a submit description.

    :raises InvalidOption: it is nothing that the option takes.
    """
    if name in USUAL:
        USUAL[name].check(name, given)
    return option_text(name, given)


def chunksize(name: str, given: Any) -> int | None:
    """Return how many components are to share a job; None where HTMap is to choose.

    :raises InvalidOption: it is neither a number of components nor ``auto``.
    """
    text = str(given)
    if text == AUTO:
        return None
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise InvalidOption(name, given, "must be a whole number from 1 up, or 'auto', with which HTMap chooses it")
    return int(text)


def _expression(name: str, given: Any) -> None:
    if not isinstance(given, (str, bool)):
        raise InvalidOption(name, given, "must be a ClassAd expression, as text")


def _environment(name: str, given: Any) -> None:
    if not isinstance(given, (str, Mapping)):
        raise InvalidOption(name, given, "must be a mapping from variables to values, or text in HTCondor's syntax")


def _text(name: str, given: Any) -> None:
    if not isinstance(given, str):
        raise InvalidOption(name, given, "must be text")


def _walltime(_: str, given: Any) -> None:
    wanted(given)


def _runtime(name: str, given: Any) -> None:
    try:
        durations.seconds(given)
    except ValueError as error:
        raise InvalidOption(name, given, str(error)) from error


def _as_text(read: Callable[[str, Any], object]) -> Callable[[str, Any], None]:
    """Return the check of an option that is read from its text, as it stands in settings and submit files; never from a list."""

    def check_value(name: str, given: Any) -> None:
        try:
            read(name, option_text(name, given) if is_fixed(given) else given)
        except InvalidOption as error:
            raise attrs.evolve(error, value=given) from error.__cause__

    return check_value


def _span_or_truth(name: str, text: Any) -> None:
    if str(text).casefold() not in {"true", "false"}:
        span(name, text)


def _truth_or_exit(name: str, text: Any) -> None:
    if str(text).casefold() != EXIT:
        truth(name, text, EXIT)


# The options of files and the exceptions that are tried again have a form of their own: see `option_values.CONVERTED`.
USUAL: Mapping[str, Usual] = {
    "request_cpus": Usual(check_number),
    "request_memory": Usual(check_memory),
    "request_disk": Usual(check_disk_space),
    "request_gpus": Usual(check_number),
    REQUIREMENTS: Usual(_expression),
    **dict.fromkeys(ENVIRONMENT, Usual(_environment)),
    "accounting_group": Usual(_text),
    WALLTIME: Usual(_walltime),
    CHUNKSIZE: Usual(chunksize, varies=False),
    EXPECTED_RUNTIME: Usual(_runtime, varies=False),
    "max_idle": Usual(check_idle_jobs, varies=False),
    "max_retries": Usual(_as_text(whole_number), varies=False),
    "checkpoint": Usual(_as_text(_truth_or_exit), varies=False),
    "checkpoint_interval": Usual(_as_text(span), varies=False),
    "results_interval": Usual(_as_text(_span_or_truth), varies=False),
    RELATIVE_PATHS: Usual(_as_text(truth), varies=False),
}
