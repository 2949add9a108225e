"""Modules and functions are short, and their names say something."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import ROOT, files, named, sources

MODULE_LINES = 300
FUNCTION_LINES = 40

# Modules of more than the wished lines, each with the reason why it is not cut up.
LONG_MODULES = {
    "htmap/exceptions.py": "a list of names, two lines for each",
    "htmap_core/contract/submit.py": "all that plugins can do with a description, a short method with its example for each",
    "htmap_core/maps/map.py": "all that users can do with a map, a short method with a docstring for each",
    "htmap_core/results/engine.py": "all that is known of the components of a map, a short method with a docstring for each",
    "htmap_core/tracking/jobs.py": "the log, what it leaves in doubt, and the cache of both",
    "htmap_core/storage/mapdir.py": "every path in a map's directory, a short method for each",
}

# Functions that are written as users write theirs, or run on any Python.
WITHOUT_ANNOTATIONS = {
    *("examples/first_steps.py", "htmap_run/__main__.py"),
    *(named(path) for path in ROOT.glob("examples/sites/*.py")),
}


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_modules_are_short_or_listed() -> None:
    assert {named(path): lines(path) for path in sources() if lines(path) > MODULE_LINES}.keys() <= LONG_MODULES.keys()


def test_the_list_of_long_modules_has_none_that_is_short_or_gone() -> None:
    assert [name for name in LONG_MODULES if not (ROOT / name).is_file() or lines(ROOT / name) <= MODULE_LINES] == []


Function = (ast.FunctionDef, ast.AsyncFunctionDef)


def long_functions(source: str) -> Iterator[str]:
    """Yield the functions of more lines than they may have.

    Docstrings are not counted: what is explained well should not have to be cut for it.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, Function) and node.end_lineno:
            first = node.body[0]
            docstring = first.end_lineno - first.lineno + 1 if ast.get_docstring(node) and first.end_lineno else 0
            count = node.end_lineno - node.lineno + 1 - docstring
            if count > FUNCTION_LINES:
                yield f"{node.lineno}: {node.name} has {count} lines"


def unannotated(source: str) -> Iterator[str]:
    """Yield the functions that do not say what they return."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, Function) and node.returns is None:
            yield f"{node.lineno}: {node.name}"


def test_functions_are_short() -> None:
    found = {named(path): list(long_functions(path.read_text())) for path in files() if path.suffix == ".py"}
    assert {name: functions for name, functions in found.items() if functions} == {}


def test_functions_say_what_they_return() -> None:
    found = {named(path): list(unannotated(path.read_text())) for path in files() if path.suffix == ".py"}
    assert {name for name, functions in found.items() if functions} == WITHOUT_ANNOTATIONS


def test_long_and_unannotated_functions_are_seen() -> None:
    body = "    pass\n" * FUNCTION_LINES
    assert list(long_functions(f"def f():\n{body}"))
    assert not list(long_functions(f'def f():\n    """It is\n    explained."""\n{body[9:]}'))
    assert list(unannotated("class A:\n    async def f(self): ..."))
    assert not list(unannotated("def f() -> None: ..."))


@pytest.mark.parametrize("name", ["utils", "util", "helpers", "helper", "common", "base", "misc"])
def test_no_module_has_a_name_that_says_nothing(name: str) -> None:
    assert [named(path) for path in files() if path.suffix == ".py" and path.stem == name] == []
    assert [named(path) for path in sources() if name in path.relative_to(ROOT).parts[:-1]] == []


# Modules that are imported under another name, each with the reason.
ALIASES = {
    "htmap_core.plugins.defaults as _defaults_of_plugins": "htmap shows no name that is not public",
    "htmap_pool.installing.install as installation": "its function and its command are called install, too",
    "htmap_pool.release as releases": "a release is a value beside it",
    "htmap_run.names as on_execute_side": "names of both sides stand side by side",
    "htmap_core.names as on_submit_side": "names of both sides stand side by side",
    "htmap_core.settings.chain as module": "a chain is a value beside it",
}
_PACKAGES = [ROOT, *(ROOT / "plugins").iterdir()]


def aliases(source: str) -> Iterator[str]:
    """Yield the modules of ours that are imported under another name."""
    imports = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]
    for node in imports:
        for each in node.names:
            path = Path(*str(node.module).split("."), f"{each.name}.py")
            if each.asname not in {None, each.name} and any((package / path).is_file() for package in _PACKAGES):
                yield f"{node.module}.{each.name} as {each.asname}"


def test_modules_are_called_by_their_own_names() -> None:
    assert {alias for path in files() if path.suffix == ".py" for alias in aliases(path.read_text())} == set(ALIASES)


def test_an_alias_is_seen() -> None:
    assert list(aliases("def f():\n    from htmap_core.diagnosis import idle as analysis"))
    assert not list(aliases("from htmap_core.cli import tables\nfrom htmap_core.version import version as ours"))
