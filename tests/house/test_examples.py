"""What users call, hooks, and methods that plugins define say since when they are there, and show how they are used.

A map's methods are shown in the docstring of the class. Values (settings, modules, states) need no example. Those for authors of
plugins are looked at in ``test_plugin_api.py``.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterable

import pytest

import htmap
from htmap_core.contract import hookspecs
from htmap_core.contract.delivery import DeliveryMethod
from htmap_core.contract.pools import Pool


def called(owner: object, names: Iterable[str]) -> dict[str, object]:
    """Return what has a docstring of its own among the names that a module or a class gives: functions and classes."""
    found = {name: getattr(owner, name) for name in names if not name.startswith("_")}
    return {name: each for name, each in found.items() if inspect.isroutine(each) or isinstance(each, type)}


USERS = called(htmap, htmap.__all__)
HOOKS = called(hookspecs, (name for name in vars(hookspecs) if name.startswith("htmap_")))
METHODS = {
    f"{cls.__name__}.{name}": each for cls in (DeliveryMethod, Pool) for name, each in called(cls, vars(cls)).items()
}
PUBLIC = {**USERS, **HOOKS, **METHODS}
WITH_EXAMPLE = {name: each for name, each in PUBLIC.items() if each is htmap.Map or not isinstance(each, type)}


def says_since_when(docstring: str) -> bool:
    return re.search(r"Since \d+\.\d+", docstring) is not None


def examples(docstring: str) -> list[str]:
    """Return the indented blocks behind paragraphs that end in two colons, and what is written as in a session."""
    session = re.findall(r"^>>> (.*)", docstring, re.MULTILINE)
    blocks = re.findall(r"::\n\n((?:(?: {4}.*)?\n)+)", docstring + "\n")
    return [*session, *(textwrap.dedent(block) for block in blocks)]


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_it_says_since_which_version_it_is_there(name: str) -> None:
    assert says_since_when(inspect.getdoc(PUBLIC[name]) or "")


@pytest.mark.parametrize("name", sorted(WITH_EXAMPLE))
def test_it_has_an_example_in_python(name: str) -> None:
    found = examples(inspect.getdoc(WITH_EXAMPLE[name]) or "")
    assert found
    for each in found:
        ast.parse(each)


def test_a_docstring_without_is_seen() -> None:
    assert not says_since_when("Return the map.")
    assert not examples("Return the map, as ``htmap.load('tide')`` does.")
    docstring = "Return the map. Since 0.7. ::\n\n    htmap.load('tide')"
    assert says_since_when(docstring)
    assert examples(docstring) == ["htmap.load('tide')\n"]
