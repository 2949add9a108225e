"""Settings tables as attrs classes: the name, default, meaning and environment variables of each setting.

A class describes a table of the core or of a plugin. Its fields have the types and the defaults. The ``metadata`` of a field
can have

- ``meaning``: the meaning of the setting, as a phrase that begins in lower case and ends without a full stop;
- ``default``: the default in words, if it is computed or ``None``;
- ``environment``: the environment variables that set it, if they are not ``HTMAP_<TABLE>_<NAME>``. Only the core uses it,
  because HTMap loads no plugin to read the environment.
"""

from __future__ import annotations

import functools
import os
import typing
from collections.abc import Iterator
from typing import Any

import attrs


@attrs.frozen
class Setting:
    """One setting and its documentation.

    :param name: its dotted path, as documented.
    :param type: the type of its value.
    :param default: its default in the form of a settings file; None if it has none.
    :param default_in_words: the default in words if it is computed or None, else empty.
    :param meaning: its meaning, as a phrase.
    :param variables: the environment variables that set it; the first wins.
    """

    name: str
    type: Any
    default: Any
    default_in_words: str
    meaning: str
    variables: tuple[str, ...]


def settings_of(table: str, cls: type, *, lower: bool = False) -> Iterator[Setting]:
    """Yield the settings of a table, in the order of its fields.

    :param table: the name of the table; empty for settings outside of tables.
    :param lower: whether names are in lower case, like HTCondor's submit commands.
    """
    types = types_of(cls)
    values = defaults(cls, lower=lower)
    for field, (name, default) in zip(_fields(cls), values.items()):
        path = f"{table}.{name}" if table else name
        yield Setting(
            name=path,
            type=types[field.name],
            default=default,
            default_in_words=field.metadata.get("default", ""),
            meaning=field.metadata.get("meaning", ""),
            variables=tuple(field.metadata.get("environment", (f"HTMAP_{path.replace('.', '_').upper()}",))),
        )


@functools.lru_cache(maxsize=64)
def types_of(cls: type) -> dict[str, Any]:
    """Return the types of a class's fields. They are asked for at each look at a table, and are texts to be evaluated."""
    return typing.get_type_hints(cls)


def in_words(value: Any, otherwise: str = "not set") -> str:
    """Return a value as people write it, without quotes; for None return *otherwise*."""
    if value is None:
        return otherwise
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return ", ".join(map(in_words, value)) or "none"
    return str(value)


def defaults(cls: type, *, lower: bool = False) -> dict[str, Any]:
    """Return the defaults of a class by the names of the settings, in the form of a settings file: paths are text."""
    return {field.name if lower else field.name.upper(): _default(field, cls) for field in _fields(cls)}


def _fields(cls: type) -> list[attrs.Attribute[Any]]:
    return [field for field in attrs.fields(typing.cast("type[attrs.AttrsInstance]", cls)) if field.init]


def _default(field: attrs.Attribute[Any], cls: type) -> Any:
    """Return a field's default as the user would write it, before any converter changes it."""
    default: Any = field.default
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]  # a class, but attrs' types say a function
        default = getattr(cls(), field.name) if default.takes_self else default.factory()
    return os.fspath(default) if isinstance(default, os.PathLike) else default
