"""What a fingerprint takes of an object: plain values that tell what it is like, and the objects that belong to it."""

from __future__ import annotations

import datetime
import decimal
import fractions
import pathlib
import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

# Their values are all that there is to see. Whether two of them are one object is the interpreter's business, which interns some.
ATOMS = frozenset({type(None), bool, int, float, complex, str, bytes, type(...)})

# Objects that never change. Whether two are one can be seen by `is` alone, and functions do not ask for it.
UNCHANGING = frozenset(
    {
        *(datetime.date, datetime.datetime, datetime.time, datetime.timedelta, datetime.timezone),
        *(decimal.Decimal, fractions.Fraction, uuid.UUID, range, slice),
        *(pathlib.PosixPath, pathlib.PurePosixPath, pathlib.PureWindowsPath, pathlib.WindowsPath),
    }
)


class Part(NamedTuple):  # not an attrs class: a walk makes one for each object
    """An object that belongs to another.

    :param step: how it is reached from there: as one would write it in Python, or an index or key.
    """

    step: Any
    value: Any


class Form(NamedTuple):  # likewise
    """What an object is like.

    :param head: its kind first, then values that ``marshal`` can write: :data:`ATOMS`, and tuples of them.
    :param parts: the objects that belong to it.
    :param is_ordered: whether the order of the parts counts.
    """

    head: tuple[Any, ...]
    parts: list[Part] = []  # noqa: RUF012 -- a default that nobody changes
    is_ordered: bool = True


class Key(NamedTuple):  # likewise
    """The step to a value of a mapping; it is shown only where something cannot be compared."""

    key: Any


class Element(NamedTuple):  # likewise
    """The step to an element of a set, or a key of a mapping."""

    element: Any


class Unknown(NamedTuple):
    """Take the place of the form of an object that cannot be compared.

    :param reason: why, in words.
    """

    reason: str


class ByName(NamedTuple):
    """Take the place of an object that is found by its name."""

    module: str
    name: str


def attributes(found: Mapping[str, Any]) -> Form:
    """Return the form of attributes. Nobody counts on their order, which is that of their definition."""
    names = sorted(found)
    return Form(("attributes", *names), [Part(f".{name}", found[name]) for name in names])


def items(found: list[tuple[Any, Any]]) -> Form:
    """Return the form of the items of a mapping, whose order counts: a function can see it."""
    parts = [part for key, value in found for part in (Part(Element(key), key), Part(Key(key), value))]
    return Form(("items",), parts)
