"""The rows of the table: measured figures and their limits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_HEADERS = ("what", "ours", "limit or peer", "ratio", "ok?", "")


@dataclass(frozen=True)
class Row:
    """One figure.

    :param what: the name of the figure.
    :param ours: the figure.
    :param limit: its limit; None for a figure without one.
    :param unit: the unit of both.
    :param at_least: whether the limit is a minimum.
    :param note: the origin of the limit, or what was left out.
    """

    what: str
    ours: float
    limit: float | None
    unit: str
    at_least: bool = False
    note: str = ""

    @property
    def ok(self) -> bool:
        """Whether the figure is within its limit."""
        if self.limit is None:
            return True
        return self.ours >= self.limit if self.at_least else self.ours <= self.limit

    def cells(self) -> tuple[str, ...]:
        """Return the cells of the row, as text."""
        if self.limit is None:
            return self.what, _figure(self.ours, self.unit), "", "", "", self.note
        bound = ">" if self.at_least else "<"
        ratio = f"{self.ours / self.limit:.2f}" if self.limit else ""
        limit = f"{bound} {_figure(self.limit, self.unit)}"
        return self.what, _figure(self.ours, self.unit), limit, ratio, "ok" if self.ok else "MISSED", self.note


def table(rows: Iterable[Row]) -> str:
    """Return a table of *rows*."""
    lines = [_HEADERS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADERS))]
    justified = []
    for line in lines:
        cells = [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:5], widths[1:5])), line[5]]
        justified.append("  ".join(cells).rstrip())
    return "\n".join([justified[0], "-" * max(map(len, justified)), *justified[1:]])


def _figure(value: float, unit: str) -> str:
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}"
