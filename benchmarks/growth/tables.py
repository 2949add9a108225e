"""The tables of what was measured, as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .fit import fitted

_MEGABYTES, _SECONDS = 2.0, 0.002  # what is less over a map of one component is noise


def growth(found: Mapping[str, Mapping[int, float]]) -> Iterable[Sequence[str]]:
    """Yield the lines of the table of growth: figures by size, and the power with which they grow over a map of one component."""
    across = sorted({size for values in found.values() for size in values})
    yield ["processor time, or memory", *(f"{size:,}" for size in across), "exponent", "last decade"]
    for name, values in found.items():
        is_memory = name.endswith("memory")
        others = {size: value for size, value in values.items() if size != 1}
        fit = fitted(others, values.get(1, 0.0), _MEGABYTES if is_memory else _SECONDS)
        text = _memory if is_memory else time_text
        figures = (text(values[size]) if size in values else "" for size in across)
        yield [name, *figures, str(fit), "-" if fit.last is None else f"{fit.last:.2f}"]


def table(lines: Iterable[Sequence[str]]) -> str:
    """Return a table, its first line underlined."""
    rows = list(lines)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    texts = [
        "  ".join(cell.rjust(width) if n else cell.ljust(width) for n, (cell, width) in enumerate(zip(row, widths)))
        for row in rows
    ]
    return "\n".join([texts[0], "-" * len(texts[0]), *texts[1:]])


def time_text(seconds: float) -> str:
    """Return a time in the unit that suits it."""
    if seconds < 0.001:
        return f"{1e6 * seconds:.0f} us"
    return f"{1000 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _memory(megabytes: float) -> str:
    return f"{megabytes:.0f} MB"
