"""Convert spans of time as people write them: 7200, "2h", "1d 12h", a timedelta."""

from __future__ import annotations

import datetime
import math
import re
from typing import Any

_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(min|[smhdw])\s*", re.IGNORECASE)
_WHOLE = re.compile(rf"(?:{_PART.pattern})+", re.IGNORECASE)


def seconds(given: Any) -> int:
    """Return a span of time in whole seconds, rounded up.

    :param given: a number of seconds, a timedelta, or text such as ``"7200"``, ``"90 min"``, ``"1d 12h"``.
    :raises ValueError: it is none of these, or not more than zero.
    """
    text = str(given).strip()
    if isinstance(given, datetime.timedelta):
        found = given.total_seconds()
    elif isinstance(given, (int, float)) and not isinstance(given, bool):
        found = float(given)
    elif isinstance(given, str) and text.isascii() and text.isdigit():
        found = float(text)
    elif isinstance(given, str) and _WHOLE.fullmatch(text):
        found = sum(float(number) * _UNITS[unit.lower()] for number, unit in _PART.findall(text))
    else:
        raise ValueError(
            f"{given!r} is not a span of time: write seconds (7200), or text such as '2h', '90 min', '1d 12h'"
        )
    if not (math.isfinite(found) and found > 0):
        raise ValueError(f"{given!r} is not a span of time: it must be more than 0 and finite")
    return math.ceil(found)


def in_words(span: float) -> str:
    """Return a number of seconds as people read it, such as ``2 h`` or ``1 d 12 h``."""
    left, parts = max(0, int(span)), []
    for unit, size in (("w", 604800), ("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"
