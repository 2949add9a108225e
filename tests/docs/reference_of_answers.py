"""The reference of what commands answer, as Markdown, from the classes of answers."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any, Literal, Union, get_args, get_origin

from tests import answers
from tests.docs.markdown import filled, table, upper
from tests.docstrings import parsed

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
        if answers.takes_json(command) and answers.is_of(name, first)
    ]
    return table([("command", "answer"), *rows])


def classes(first: str | None) -> str:
    """Return a section for each class that answers are made of, in the order in which they are met."""
    found: dict[type, None] = {}
    for name, command in answers.commands().items():
        if answers.takes_json(command) and answers.is_of(name, first):
            for cls in _met(answers.shape(name, command)):
                found.setdefault(cls)
    return "\n".join(map(section, found))


def section(cls: type) -> str:
    """Return the section of a class."""
    said = parsed(cls)
    meanings = said.of("param")
    fields = answers.hints(cls)
    assert fields.keys() == meanings.keys(), f"{cls.__name__} does not explain each field"
    rows = [(f"`{name}`", _spelt(fields[name]), upper(meanings[name].rstrip("."))) for name in fields]
    return "\n".join([f"### {cls.__name__}\n", *map(filled, said.paragraphs), table([("field", "value", ""), *rows])])


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
