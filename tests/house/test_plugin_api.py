"""The plugin API: what plugins import of HTMap in their packages and tests, and that each name explains itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import htmap_core
from htmap_core import testing
from tests.house.tree import USERS

ROOT = Path(__file__).parents[2]

PACKAGES = {"htmap", "htmap_core", "htmap_run"}
SHIPPED = sorted([*ROOT.glob("plugins/*/htmap_*/**/*.py"), *ROOT.glob("examples/*/htmap_*/**/*.py")])
TESTS = sorted([*ROOT.glob("plugins/*/tests/**/*.py"), *ROOT.glob("examples/*/tests/**/*.py")])


def modules() -> dict[str, list[str]]:
    """Return the modules that give the API, each with the names that it gives."""
    given = {name: getattr(htmap_core, name) for name in htmap_core.__all__}
    parts = {f"htmap_core.{name}": each.__all__ for name, each in given.items() if isinstance(each, ModuleType)}
    return {"htmap_core": htmap_core.__all__, **parts}


API = modules()
OF_TESTS = {**API, "htmap_core.testing": testing.__all__}


def strangers(source: str, given: dict[str, list[str]], doors: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the imports of HTMap that the API does not give, by a statement, by name, or as an attribute of what it gives.

    :param given: the modules that names may be imported from, with the names.
    :param doors: the packages that may be imported as a whole.
    """
    tree = ast.parse(source)
    yield from imported(tree, given, doors)
    modules_here = names_of_modules(tree, given)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Call, ast.Subscript)) and imports_by_name(node):
            yield ast.unparse(node)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = modules_here.get(node.value.id)
            if module is not None and node.attr not in given[module]:
                yield ast.unparse(node)


def imported(tree: ast.AST, given: dict[str, list[str]], doors: tuple[str, ...]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                if each.name.partition(".")[0] in PACKAGES and each.name not in doors:
                    yield f"import {each.name}"
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] in PACKAGES:
            for each in node.names:
                if node.module not in doors and each.name not in given.get(node.module, ()):
                    yield f"from {node.module} import {each.name}"


def names_of_modules(tree: ast.AST, given: dict[str, list[str]]) -> dict[str, str]:
    """Return the names that modules of the API have in a source, such as ``exceptions``, each with its module."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module in PACKAGES]
    return {
        each.asname or each.name: f"{node.module}.{each.name}"
        for node in imports
        for each in node.names
        if f"{node.module}.{each.name}" in given
    }


_LOADERS = {"__import__", "import_module", "find_spec", "run_module", "resolve_name"}


def imports_by_name(node: ast.Call | ast.Subscript) -> bool:
    """Return whether a module of HTMap is imported by its name, or taken from those that are imported."""
    texts = [each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    is_ours = any(re.split(r"\W", text)[0] in PACKAGES for text in texts)
    asked = node.func if isinstance(node, ast.Call) else node.value
    return is_ours and ast.unparse(asked).rpartition(".")[2] in {*_LOADERS, "modules"}


def found(paths: list[Path], given: dict[str, list[str]], doors: tuple[str, ...] = ()) -> list[str]:
    named = [(path.relative_to(ROOT).as_posix(), strangers(path.read_text(), given, doors)) for path in paths]
    return [f"{name}: {each}" for name, imports in named for each in imports]


def test_plugins_import_only_what_the_core_gives_them() -> None:
    assert len(SHIPPED) > len(list(ROOT.glob("plugins/*")))
    assert found([path for path in SHIPPED if not is_of_user(path)], API) == []


def test_what_uses_htmap_as_programs_do_imports_only_what_users_import() -> None:
    of_users = [path for path in SHIPPED if is_of_user(path)]
    assert of_users
    assert found(of_users, {}, ("htmap",)) == []


def is_of_user(path: Path) -> bool:
    return path.relative_to(ROOT).parts[1] in USERS


def test_tests_of_plugins_import_besides_what_testing_gives_and_what_users_import() -> None:
    assert len(TESTS) > len(list(ROOT.glob("plugins/*")))
    assert found(TESTS, OF_TESTS, ("htmap",)) == []


@pytest.mark.parametrize(
    "line",
    [
        "import htmap",
        "import htmap_core",
        "import htmap_core.settings.chain",
        "import htmap_core.exceptions as errors",
        "import htmap_run.names",
        "from htmap import settings",
        "from htmap_core import *",
        "from htmap_core import names",
        "from htmap_core import testing",
        "from htmap_core.condor.connection import connect",
        "from htmap_core.exceptions import roots",
        "from htmap_core.exceptions.roots import HTMapException",
        "from htmap_core.testing import eventually",
        "from htmap_core.wording import difflib",
        "from htmap_run import names",
        "importlib.import_module('htmap_core.storage.tags')",
        "import_module('htmap_core.storage.tags')",
        "import_module(f'htmap_core.{name}')",
        "import_module(name='htmap_run.names')",
        "__import__('htmap_core.names')",
        "pkgutil.resolve_name('htmap_core.names:TAGS')",
        "sys.modules['htmap_core.storage']",
        "from htmap_core import exceptions\nexceptions.roots.HTMapException",
        "from htmap_core import wording as words\nwords.difflib",
        "def later():\n    from htmap_run.names import RETURN",
    ],
)
def test_an_import_of_anything_else_is_noticed(line: str) -> None:
    assert len(list(strangers(line, API))) == 1


@pytest.mark.parametrize("line", ["import htmap.settings", "from htmap_core.testing.empty_pool import EmptyPool"])
def test_tests_of_plugins_cannot_reach_behind_the_doors_either(line: str) -> None:
    assert len(list(strangers(line, OF_TESTS, ("htmap",)))) == 1


@pytest.mark.parametrize(
    "line",
    [
        "from htmap_core import hookimpl, wording",
        "from htmap_core.exceptions import CondorError",
        "from htmap_core.wording import size",
        "from htmap_core import exceptions\nexceptions.CondorError",
        "import_module('htmap_cern.site')",
        "sys.modules['json']",
        "from . import htmap_core",
        "import htmap_sw, htmapper",
        "import json",
    ],
)
def test_an_import_of_the_api_or_of_something_else_is_not(line: str) -> None:
    assert list(strangers(line, API)) == []
