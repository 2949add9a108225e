"""Modules and functions are short, and their names say something."""

from __future__ import annotations

import ast

import pytest

from tests.house.tree import ROOT, files, named, sources

WISHED_LINES = 300

MAXIMUM_LINES = 400

FUNCTION_LINES = 40

# Modules of more than the wished lines, each with the reason why it is not cut up.
LONG_MODULES = {
    "htmap_core/maps/map.py": "all that users can do with a map, a short method with a docstring for each",
    "htmap_core/tracking/jobs.py": "the transition table, and the log that feeds it",
}


def test_modules_are_short_or_listed_and_never_longer_than_the_maximum() -> None:
    lines = {named(path): len(path.read_text().splitlines()) for path in sources()}
    assert {name: count for name, count in lines.items() if count > MAXIMUM_LINES} == {}
    assert {name: count for name, count in lines.items() if count > WISHED_LINES and name not in LONG_MODULES} == {}


def test_the_list_of_long_modules_has_no_module_that_is_short_or_gone() -> None:
    assert [name for name in LONG_MODULES if not (ROOT / name).is_file()] == []
    assert [name for name in LONG_MODULES if len((ROOT / name).read_text().splitlines()) <= WISHED_LINES] == []


def test_functions_are_short() -> None:
    long = [
        f"{named(path)}:{node.lineno}: {node.name} has {code_lines(node)} lines"
        for path in files()
        if path.suffix == ".py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and code_lines(node) >= FUNCTION_LINES
    ]
    assert long == []


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function without its docstring: what is explained well should not have to be cut for it."""
    first = node.body[0]
    documentation = first.end_lineno - first.lineno + 1 if ast.get_docstring(node) and first.end_lineno else 0
    return (node.end_lineno or node.lineno) - node.lineno + 1 - documentation


@pytest.mark.parametrize("name", ["utils", "util", "helpers", "helper", "common", "base", "misc"])
def test_no_module_has_a_name_that_says_nothing(name: str) -> None:
    assert [named(path) for path in files() if path.suffix == ".py" and path.stem == name] == []
    assert [named(path) for path in sources() if name in path.relative_to(ROOT).parts[:-1]] == []
