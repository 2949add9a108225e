"""What commands answer with ``--json``: of which class their answers are, and whether an answer is of it."""

from __future__ import annotations

import datetime
import importlib
import inspect
import json
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import click
import jsonschema  # type: ignore[import-untyped]  # its stubs are another distribution

from htmap_core.cli import cli
from htmap_core.cli.machine import shapes
from htmap_core.cli.machine.shapes.errors import Error

# Commands without --json, each with the reason.
WITHOUT = {"debug": "a person talks with a debugger"}

PLUGINS = {
    "packages": "htmap_packages",
    "pool": "htmap_pool",
    "transplants": "htmap_transplant",
}  # groups of commands, each with its package

OF_CORE = [importlib.import_module(f"{shapes.__name__}.{each.name}") for each in pkgutil.iter_modules(shapes.__path__)]

_ATOMS: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    datetime.datetime: {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
    Any: {},
}


def commands() -> dict[str, click.Command]:
    """Return all commands of the core and of our plugins, by what one types."""
    found = dict(_below(cli))
    for name, package in PLUGINS.items():
        group = getattr(importlib.import_module(f"{package}.commands"), name)
        found.update(_below(group, (name,)))
    return found


def _below(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(click.Context(group)):
        found = group.get_command(click.Context(group), name)
        assert found is not None
        if isinstance(found, click.Group):
            yield from _below(found, (*path, name))
        elif not found.hidden:
            yield " ".join((*path, name)), found


def is_of(name: str, first: str | None) -> bool:
    """Return whether a command is of a plugin's group, or for None of the core."""
    word = name.partition(" ")[0]
    return word == first if first is not None else word not in PLUGINS


def takes_json(command: click.Command) -> bool:
    """Return whether a command has the option."""
    return any("--json" in each.opts for each in command.params)


def shape(name: str, command: click.Command) -> type:
    """Return the class of what a command answers, as its function says what it returns."""
    returned = str(inspect.unwrap(command.callback).__annotations__["return"])  # type: ignore[arg-type]  # it has one
    found = re.search(r"[A-Z]\w+(?=$| \| None|, int\])", returned)
    assert found is not None, f"`htmap {name}` returns {returned}"
    cls: type = next(getattr(module, found[0]) for module in modules(name) if hasattr(module, found[0]))
    return cls


def modules(name: str) -> list[ModuleType]:
    """Return the modules with the classes of answers of the core, or of the plugin that a command is of."""
    package = PLUGINS.get(name.partition(" ")[0])
    return OF_CORE if package is None else [importlib.import_module(f"{package}.answers")]


def hints(cls: type) -> dict[str, Any]:
    """Return the fields of a class of answers, with their types."""
    return get_type_hints(cls)


def schema(type_: Any) -> dict[str, Any]:
    """Return the JSON Schema of a type."""
    origin, arguments = get_origin(type_), get_args(type_)
    if origin is None:
        return _ATOMS[type_] if type_ in _ATOMS else _schema_of_class(type_)
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin is Union:
        return {"anyOf": [{"type": "null"} if each is type(None) else schema(each) for each in arguments]}
    if origin is list:
        return {"type": "array", "items": schema(arguments[0])}
    assert origin is dict
    return {"type": "object", "additionalProperties": schema(arguments[1])}


def _schema_of_class(cls: type) -> dict[str, Any]:
    properties = {name: schema(each) for name, each in hints(cls).items()}
    return {"type": "object", "properties": properties, "required": sorted(properties), "additionalProperties": False}


def answer(name: str, printed: str) -> dict[str, Any]:
    """Return what a command has printed, after checking that it is an answer of the documented class, or errors alone.

    :param name: the command, as one types it.
    """
    assert printed.isascii()
    assert printed.count("\n") == 1
    assert re.search(r"[\x00-\x09\x0b-\x1f\x7f]|\\ud[89ab]..(?!\\ud[c-f])", printed, re.IGNORECASE) is None
    found: dict[str, Any] = json.loads(printed, parse_constant=_refuse)
    whole = schema(shape(name, commands()[name]))
    whole["properties"]["errors"] = schema(list[Error])
    whole["required"] = [*whole["required"], "errors"]
    jsonschema.validate(found, whole if found.keys() != {"errors"} else {"properties": whole["properties"]})
    return found


def _refuse(constant: str) -> Any:
    raise AssertionError(f"{constant} is no JSON")
