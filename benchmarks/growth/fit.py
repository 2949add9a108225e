"""The power with which something grows: the slope of a straight line through the logarithms."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

_SHARE, _LEAST = 0.1, 0.002  # what is less over the smallest map than this share of it, or this many seconds, is noise


@dataclass(frozen=True)
class Fit:
    """What was fitted.

    :param exponent: the power; None where too few sizes stand out from the noise.
    :param error: its standard error; None with two sizes, through which any line fits.
    :param last: the power over the last two sizes alone.
    :param sizes: how many sizes were used.
    """

    exponent: float | None
    error: float | None
    last: float | None
    sizes: int

    def __str__(self) -> str:
        if self.exponent is None:
            return "-"
        error = "" if self.error is None else f" +- {self.error:.2f}"
        return f"{self.exponent:.2f}{error}"


def fitted(values: Mapping[int, float], constant: float = 0.0, least: float = _LEAST) -> Fit:
    """Fit a power to values by size, over what does not grow.

    >>> str(fitted({10: 1.5, 100: 10.5, 1000: 100.5}, constant=0.5))
    '1.00 +- 0.00'
    >>> str(fitted({10: 0.5, 100: 0.5, 1000: 0.6}, constant=0.5))
    '-'

    :param values: the values by size.
    :param constant: what they are without any size, such as a process's start.
    :param least: a value that is not larger than this over the constant is noise.
    """
    floor = max(constant * _SHARE, least)
    over = {size: value - constant for size, value in sorted(values.items()) if value - constant > floor}
    if len(over) < 2:
        return Fit(None, None, None, len(over))
    across, up = [math.log(size) for size in over], [math.log(value) for value in over.values()]
    exponent, error = _line(across, up)
    return Fit(exponent, error, _line(across[-2:], up[-2:])[0], len(over))


def _line(across: list[float], up: list[float]) -> tuple[float, float | None]:
    """Return the slope of the least squares' line, and its standard error."""
    count = len(across)
    middle, height = sum(across) / count, sum(up) / count
    spread = sum((x - middle) ** 2 for x in across)
    slope = sum((x - middle) * (y - height) for x, y in zip(across, up)) / spread
    if count == 2:
        return slope, None
    left = sum((y - height - slope * (x - middle)) ** 2 for x, y in zip(across, up))
    return slope, math.sqrt(left / (count - 2) / spread)
