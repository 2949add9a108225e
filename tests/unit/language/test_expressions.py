"""Expressions that stay themselves among others."""

from __future__ import annotations

import classad2
import pytest

from htmap_core.contract.options import MapOptions
from htmap_core.contract.submit import SubmitDescription
from htmap_core.exceptions import InvalidOption
from htmap_core.language.expressions import among, conjunction, conjuncts, quoted
from tests.golden_files import Golden


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("HasDocker // for now", "line-comment"),
        ("A) || (B", "closed-and-not-opened"),
        ("(A || B", "opened-and-not-closed"),
        ("{1, 2)", "closed-by-another"),
        ('Arch == "X86_64', "open-quotes"),
        ("HasDocker /* for now", "open-comment"),
    ],
)
def test_requirements_that_would_spoil_those_of_others_are_refused(text: str, name: str, golden: Golden) -> None:
    merged = MapOptions.merge(MapOptions(requirements=[text]), MapOptions(requirements="C")).per_component()
    for use in (
        lambda: MapOptions(requirements=text),
        lambda: SubmitDescription().require(text),
        lambda: list(merged["requirements"]),
    ):
        with pytest.raises(InvalidOption) as caught:
            use()
        golden(f"expressions/{name}", caught.value)


@pytest.mark.parametrize(
    "text",
    [
        'regexp("(", Name)',
        'Machine == "a//b"',
        "'odd) name' > 3",
        r'Name == "a\")"',
        "A /* (note */ && B",
        "member(A, {1, 2})",
    ],
)
def test_brackets_and_slashes_inside_of_strings_names_and_comments_are_text(text: str) -> None:
    assert MapOptions(requirements=text)["requirements"] == text


def test_what_is_wanted_twice_is_said_once() -> None:
    assert conjunction(["A", "B || C", "A"]) == "(A) && (B || C)"
    assert conjunction(["A", "A"]) == "A"
    assert conjunction([]) == ""


@pytest.mark.parametrize(
    ("expression", "parts"),
    [
        ("A", ["A"]),
        ("(A && (B)) && ((C > 1) && D)", ["A", "B", "C > 1", "D"]),
        ("A || B && C", ["A || B && C"]),
        ("(A || B) && C", ["A || B", "C"]),
        ("A ? B && C : D", ["A ? B && C : D"]),
        ('A =?= "x && (y" && B', ['A =?= "x && (y"', "B"]),
        ("member(A, {B && C}) && D", ["member(A, {B && C})", "D"]),
        ("(A) || (B)", ["(A) || (B)"]),
    ],
)
def test_a_conjunction_is_taken_apart_where_all_of_it_must_be_true(expression: str, parts: list[str]) -> None:
    assert conjuncts(expression) == parts


@pytest.mark.parametrize(
    "text",
    ["", 'say "yes"', "a\\b", "a\\", '\\"', "\\n", "two\nlines\tand\x01", "it's", "Gezeit für \U0001f30a", "$(x)"],
)
def test_a_quoted_text_is_that_text_for_htcondor(text: str) -> None:
    assert classad2.ExprTree(quoted(text)).eval() == text
    assert classad2.ExprTree(f"A == {quoted(text)}").eval(classad2.ClassAd({"A": text})) is True


@pytest.mark.parametrize("numbers", [[], [0], [7, 8, 9], [3, 1, 2, 9, 11], [*range(0, 40, 3), *range(50, 60)]])
def test_a_job_is_found_among_some_numbers(numbers: list[int]) -> None:
    wanted = classad2.ExprTree(among("ProcId", numbers))
    assert [n for n in range(100) if wanted.eval(classad2.ClassAd({"ProcId": n})) is True] == sorted(numbers)
    assert wanted.eval(classad2.ClassAd({"ClusterId": 7})) is not True  # the cluster of late jobs


def test_a_job_is_found_among_many_numbers_by_few_comparisons() -> None:
    def depth(text: str) -> int:
        levels = [text[:end].count("(") - text[:end].count(")") for end in range(0, len(text), 5)]
        return max(levels)

    assert depth(among("ProcId", range(0, 20_000, 2))) < 20
