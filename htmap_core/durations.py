"""Spans of time as people write them: 7200, "2h", "1d 12h", "2:30:00", a timedelta.

Options and settings of all plugins take the same spellings with it::

    span = durations.seconds("90 min")
    raise TooLong(f"{durations.in_words(span)} is longer than any queue allows")

Since 0.7.
"""

from __future__ import annotations

import datetime
import math
import numbers
import re
from typing import Any

__all__ = ["in_words", "seconds"]

_SIZES = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_NUMBER = r"\d+(?:\.\d+)?"
_UNIT = r"w(?:eeks?)?|d(?:ays?)?|h(?:(?:ou)?rs?)?|m(?:in(?:ute)?s?)?|s(?:ec(?:ond)?s?)?"
_PART = re.compile(rf"({_NUMBER})\s*({_UNIT})\s*", re.IGNORECASE | re.ASCII)
_PARTS = re.compile(rf"(?:{_PART.pattern})+", re.IGNORECASE | re.ASCII)
_MILLISECOND = 0.001
_SHORT, _LONG = 0.099, 10.0  # seconds: what is shorter is told in ms, what is longer in whole seconds
_CLOCK = re.compile(r"(?:(\d+)-)?(\d+):([0-5]\d):([0-5]\d)", re.ASCII)  # hours, or days and hours as Slurm writes them


def seconds(given: Any) -> int:
    """Return a span of time in whole seconds, rounded up.

    >>> seconds("1h 30m"), seconds("2:30:00"), seconds(0.5)
    (5400, 9000, 1)

    :param given: a number of seconds, a timedelta, or text such as ``"7200"``, ``"90 min"``, ``"1d 12h"``, ``"2:30:00"``.
    :raises ValueError: it is none of these, or not more than zero.
    """
    found = _seconds(given)
    if found is None:
        forms = "seconds (7200), or text such as '2h', '90 min', '1d 12h', '2:30:00'"
        raise ValueError(f"{given!r} is not a span of time: write {forms}")
    if not (math.isfinite(found) and found > 0):
        raise ValueError(f"{given!r} is not a span of time: it must be more than 0 and finite")
    return math.ceil(found)


def _seconds(given: Any) -> float | None:
    """Return a span of time in seconds, which may be nothing, negative, or no finite number; None if it is none."""
    if isinstance(given, datetime.timedelta):
        return given.total_seconds()
    if isinstance(given, numbers.Real) and not isinstance(given, bool):
        return _as_float(given)
    text = given.strip() if isinstance(given, str) else ""
    if re.fullmatch(_NUMBER, text, re.ASCII):
        return float(text)
    if (clock := _CLOCK.fullmatch(text)) is not None:
        return sum(float(number or 0) * size for number, size in zip(clock.groups(), (86400, 3600, 60, 1)))
    if _PARTS.fullmatch(text):
        return sum(float(number) * _SIZES[unit[0].lower()] for number, unit in _PART.findall(text))
    return None


def _as_float(number: Any) -> float:
    try:
        return float(number)
    except OverflowError:  # an integer of more than 300 digits
        return math.inf


def in_words(span: float) -> str:
    """Return a number of seconds as people read it, in its two largest units.

    >>> in_words(5400), in_words(129600)
    ('1 h 30 min', '1 d 12 h')
    """
    left, parts = max(0, int(span)), []
    for unit, size in _SIZES.items():
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {'min' if unit == 'm' else unit}")
    return " ".join(parts[:2]) or "0 s"


def measured(span: float) -> str:
    """Return how long a call takes, as people read it: two digits of what is short.

    >>> measured(2.1e-05), measured(0.0072), measured(0.67), measured(128.4)
    ('less than 1 ms', '7.2 ms', '0.67 s', '2 min 8 s')
    """
    if span < _MILLISECOND:
        return "less than 1 ms"
    if span < _SHORT:
        return f"{span / _MILLISECOND:.2g} ms"
    return f"{span:.2g} s" if span < _LONG else in_words(round(span))
