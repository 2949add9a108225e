"""What components request: numbers of things, amounts of memory and disk space, or expressions for these.

HTCondor takes some texts for other amounts than were meant, and lets jobs wait for ever with others: ``1,5GB`` is 1 MB for it,
``-2GB`` is -2047 MB, and ``two`` is an attribute, which no job has.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

from htmap_core.exceptions import InvalidOption
from htmap_core.language import amounts
from htmap_core.language.submit_text import option_text

_EXPRESSION = "or a ClassAd expression"
_TRUTHS = {"true", "false"}
_WORD = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_NEARLY = re.compile(
    r"(\d+)(?:[.,](\d+))?\s*([KMGT])[A-Za-z]*", re.IGNORECASE | re.ASCII
)  # an amount: 2 gigs, 2GiB, 1,5GB
_FIGURE = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?\s*[A-Za-z]*", re.ASCII)


def check_number(name: str, given: Any) -> None:
    """Check how many of something a component requests.

    :raises InvalidOption: it is neither a number nor an expression, or a negative number.
    """
    _check(name, given, "a number, such as 2", _is_number)


def check_memory(name: str, given: Any) -> None:
    """Check how much memory a component requests, perhaps in steps.

    :raises InvalidOption: it is neither an amount, nor steps, nor an expression.
    """
    _check(name, given, "an amount ('1.5GB'; a number alone is in MB), steps with a unit each ('1GB, 2GB')", _are_steps)


def check_disk_space(name: str, given: Any) -> None:
    """Check how much disk space a component requests.

    :raises InvalidOption: it is neither an amount nor an expression.
    """
    _check(name, given, "an amount ('1.5GB'; a number alone is in KB)", _is_amount)


def check_idle_jobs(name: str, given: Any) -> None:
    """Check how many jobs may be idle at a time. With 0 the schedd would never make one.

    :raises InvalidOption: it is neither a number nor an expression, or 0.
    """
    text = option_text(name, given)
    if _WORD.fullmatch(text) or (_FIGURE.fullmatch(text) and not _number(text)):
        raise InvalidOption(name, given, f"must be a number of jobs from 1 up, such as 1000, {_EXPRESSION}")


def _check(name: str, given: Any, takes: str, is_meant: Callable[[str], bool]) -> None:
    """Check a value; of many components, most ask for the same.

    :param takes: what the option takes besides an expression, in words.
    :param is_meant: whether HTCondor takes figures as a reader does.
    """
    look = _look if isinstance(given, (str, int, float)) else _look.__wrapped__
    look(name, given, takes, is_meant)


@functools.lru_cache(maxsize=1024, typed=True)
def _look(name: str, given: Any, takes: str, is_meant: Callable[[str], bool]) -> None:
    """Look at a value. Macros and an empty text pass: they are known when jobs are made."""
    text = option_text(name, given)
    if not text or "$" in text:
        return
    if text.casefold() in _TRUTHS:
        raise InvalidOption(name, given, f"must be {takes}, {_EXPRESSION}")
    if _WORD.fullmatch(text) and text.casefold() != "undefined":
        raise InvalidOption(name, given, f"must be {takes}, {_EXPRESSION}; an attribute of the job is called MY.{text}")
    if all(map(_FIGURE.fullmatch, _parts(text))) and not is_meant(text):
        near = _NEARLY.fullmatch(text) if is_meant is not _is_number else None
        perhaps = f"; did you mean {name}='{_amount(*near.groups())}'?" if near else ""
        raise InvalidOption(name, given, f"must be {takes}, {_EXPRESSION}{perhaps}")


def _amount(whole: str, fraction: str | None, unit: str) -> str:
    return f"{whole}{f'.{fraction}' if fraction else ''}{unit.upper()}B"


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _is_number(text: str) -> bool:
    number = _number(text)
    return number is not None and number >= 0


def _is_amount(text: str) -> bool:
    try:
        amounts.read(text)
    except ValueError:
        return _is_number(text)
    return True


def _are_steps(text: str) -> bool:
    """Return whether a text is an amount, or several that all have a unit, or none: ``1,5GB`` is hardly 1 MB and then 5 GB."""
    parts = _parts(text)
    try:
        units = [unit for _, unit in map(amounts.read, parts)]
    except ValueError:
        return _is_number(text)
    return all(units) or not any(units)
