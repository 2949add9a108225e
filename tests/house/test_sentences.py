"""Tests assert facts, and no sentences of ours: English is mended often, and whole texts are golden files.

What is seen: ``match=`` with two words of prose in a row, and three in a row in an assert. A name of a test's own for such a text
is not followed; whoever reads the change sees that.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = sorted([*(ROOT / "tests").rglob("*.py"), *ROOT.glob("plugins/*/tests/**/*.py")])
HERE = Path(__file__)

WORDS_IN_MATCH, WORDS_IN_ASSERT = 2, 3

# Methods of texts and of ``re`` that look for what they are given.
LOOKING = {"startswith", "endswith", "count", "index", "find", "search", "match", "fullmatch", "findall"}

# Texts that are not ours, though they do not stand elsewhere in the test: whose they are.
OTHERS = {
    "division by zero": "Python's",
    "Job executing on host": "HTCondor's",
    "Job submitted from host": "HTCondor's",
    "words of a": "those of tests/pool/old_maps/make.py",
    "words of b": "likewise",
    "hold with htmap": "what 0.7.0 gave as the reason",
}


def prose(text: str) -> list[str]:
    """Return the words of the longest run of words in a text, without what is code (in backquotes) and what a pattern escapes."""
    plain = re.sub(r"`[^`]*`", "", text).replace("\\", "")
    runs = re.findall(r"[A-Za-z][a-z']+(?: [A-Za-z][a-z']*)*", plain)
    return max((run.split() for run in runs), key=len, default=[])


def literal(node: ast.AST) -> str | None:
    """Return a text that stands in the source, with nothing in place of what an f-string puts in."""
    if isinstance(node, ast.JoinedStr):
        return "\0".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def literals(tree: ast.AST, *, compared: bool = False) -> Iterator[tuple[int, str]]:
    """Yield the texts in a piece of source with their lines; the parts of an f-string are one text.

    :param compared: only those that something is compared with, not those that are handed to functions.
    """
    for node in ast.iter_child_nodes(tree):
        text = literal(node)
        if text is not None and not (compared and is_input(tree)):
            yield getattr(node, "lineno", 0), text
        if not isinstance(node, ast.JoinedStr):
            yield from literals(node, compared=compared)


def is_input(parent: ast.AST) -> bool:
    """Tell whether a text below this node is what a function is given, and not what a text is looked through for."""
    if isinstance(parent, ast.Call):
        return not (isinstance(parent.func, ast.Attribute) and parent.func.attr in LOOKING)
    return isinstance(parent, ast.keyword)


def sentences(source: str) -> Iterator[tuple[int, str]]:
    """Yield the sentences that a test module hinges on, with their lines."""
    tree = ast.parse(source)
    asserts = [node for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    matches = [node for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "match"]
    hinges = [
        (each, WORDS_IN_ASSERT) for node in asserts for each in literals(ast.Expression(node.test), compared=True)
    ]
    hinges += [(each, WORDS_IN_MATCH) for node in matches for each in literals(node)]
    everything = list(literals(tree))
    for (line, text), words in hinges:
        elsewhere = [other for number, other in everything if number != line]
        run = prose(text)
        own = any(" ".join(run) in other for other in elsewhere)
        if len(run) >= words and not own and not any(other in text for other in OTHERS):
            yield line, text


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_no_test_hinges_on_a_sentence(file: Path) -> None:
    found = [] if file == HERE else list(sentences(file.read_text()))
    assert found == [], "assert the attributes instead, or give the whole text to `golden`"


@pytest.mark.parametrize(
    "source",
    [
        "with raises(E, match='is not there'): f()",
        "with raises(E, match=r'tide .* is not\\.'): f()",
        "with raises(E, match=f'{tag} was removed'): f()",
        "assert 'is not there' in str(error)",
        "assert ran.stderr == f'htmap: {tag} was removed by hand'",
        "assert ran.stdout.endswith('comes in again')",
    ],
)
def test_a_sentence_is_found(source: str) -> None:
    assert len(list(sentences(source))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "with raises(E, match='request_cpus'): f()",
        "with raises(E, match='`htmap pool start`'): f()",
        "def f(): raise E('not in time')\nwith raises(E, match='not in time'): f()",
        "print('the tide is out')\nassert ran.stdout == 'the tide is out'",
        "assert lines[0].split()[:2] == ['Tag', 'HELD']",
        "assert f('the tide is out') == 3",
    ],
)
def test_a_fact_and_a_text_of_the_tests_own_are_none(source: str) -> None:
    assert list(sentences(source)) == []
