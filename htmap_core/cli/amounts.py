"""Amounts on the command line: finite numbers in a range, memory or disk space with a unit, spans of time."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import click

from htmap_core.contract.walltime import wanted
from htmap_core.exceptions import InvalidOption
from htmap_core.language import amounts


class Amount(click.FloatRange):
    """A finite number in a range: not ``nan`` or ``inf``, which click's own type accepts."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number.

        :raises click.UsageError: the value is not a finite number, or out of the range.
        """
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number.", param, ctx)
        return number


class Space(click.ParamType):  # type: ignore[type-arg]  # generic in newer clicks only
    """An amount of memory or disk space above nothing, such as ``2GB``, or ``2`` in a unit that is told elsewhere."""

    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[Decimal, str]:
        """Return the number and the unit, which may be empty.

        :raises click.UsageError: the value is anything else.
        """
        if isinstance(value, tuple):  # click may convert twice
            return value
        try:
            number, unit = amounts.read(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if not number:
            self.fail(f"{value!r} is nothing.", param, ctx)
        return number, unit


class Span(click.ParamType):  # type: ignore[type-arg]  # generic in newer clicks only
    """A span of time, such as ``2h`` or ``1d 12h``; a number alone is seconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the seconds.

        :raises click.UsageError: the value is anything else.
        """
        try:
            return wanted(value) or self.fail("the time is missing.", param, ctx)
        except InvalidOption as error:
            self.fail(error.reason, param, ctx)
