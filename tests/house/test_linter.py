"""Exceptions from the linter: each says why, and a rule that needs many is switched off in pyproject.toml."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.house.tree import ROOT, files, matches, named, project

MOST = 5

_MARK = re.compile(r"#\s*(?:ruff: )?noqa\b")
_WITH_REASON = re.compile(r"#\s*(?:ruff: )?noqa: ([A-Z]+\d+(?:, ?[A-Z]+\d+)*)\s+-- \S")


def says_why(line: str) -> bool:
    """Return whether a line has no exception from the linter, or one with the rules and a reason."""
    return not _MARK.search(line) or _WITH_REASON.search(line) is not None


def exceptions(text: str) -> Counter[str]:
    """Count the exceptions from each rule in a text."""
    return Counter(rule for codes in _WITH_REASON.findall(text) for rule in re.split(r", ?", codes))


def test_every_exception_from_the_linter_says_why() -> None:
    found = matches(_MARK, {".py"})
    assert [each for each in found if not each.startswith("tests/house/test_linter.py") and not says_why(each)] == []


def test_a_rule_with_many_exceptions_is_switched_off() -> None:
    texts = [
        path.read_text() for path in files() if path.suffix == ".py" and named(path) != "tests/house/test_linter.py"
    ]
    assert {rule: count for rule, count in exceptions("\n".join(texts)).items() if count > MOST} == {}


def test_every_rule_that_is_switched_off_says_why() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    for rule in project(ROOT)["tool"]["ruff"]["lint"]["ignore"]:
        assert re.search(rf'^    "{rule}", +# \S', text, re.MULTILINE), rule


@pytest.mark.parametrize(
    "line", ["x()  # noqa", "x()  # noqa: S603", "x()  # noqa: S603 our own", "# ruff: noqa: PTH118"]
)
def test_an_exception_without_a_reason_is_seen(line: str) -> None:
    assert not says_why(line)


def test_exceptions_are_counted_by_rule() -> None:
    text = "x()  # noqa: S603, B018 -- our own\n# ruff: noqa: S603 -- likewise\ny()  # of no rule"
    assert says_why(text)
    assert exceptions(text) == {"S603": 2, "B018": 1}
