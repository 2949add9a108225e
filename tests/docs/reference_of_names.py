"""The reference of the API as Markdown, name by name, from docstrings and signatures."""

from __future__ import annotations

import enum
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

import htmap
from htmap_core.settings.chain import Settings
from tests.docs.markdown import code, filled, items, signature, table, type_
from tests.docstrings import Docstring, parsed

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "api.md"

# What the reference has a section for, in the order in which the page with all names at a glance names them.
_WORDS = re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", PAGE.read_text(encoding="utf-8"))))
_ALIASES = (
    "BASE_SETTINGS",
    "JobStatus",
    "USER_SETTINGS",
    "__version__",
)  # other names, or values, which have nothing to add
NAMES: dict[str, Any] = {
    name: Settings if name == "settings" else getattr(htmap, name)
    for name in dict.fromkeys(_WORDS)
    if name in htmap.__all__ and name not in _ALIASES and not inspect.ismodule(getattr(htmap, name))
}


_MADE_BY_USERS = ("MapOptions", "TransferPath")  # other classes are had from functions and methods


def list_of_names() -> str:
    """Return a table with a row for each name."""
    rows = [(f"[`{name}`](#{_anchor(name)})", parsed(each).summary.rstrip(".")) for name, each in NAMES.items()]
    return table([("name", ""), *rows])


def section(name: str) -> str:
    """Return the section of a name: of a class with its members."""
    each = NAMES[name]
    if not inspect.isclass(each):
        return _described(f"## {name}()", each, code(signature(each, name)))
    call = code(signature(each, name)) if name in _MADE_BY_USERS else ""
    values = "".join(f"- `{member.name}`\n" for member in each) if issubclass(each, enum.Enum) else ""
    described = [_described(f"## {_heading(name)}", each, call), *([values] if values else [])]
    return "\n".join([*described, *(_member(f"{name}.{member}", found) for member, found in _members(each))])


def _heading(name: str) -> str:
    """Return the heading of a name; no two have one anchor."""
    if name == "settings":
        return name
    return f"class {name}" if inspect.isclass(NAMES[name]) else f"{name}()"


def _anchor(name: str) -> str:
    return re.sub(r"[^\w -]", "", _heading(name).lower()).replace(" ", "-")


def _member(name: str, member: Any) -> str:
    if isinstance(member, property):
        returned = type_(inspect.signature(member.fget).return_annotation)  # type: ignore[arg-type]  # all can be read
        return _described(f"### {name}", member.fget, code(f"{name}: {returned}"))
    function = getattr(member, "__func__", member)
    return _described(f"### {name}()", function, code(signature(function, name)))


def _described(heading: str, documented: Any, call: str) -> str:
    """Return a heading, the call, and what the docstring says."""
    said = parsed(documented)
    parts = [f"{heading}\n", call, *map(filled, said.paragraphs), *map(code, said.examples)]
    parts += [items([*_parameters(said), *_raised(said)])]
    parts += [filled(f"Since {said.since}.")] if said.since not in {None, "0.6"} else []
    return "\n".join(part for part in parts if part)


def _parameters(said: Docstring) -> Iterator[tuple[str, str]]:
    yield from ((f"`{name}`", meaning) for name, meaning in said.of("param").items())
    yield from (("returns", meaning) for meaning in said.of("returns").values())


def _raised(said: Docstring) -> Iterator[tuple[str, str]]:
    for error, meaning in said.of("raises").items():
        known = error in htmap.exceptions.__all__
        yield f"raises {f'[`{error}`](exceptions.md#{error.lower()})' if known else f'`{error}`'}", meaning


def _members(cls: type) -> Iterator[tuple[str, Any]]:
    """Yield the members of a class that the page with all names names, in the order of the source; of base classes, ours only."""
    fields = {each.name for each in attrs.fields(cls)} if attrs.has(cls) else set()
    owners = [owner for owner in cls.__mro__ if owner.__module__.startswith("htmap")]
    found = {name: each for owner in reversed(owners) for name, each in vars(owner).items()}
    for name, each in found.items():
        function = each.fget if isinstance(each, property) else getattr(each, "__func__", each)
        if name in _WORDS and name not in fields and inspect.isfunction(function) and inspect.getdoc(function):
            yield name, each
