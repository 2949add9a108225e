"""Sketches of Python in the pages, which cannot run because they leave something out, use what there is.

They are indented, or in a block without a language. What a sketch imports of HTMap is there, names behind ``htmap.`` are, and
calls of these have arguments that are taken.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core.cli.docs.pages import pages

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?<=\n\n)(?:(?: {4}.*)?\n)+")
_MISSING = object()


def sketches(text: str) -> Iterator[ast.Module]:
    """Yield what is Python in a page, and not run."""
    blocks = [code for language, code in _BLOCK.findall(text) if not language]
    for block in [*blocks, *_INDENTED.findall(_BLOCK.sub("", text))]:
        try:
            yield ast.parse(textwrap.dedent(block))
        except SyntaxError:
            continue  # a command, an output, a picture


def wrong(sketch: ast.Module) -> Iterator[str]:
    """Yield what a sketch uses that there is not."""
    for node in ast.walk(sketch):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("htmap"):
            module = importlib.import_module(node.module or "")
            yield from (each.name for each in node.names if not hasattr(module, each.name))
        elif isinstance(node, (ast.Attribute, ast.Call)) and is_dead(node):
            yield ast.unparse(node)


def is_dead(node: ast.Attribute | ast.Call) -> bool:
    return found(node) is _MISSING if isinstance(node, ast.Attribute) else not takes(found(node.func), node)


def found(node: ast.expr) -> Any:
    """Return what a name behind ``htmap.`` stands for; None for other names."""
    if isinstance(node, ast.Name):
        return htmap if node.id == "htmap" else None
    if not isinstance(node, ast.Attribute):
        return None
    owner = found(node.value)
    return owner if owner is None or owner is _MISSING else getattr(owner, node.attr, _MISSING)


def takes(called: Any, call: ast.Call) -> bool:
    """Return whether something of HTMap takes the arguments of a call; values are tried of options alone."""
    if not callable(called):
        return True
    given = {each.arg: None for each in call.keywords if each.arg}
    try:
        inspect.signature(called).bind(*call.args, **given)
        if called is htmap.MapOptions:
            htmap.MapOptions(**{each.arg: ast.literal_eval(each.value) for each in call.keywords if each.arg})
    except (TypeError, htmap.exceptions.HTMapException):
        return False
    except ValueError:  # it is made of something that is no literal
        return True
    return True


@pytest.mark.parametrize(
    "page", [page.path for page in pages() if page.path.suffix == ".md"], ids=lambda path: path.stem
)
def test_a_page_shows_nothing_that_is_not_there(page: Path) -> None:
    assert [each for sketch in sketches(page.read_text()) for each in wrong(sketch)] == []


@pytest.mark.parametrize(
    "line",
    [
        "htmap.mapp(f, x)",
        "from htmap import mapp",
        "htmap.map(f, x, tagg='tide')",
        "htmap.map(f, x, map_options=htmap.MapOptions(walltime='2 furlongs'))",
    ],
)
def test_a_dead_sketch_is_seen(line: str) -> None:
    (sketch,) = sketches(f"Say\n\n    {line}\n")
    assert list(wrong(sketch))
