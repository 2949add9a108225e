"""The table of maps that ``htmap.status`` returns: text, which a notebook shows as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from htmap_core.display.view import Section, as_html
from htmap_core.maps import overview

_MOST = 100  # maps that a notebook shows


class StatusTable(str):
    """A table of maps: the text, and what a notebook or an interactive Python shows of it.

    It is the text for all that a text is used for. Where it is shown by itself, lines explain its ``*`` and ``!``.
    """

    __slots__ = ("_facts", "_shows")

    _facts: Sequence[dict[str, Any]]
    _shows: tuple[bool, bool]

    def __new__(cls, facts: Sequence[dict[str, Any]], include_state: bool, include_meta: bool) -> StatusTable:
        """Return the table of maps with these facts."""
        made = super().__new__(cls, overview.table(facts, include_state, include_meta))
        made._facts, made._shows = facts, (include_state, include_meta)
        return made

    def __repr__(self) -> str:
        return "\n".join(filter(None, [str(self), overview.footnote(self._facts)]))

    def __reduce__(self) -> tuple[Any, ...]:
        return str, (str(self),)  # elsewhere it is nothing but text

    def _repr_html_(self) -> str:
        headers, rows = overview.rows(self._facts[:_MOST], *self._shows)
        more = f"and {len(self._facts) - _MOST} more; print(htmap.status()) shows all" if self._facts[_MOST:] else ""
        notes = [Section(text) for text in (more, overview.footnote(self._facts)) if text]
        return as_html([Section("" if rows else "no maps", headers, rows, left=1), *notes])
