"""Hooks: each has one caller, and only ``plugins/`` calls them."""

from __future__ import annotations

import ast
import re

import pytest

from htmap_core.contract import hookspecs
from tests.house.tree import ROOT, named, sources

HOOKS = sorted(name for name in vars(hookspecs) if name.startswith("htmap_"))


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_exactly_one_typed_caller(hook: str) -> None:
    tree = ast.parse((ROOT / "htmap_core/plugins/calls.py").read_text())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    callers = [node for node in functions if calls(node, hook)]
    assert len(callers) == 1
    assert callers[0].returns is not None
    assert ast.get_docstring(callers[0])


def calls(function: ast.FunctionDef, hook: str) -> bool:
    called = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    return any(isinstance(each, ast.Constant) and each.value == hook for call in called for each in call.args)


def reaches_hooks(source: str) -> bool:
    """Return whether a module gets at the hooks of plugins: by a manager of pluggy's, or by one that somebody else has."""
    return re.search(r"\bPluginManager\b|\bhook_caller\b|\.hook\b", source) is not None


def test_plugins_alone_calls_hooks() -> None:
    callers = {named(path.parent) for path in sources() if reaches_hooks(path.read_text())}
    assert callers == {"htmap_core/plugins"}


@pytest.mark.parametrize(
    "line", ["manager.hook.htmap_pools()", "hook_caller('htmap_pools')", "pluggy.PluginManager('x')"]
)
def test_a_call_of_a_hook_is_seen(line: str) -> None:
    assert reaches_hooks(line)


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_test(hook: str) -> None:
    assert hook in (ROOT / "tests/unit/plugins/test_calls.py").read_text()
