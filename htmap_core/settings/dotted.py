"""Dotted paths (``MAP_OPTIONS.request_memory``) in nested tables; the case of names does not matter.

Another thread may add a key to a table that is looked through. So what it has is listed first, again if another comes between.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

MISSING = object()
HIDDEN = object()  # a name on the path is a plain value, not a table


def look_up(table: Mapping[str, Any], key: str) -> Any:
    """Return the value of *key*; :data:`HIDDEN` if a name on its path is a plain value; else :data:`MISSING`."""
    here, name, rest = table, *_first(key)
    while True:
        folded = name.casefold()
        values = [value for key, value in _items(here) if key.casefold() == folded]
        if not values and rest:
            name, rest = f"{name}.{rest}", ""  # a file may have a name with dots, in quotes: "MY.Project"
            continue
        if not values:
            return MISSING
        found = merged(values) if len(values) > 1 else values[0]  # a table may have a key in upper and in lower case
        if not rest:
            return found
        if not isinstance(found, Mapping):
            return HIDDEN
        here, (name, rest) = found, _first(rest)


def _items(table: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return the items of a table as they are at one moment.

    Each item is a tuple, and when Python makes one it may collect garbage, so that another thread has its turn.
    """
    while True:
        try:
            return list(table.items())
        except RuntimeError:  # another thread has added a key meanwhile
            continue


def _first(key: str) -> tuple[str, str]:
    """Return the first name of a path, and the rest."""
    name, _, rest = key.partition(".")
    return name, rest


def spelling(table: Mapping[str, Any], name: str) -> str:
    """Return *name* with the case that *table* already has for it: the first writer chooses the case."""
    folded = name.casefold()
    return next((key for key in list(table) if key.casefold() == folded), name)


def merge(tables: Iterable[Any]) -> dict[str, Any]:
    """Merge *tables*: the first wins, and nested tables are merged too. Lists are copied."""
    gathered: dict[str, list[Any]] = {}
    for table in tables:
        if not isinstance(table, Mapping):
            break  # a plain value hides the tables of this name in later layers
        for name, value in _items(table):
            gathered.setdefault(spelling(gathered, name), []).append(value)
    return {name: merged(values) for name, values in gathered.items()}


def merged(values: list[Any]) -> Any:
    """Return the first of the values of one name; if that is a table, it has what others add to it."""
    if isinstance(values[0], Mapping):
        return merge(values)
    return list(values[0]) if isinstance(values[0], list) else values[0]


def keys(table: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield the dotted path of every plain value in *table*."""
    for name, value in _items(table):
        if isinstance(value, Mapping):
            yield from keys(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"
