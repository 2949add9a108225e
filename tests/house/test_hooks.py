"""Hooks: each has one caller, only ``plugins/`` calls them, and their docstrings say what the reference shows."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import htmap_core
from htmap_core.contract import hookspecs
from tests.docstrings import unsaid, unsaid_of_method
from tests.house.tree import ROOT, named, sources

HOOKS = sorted(name for name in vars(hookspecs) if name.startswith("htmap_"))
CALLERS = ("calls.py", "sites/rules.py")


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_exactly_one_typed_caller(hook: str) -> None:
    trees = [ast.parse((ROOT / "htmap_core/plugins" / name).read_text()) for name in CALLERS]
    functions = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
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
    tests = [path.read_text() for path in (ROOT / "tests/unit/plugins").glob("test_*.py")]
    assert [name for source in tests for name in naming_tests(hook, source)] != []


def naming_tests(hook: str, source: str) -> list[str]:
    """Return the tests that assert something and name a hook: in their own names, parameters or code."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    asserting = [each for each in functions if any(isinstance(node, ast.Assert) for node in ast.walk(each))]
    return [each.name for each in asserting if each.name.startswith("test_") and names(each, hook)]


def names(test: ast.FunctionDef, hook: str) -> bool:
    docstring = test.body[0].value if isinstance(test.body[0], ast.Expr) else None
    texts = [node.value for node in ast.walk(test) if isinstance(node, ast.Constant) and node is not docstring]
    return f"{test.name}_".startswith(f"test_{hook}_") or any(re.search(rf"\b{hook}\b", str(text)) for text in texts)


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("# htmap_pools", 0),
        ("SOURCE = 'htmap_pools'", 0),
        ("def pools(): assert 'htmap_pools'", 0),
        ("def test_it():\n    'Of htmap_pools.'\n    assert 1", 0),
        ("def test_it(): call('htmap_pools')", 0),
        ("def test_htmap_pools_of_old(): assert 1", 1),
        ("def test_htmap_poolside(): assert 1", 0),
        ("def test_it(): assert call('def htmap_pools(): pass')", 1),
        ("@parametrize('hook', ['htmap_pools'])\ndef test_it(hook): assert call(hook)", 1),
    ],
)
def test_a_test_of_a_hook_names_it_and_asserts(source: str, count: int) -> None:
    assert len(naming_tests("htmap_pools", source)) == count


# --- what their docstrings say


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_says_when_it_is_called_and_where_and_since_when_with_types_and_an_example(hook: str) -> None:
    assert list(unsaid(getattr(hookspecs, hook))) == []


def methods() -> Iterator[Callable[..., Any]]:
    """Yield the methods of the abstract classes that plugins implement."""
    for cls in (getattr(htmap_core, name) for name in htmap_core.__all__):
        if inspect.isabstract(cls) and cls.__module__.startswith("htmap_core.contract."):
            yield from (each for name, each in vars(cls).items() if inspect.isfunction(each) and name[0] != "_")


@pytest.mark.parametrize("method", list(methods()), ids=lambda method: method.__qualname__)
def test_every_method_that_plugins_implement_says_when_and_where_it_runs(method: Callable[..., Any]) -> None:
    assert list(unsaid_of_method(method)) == []


def htmap_tides(submit: str) -> list[str]:  # type: ignore[empty-body]
    """Offer tides.

    Called once per map, on the submit machine, when the tide
    comes in. Since 0.7. ::

        def htmap_tides(submit):
            return [tide]

    :param submit: the description.
    """


SAID = (inspect.getdoc(htmap_tides) or "").replace("Offer", "Step:") + "\n:raises HTMapException: the tide is out."


@pytest.mark.parametrize(
    ("before", "after", "lacking"),
    [
        ("", "", []),
        ("Step: tides", "Tides", ["kind"]),
        ("Called once per map, on", "On", ["called"]),
        ("on the submit machine, ", "", ["called"]),
        (", when the tide\ncomes in", "", ["when"]),
        ("once per map", "by HTMap", ["how often"]),
        ("Since 0.7. ", "", ["since"]),
        ("def htmap_tides", "def htmap_boats", ["example"]),
        (":raises", ":see", ["raises"]),
        (":param submit:", ":param plan:", ["param plan", "param submit"]),
    ],
)
def test_what_a_hook_does_not_say_is_seen(
    before: str, after: str, lacking: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(htmap_tides, "__doc__", SAID.replace(before, after, 1) if before else SAID)
    assert sorted(unsaid(htmap_tides)) == lacking


def test_a_type_that_a_hook_does_not_say_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(htmap_tides, "__annotations__", {"submit": "str"})
    assert list(unsaid(htmap_tides)) == ["untyped return"]


def test_what_a_method_does_not_say_is_seen() -> None:
    assert list(unsaid_of_method(htmap_tides)) == ["runs"]
