"""Amounts of memory and disk space as text: a number and a unit, as HTCondor reads them.

Plugins that look at requests read them with it::

    number, unit = amounts.read(submit.get("request_memory") or "")
    megabytes = amounts.whole(number, unit or "MB", "MB")

Since 0.7.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal

__all__ = ["read", "whole"]

_FACTORS = {"KB": 1, "MB": 1024, "GB": 1024**2, "TB": 1024**3}
_AMOUNT = re.compile(r"\s*([0-9]+\.?[0-9]*|\.[0-9]+)\s*(?:([KMGT])B?)?\s*", re.IGNORECASE | re.ASCII)


def read(text: str) -> tuple[Decimal, str]:
    """Return the number and the unit of an amount; an empty unit if it has none.

    Blanks and case do not count, nor does the B, and a unit is 1024 of the one before: so does ``condor_submit`` read it. It does
    not know ``GiB``.

    >>> read("1.5 gb")
    (Decimal('1.5'), 'GB')

    :raises ValueError: the text is anything else.
    """
    if (found := _AMOUNT.fullmatch(text)) is None:
        raise ValueError(
            f"{text!r} is no amount: a number and one of the units {', '.join(_FACTORS)} make one, as in '2GB'"
        )
    number, unit = found.groups()
    return Decimal(number), f"{unit.upper()}B" if unit else ""


def whole(number: Decimal, unit: str, wanted: str) -> int:
    """Return an amount in another unit, rounded up.

    >>> whole(Decimal("1.5"), "GB", "MB")
    1536
    """
    return math.ceil(number * _FACTORS[unit] / _FACTORS[wanted])
