"""What an attrs class says of a settings table: the name, default, meaning and environment variables of each setting.

A class describes a table, the core's own as well as a plugin's. Its fields have the types and the defaults. The ``metadata`` of a
field can have

- ``meaning``: what the setting is for, in a few words that begin in lower case and end without a full stop;
- ``default``: the default in words, where it is computed or ``None``;
- ``environment``: the environment variables that set it, where they are not ``HTMAP_<TABLE>_<NAME>``. This is for the core alone:
  no plugin is loaded to read the environment.
"""

from __future__ import annotations

import os
import typing
from collections.abc import Iterator
from typing import Any

import attrs


@attrs.frozen
class Setting:
    """What is known of one setting.

    :param name: its dotted path, as it is documented.
    :param type: what its value is read as.
    :param default: its default, as a settings file would have it; None where it has none.
    :param default_in_words: the default where that is computed or None; else empty.
    :param meaning: what it is for.
    :param variables: the environment variables that set it, the one that wins first.
    """

    name: str
    type: Any
    default: Any
    default_in_words: str
    meaning: str
    variables: tuple[str, ...]


def settings_of(table: str, cls: type, *, lower: bool = False) -> Iterator[Setting]:
    """Yield the settings of a table, in the order of its fields.

    :param table: the name of the table; empty for what stands outside of any.
    :param lower: whether names are in lower case, as those of HTCondor's submit commands are.
    """
    types = typing.get_type_hints(cls)
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


def in_words(value: Any, otherwise: str = "not set") -> str:
    """Return a value as people write it, without quotes; *otherwise* stands for None."""
    if value is None:
        return otherwise
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return ", ".join(map(in_words, value)) or "none"
    return str(value)


def defaults(cls: type, *, lower: bool = False) -> dict[str, Any]:
    """Return the defaults of a class by the settings' names, as a settings file would have them: paths are text."""
    return {field.name if lower else field.name.upper(): _default(field, cls) for field in _fields(cls)}


def _fields(cls: type) -> list[attrs.Attribute[Any]]:
    return [field for field in attrs.fields(typing.cast("type[attrs.AttrsInstance]", cls)) if field.init]


def _default(field: attrs.Attribute[Any], cls: type) -> Any:
    """Return a field's default, not what a converter makes of it: it is what the user would write."""
    default: Any = field.default
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]  # a class, which attrs types as a function
        default = getattr(cls(), field.name) if default.takes_self else default.factory()
    return os.fspath(default) if isinstance(default, os.PathLike) else default
