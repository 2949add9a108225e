"""Draw the records: rates and first results of calls that take no time, and how near those that sleep come to the ideal.

The SVG is written by hand, because its few shapes need no library, and a small text suits the documentation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from .contenders import CONTENDERS, Work
from .records import Record

_WIDTH, _HEIGHT = 880, 665
_INK, _GRID = "#24292f", "#d8dee4"
_COLOURS = {
    "htmap": "#0072b2",
    "dask": "#e69f00",
    "parsl": "#009e73",
    "plain": "#6e7781",
}  # told apart by the colour-blind, too
_DASHES = {
    "htmap-auto": "",
    "dask": "",
    "parsl": "",
    "plain": "",
    "htmap-1": "2 3",
    "htmap-12500": "8 3 2 3",
    "htmap-executor": "1 3",
    "dask-executor": "1 3",
}
_BY_HAND = "7 4"  # of those that are batched by hand


@dataclass(frozen=True)
class Panel:
    """A rectangle with logarithmic axes.

    :param left: its left edge.
    :param top: its top edge.
    :param width: its width.
    :param height: its height.
    :param across: the least and the largest value of the axis across.
    :param up: those of the axis upwards.
    """

    left: float
    top: float
    width: float
    height: float
    across: tuple[float, float]
    up: tuple[float, float]

    def x(self, value: float) -> float:
        """Return where a value is across."""
        return self.left + self.width * _part(value, self.across)

    def y(self, value: float) -> float:
        """Return where a value is upwards."""
        return self.top + self.height * (1 - _part(value, self.up))


def drawn(records: Sequence[Record]) -> str:
    """Return the picture of some records as the text of an SVG file."""
    trivial = [each for each in records if not each.sleep and each.done]
    sleeping = [each for each in records if each.share_of_ideal is not None]
    size = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" fill="{_INK}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',  # dark pages keep it readable
        *_legend({each.contender for each in [*trivial, *sleeping]}),
        *_lines(trivial, 70, "Calls that take no time: calls per second", lambda each: each.rate),
        *_lines(
            [each for each in trivial if each.first], 500, "Seconds to the first result", lambda each: each.first or 0
        ),
        *_bars(sleeping),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _lines(records: Sequence[Record], left: float, title: str, value: Callable[[Record], float]) -> Iterable[str]:
    """Yield a panel with a line for each contender, over the number of calls."""
    if not records:
        return
    across = [each.calls for each in records]
    panel = Panel(left, 130, 340, 230, _decades(across), _decades(map(value, records)))
    yield _text(left, 112, title, size=14, weight="bold")
    yield from _axes(panel)
    yield _text(left + 340, 393, "number of calls", anchor="end")
    for contender in CONTENDERS:
        own = sorted((each for each in records if each.contender == contender.name), key=lambda each: each.calls)
        points = [(panel.x(each.calls), panel.y(value(each))) for each in own]
        if points:
            yield f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" {_pen(contender.name)}/>'
            yield from (
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{_colour(contender.name)}"/>' for x, y in points
            )


def _axes(panel: Panel) -> Iterable[str]:
    bottom, right = panel.top + panel.height, panel.left + panel.width
    for value in _powers(panel.up):
        y = panel.y(value)
        yield f'<line x1="{panel.left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_GRID}"/>'
        yield _text(panel.left - 8, y + 4, f"{value:,g}" if value < 1 else f"{value:,.0f}", anchor="end")
    for value in _powers(panel.across):
        x = panel.x(value)
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{panel.top}" y2="{bottom}" stroke="{_GRID}"/>'
        yield _text(x, bottom + 17, f"{value:,.0f}", anchor="middle")


def _bars(records: Sequence[Record]) -> Iterable[str]:
    """Yield a panel with a group of bars for each piece of work."""
    works = sorted({Work(each.calls, each.sleep) for each in records}, key=lambda each: (each.seconds, each.calls))
    if not works:
        return
    left, top, width, height = 70, 450, 770, 180
    yield _text(
        left, top - 18, "Calls that sleep: share of the rate of eight slots that lose no time", size=14, weight="bold"
    )
    for percent in (0, 25, 50, 75, 100):
        y = top + height * (1 - percent / 100)
        yield f'<line x1="{left}" x2="{left + width}" y1="{y}" y2="{y}" stroke="{_GRID}"/>'
        yield _text(left - 8, y + 4, f"{percent} %", anchor="end")
    order = [each.name for each in CONTENDERS]
    group = width / len(works)
    for number, work in enumerate(works):
        middle = left + group * (number + 0.5)
        yield _text(middle, top + height + 17, f"{work.calls:,} x {work.seconds:g} s", anchor="middle")
        own = [each for each in records if (each.calls, each.sleep) == (work.calls, work.seconds)]
        bar = min(30, group * 0.8 / len(own))
        for turn, record in enumerate(sorted(own, key=lambda each: order.index(each.contender))):
            x = middle + bar * (turn - len(own) / 2)
            tall = height * (record.share_of_ideal or 0)
            look = f'fill="{_colour(record.contender)}" fill-opacity="{0.45 if record.contender == "htmap-1" else 1}"'
            yield f'<rect x="{x:.1f}" y="{top + height - tall:.1f}" width="{bar - 2:.1f}" height="{tall:.1f}" {look}/>'


def _legend(shown: set[str]) -> Iterable[str]:
    for number, each in enumerate(each for each in CONTENDERS if each.name in shown):
        x, y = 70 + 265 * (number % 3), 25 + 22 * (number // 3)
        yield f'<line x1="{x}" x2="{x + 34}" y1="{y}" y2="{y}" {_pen(each.name)}/>'
        yield _text(x + 42, y + 4, each.label)


def _pen(name: str) -> str:
    dashes = _DASHES.get(name, _BY_HAND)
    width = 3 if name == "htmap-auto" else 2
    return f'fill="none" stroke="{_colour(name)}" stroke-width="{width}"' + (
        f' stroke-dasharray="{dashes}"' if dashes else ""
    )


def _colour(name: str) -> str:
    return _COLOURS[name.partition("-")[0]]


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 12, weight: str = "normal") -> str:
    look = f'text-anchor="{anchor}" font-size="{size}" font-weight="{weight}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {look}>{text}</text>'


def _decades(values: Iterable[float]) -> tuple[float, float]:
    """Return the powers of ten around some values.

    >>> _decades([3, 250])
    (1.0, 1000.0)
    """
    logs = [math.log10(value) for value in values]
    low = math.floor(min(logs))
    return 10.0**low, 10.0 ** max(low + 1, math.ceil(max(logs)))


def _powers(ends: tuple[float, float]) -> list[float]:
    first, last = (round(math.log10(end)) for end in ends)
    return [10.0**power for power in range(first, last + 1)]


def _part(value: float, ends: tuple[float, float]) -> float:
    low, high = map(math.log10, ends)
    return (math.log10(value) - low) / (high - low)
