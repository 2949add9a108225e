"""The reference of what commands answer, as Markdown, from the classes of answers."""

from __future__ import annotations

import datetime
import textwrap
from collections.abc import Iterator
from typing import Any, Literal, Union, get_args, get_origin

from tests import answers
from tests.docstrings import parsed

WIDTH = 140

_ATOMS: dict[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    datetime.datetime: "time",
    Any: "any value",
}

_SEVERAL: dict[Any, str] = {str: "texts", int: "whole numbers", Any: "any values"}


def list_of_commands(first: str | None) -> str:
    """Return a table of commands, each with the class of its answer.

    :param first: a group of commands of a plugin; None for all of the core.
    """
    rows = [
        (f"`htmap {name}`", _link(answers.shape(name, command)))
        for name, command in answers.commands().items()
        if answers.takes_json(command) and _is_of(name, first)
    ]
    return _table([("command", "answer"), *rows])


def classes(first: str | None) -> str:
    """Return a section for each class that answers are made of, in the order in which they are met."""
    found: dict[type, None] = {}
    for name, command in answers.commands().items():
        if answers.takes_json(command) and _is_of(name, first):
            for cls in _met(answers.shape(name, command)):
                found.setdefault(cls)
    return "\n".join(map(section, found))


def section(cls: type) -> str:
    """Return the section of a class."""
    said = parsed(cls)
    meanings = said.of("param")
    fields = answers.hints(cls)
    assert fields.keys() == meanings.keys(), f"{cls.__name__} does not explain each field"
    rows = [(f"`{name}`", _spelt(fields[name]), _upper(meanings[name].rstrip("."))) for name in fields]
    paragraphs = [
        textwrap.fill(each, WIDTH, break_long_words=False, break_on_hyphens=False) for each in said.paragraphs
    ]
    return "\n".join(
        [f"### {cls.__name__}\n", *(f"{each}\n" for each in paragraphs), _table([("field", "value", ""), *rows])]
    )


def _is_of(name: str, first: str | None) -> bool:
    word = name.partition(" ")[0]
    return word == first if first is not None else word not in answers.PLUGINS


def _met(type_: Any) -> Iterator[type]:
    """Yield a class of answers, and those of its fields."""
    if hasattr(type_, "__total__"):
        yield type_
        for each in answers.hints(type_).values():
            yield from _met(each)
    else:
        for each in get_args(type_):
            yield from _met(each)


def _spelt(type_: Any) -> str:
    """Return a type in words."""
    origin, arguments = get_origin(type_), get_args(type_)
    if origin is Literal:
        return ", ".join(f"`{each}`" for each in arguments)
    if origin is Union:
        (inner,) = (each for each in arguments if each is not type(None))
        return f"{_spelt(inner)}, or null"
    if origin is list:
        return f"list of {_SEVERAL.get(arguments[0]) or _spelt(arguments[0])}"
    if origin is dict:
        return f"{_SEVERAL.get(arguments[1]) or _spelt(arguments[1])} by name"
    return _ATOMS[type_] if type_ in _ATOMS else _link(type_)


def _link(cls: type) -> str:
    return f"[{cls.__name__}](#{cls.__name__.lower()})"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _table(rows: list[tuple[str, ...]]) -> str:
    head, *body = [[each.replace("|", "\\|") for each in row] for row in rows]
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, ["---"] * len(head), *body)).replace("|  |", "| |")
