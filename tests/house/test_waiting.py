"""Tests wait by ``eventually``, which has minutes of patience, and not by loops of their own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import ROOT, files, named

# Loops with a pause in tests, other than the one of `eventually`, each with the reason why it is none that waits.
LOOPS_THAT_MAY_SLEEP = {
    "tests/pool/test_api.py: token": "it is mapped",
    "tests/pool/old_maps/make.py: await_truth": "it runs with an earlier version, which has no eventually()",
    "tests/pool/old_maps/make.py: wait_for_gate": "it is mapped",
    "tests/site/debian.py: _make_at_last": "it tries again what fails for a moment",
    "tests/unit/run/test_local_values.py: __repr__": "it never ends, which is what is tested",
    "tests/unit/tracking/logs/record.py: main": "a log that is recorded must have settled",
}


def test_tests_wait_by_eventually_and_not_by_loops_of_their_own() -> None:
    loops = {
        f"{named(path)}: {name}" for path in files_of_tests() for name in sleeping_loops(ast.parse(path.read_text()))
    }
    assert loops - set(LOOPS_THAT_MAY_SLEEP) == set()


def test_the_list_of_loops_that_may_sleep_has_none_that_is_gone() -> None:
    loops = {
        f"{named(path)}: {name}" for path in files_of_tests() for name in sleeping_loops(ast.parse(path.read_text()))
    }
    assert set(LOOPS_THAT_MAY_SLEEP) - loops == set()


def files_of_tests() -> list[Path]:
    return [path for path in files() if path.suffix == ".py" and "tests" in path.relative_to(ROOT).parts]


def sleeping_loops(tree: ast.AST) -> Iterator[str]:
    """Yield the functions that have a loop that waits; those within another function are mapped, or run in a thread."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.FunctionDef):
            yield from sleeping_loops(node)
        elif any(is_loop_that_waits(each) for each in without_inner_functions(node)):
            yield node.name


def without_inner_functions(node: ast.AST) -> Iterator[ast.AST]:
    for each in ast.iter_child_nodes(node):
        if not isinstance(each, ast.FunctionDef):
            yield each
            yield from without_inner_functions(each)


def is_loop_that_waits(node: ast.AST) -> bool:
    """Return whether a node is a loop that pauses in each turn, or asks again and again what its turns do not change.

    A ``while`` of the second kind has in its condition an attribute or a call, and in its body neither an assignment, nor a way
    out, nor a call of a method that fills or empties something.
    """
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        return pauses(node)
    if not isinstance(node, (ast.While, ast.For)):
        return False
    return pauses(node) or all(isinstance(each, ast.Pass) for each in node.body) or polls(node)


def pauses(node: ast.AST) -> bool:
    return any(isinstance(each, ast.Call) and ast.unparse(each.func).endswith("sleep") for each in ast.walk(node))


# What a turn does that may end its loop.
_PROGRESS = (
    *(ast.Assign, ast.AugAssign, ast.AnnAssign, ast.NamedExpr, ast.Delete),
    *(ast.Break, ast.Return, ast.Raise, ast.Yield, ast.YieldFrom),
)
_CHANGES = {
    "add",
    "append",
    "clear",
    "discard",
    "extend",
    "insert",
    "pop",
    "popleft",
    "remove",
    "seek",
    "update",
    "write",
}


def polls(node: ast.While | ast.For) -> bool:
    if not isinstance(node, ast.While):
        return False
    asks = any(isinstance(each, (ast.Attribute, ast.Call)) for each in ast.walk(node.test))
    inside = [each for part in node.body for each in ast.walk(part)]
    called = [each.func.attr for each in inside if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute)]
    changes = any(isinstance(each, _PROGRESS) for each in inside) or bool(_CHANGES & set(called))
    return asks and not changes and not any(isinstance(each, ast.NamedExpr) for each in ast.walk(node.test))


@pytest.mark.parametrize(
    "loop",
    [
        "while not m.is_done: time.sleep(1)",
        "while not m.is_done: pass",
        "while not m.is_done: m.status()",
        "while m.components_by_status(): print(m)",
        "for _ in range(9): sleep(1)",
        "[time.sleep(1) for _ in range(9)]",
        "any(m.is_done or time.sleep(1) for _ in range(9))",
    ],
)
def test_a_loop_that_waits_is_seen(loop: str) -> None:
    assert list(sleeping_loops(ast.parse(f"def test():\n    {loop}"))) == ["test"]


@pytest.mark.parametrize(
    "loop",
    [
        "while names.left: names.left.pop()",
        "while piece := file.read(9): print(piece)",
        "while path.exists(): path = path.parent",
        "for each in m: print(each)",
        "[each for each in m]",
    ],
)
def test_a_loop_that_gets_on_is_left_alone(loop: str) -> None:
    assert list(sleeping_loops(ast.parse(f"def test():\n    {loop}"))) == []
