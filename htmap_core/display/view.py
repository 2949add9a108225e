"""Views: what an object shows of itself, as text in a terminal and as tables in a notebook.

A view is a few sections, each a sentence and perhaps a table. In HTML all that it shows is escaped. It has no colours but
tints through which the page is seen, so it can be read in light and dark themes; and no style sheet, whose rules would hold
for everything else in the notebook. What is between two dollars is no formula there.
"""

from __future__ import annotations

import abc
from collections.abc import Iterable, Sequence
from typing import Any, Optional

import attrs

from htmap_core.wording import printable, table

GOOD, BAD = "46, 160, 67", "248, 81, 73"  # green and red, as CSS has them

_FRAME = '<div class="htmap tex2jax_ignore mathjax_ignore">'  # MathJax 2 and 3 leave it alone
_LEFT, _RIGHT = "text-align: left", "text-align: right"  # notebooks differ in their default
_TEXT = "; white-space: pre-wrap; max-width: 50em; overflow-wrap: break-word"


class Tinted(str):
    """The text of a cell that stands out in HTML.

    :ivar tint: one of :data:`GOOD` and :data:`BAD`.
    """

    __slots__ = ("tint",)

    tint: str

    def __new__(cls, text: str, tint: str) -> Tinted:
        """Return the text with its tint."""
        made = super().__new__(cls, text)
        made.tint = tint
        return made


@attrs.frozen
class Section:
    """A part of a view: a sentence, and perhaps a table.

    :param text: the sentence; may be empty.
    :param left: how many of the first columns are aligned left, the others right; all by default.
    """

    text: str
    headers: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    left: Optional[int] = None

    @property
    def columns_left(self) -> int:
        """How many of the first columns are aligned left."""
        return len(self.headers) if self.left is None else self.left


class Shown(abc.ABC):
    """What shows itself by a view: tables in notebooks, text in IPython. ``repr`` and ``str`` stay what they are.

    Other objects show the ``repr`` of what they hold, and a debugger shows that of all variables; so it is one line that asks
    nobody.
    """

    __slots__ = ()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._repr_pretty_ = Shown._repr_pretty_  # type: ignore[method-assign]  # IPython takes a `__repr__` of `cls` before it

    @abc.abstractmethod
    def _view(self) -> Iterable[Section]:
        """Return what the object shows. It must not wait, nor unpickle anything."""

    def _repr_html_(self) -> str:
        return as_html(self._view())

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        is_alone = len(printer.stack) <= 1 and not cycle  # in a list of them, each takes one line
        printer.text(as_text(self._view()) if is_alone else repr(self))


def as_text(view: Iterable[Section]) -> str:
    """Return a view as text for a terminal."""
    return "\n\n".join(map(_text, view))


def _text(section: Section) -> str:
    rows = [[" ".join(cell.split()) for cell in row] for row in section.rows]
    shown = [table(section.headers, rows, left=section.columns_left)] if rows else []
    return "\n".join([*([printable(section.text)] if section.text else []), *shown])


def as_html(view: Iterable[Section]) -> str:
    """Return a view as HTML for a notebook."""
    return "\n".join([_FRAME, *map(_html, view), "</div>"])


def _html(section: Section) -> str:
    text = [f'<p style="white-space: pre-wrap">{_escaped(section.text)}</p>'] if section.text else []
    if not section.rows:
        return "\n".join(text)
    head = _row("th", section.headers, section)
    rows = (_row("td", row, section) for row in section.rows)
    return "\n".join([*text, "<table>", f"<thead>{head}</thead>", "<tbody>", *rows, "</tbody>", "</table>"])


def _row(kind: str, cells: Sequence[str], section: Section) -> str:
    shown = (_cell(kind, cell, is_left=column < section.columns_left) for column, cell in enumerate(cells))
    return f"<tr>{''.join(shown)}</tr>"


def _cell(kind: str, cell: str, *, is_left: bool) -> str:
    style = (_LEFT + _TEXT * (kind == "td")) if is_left else _RIGHT
    if isinstance(cell, Tinted):
        style += f"; background-color: rgba({cell.tint}, 0.25)"
    return f'<{kind} style="{style}">{_escaped(cell)}</{kind}>'


def _escaped(text: str) -> str:
    import html  # notebooks alone need it

    return html.escape(printable(text))
