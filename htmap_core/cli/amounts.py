"""Numbers on the command line that say how much."""

from __future__ import annotations

import math
from typing import Any

import click


class Amount(click.FloatRange):
    """A number in a range, which ``nan`` and ``inf`` are not, although Python takes them for numbers."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number.

        :raises click.UsageError: it is none, or out of the range.
        """
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is no amount.", param, ctx)
        return number
