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


@pytest.mark.parametrize("hook", HOOKS)
def test_no_other_module_of_the_core_calls_a_hook(hook: str) -> None:
    called = re.compile(rf"hook\.{hook}|hook_caller\(.*{hook}")
    others = [path for path in sources() if path != ROOT / "htmap_core/plugins/calls.py"]
    assert [named(path) for path in others if called.search(path.read_text())] == []


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_test(hook: str) -> None:
    assert hook in (ROOT / "tests/unit/plugins/test_calls.py").read_text()
