"""A drill tries as many cases as it should, the same ones for the same seed, and tells which did not hold."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import pytest

from tests.drills.frame import Drill, Row, table


def numbers(chance: random.Random) -> Iterator[str]:
    while True:
        yield str(chance.randrange(10**9))


def test_a_seed_gives_the_same_cases_each_time_and_another_seed_others() -> None:
    first, again, other = (Drill("test_it", seed=seed).chosen(numbers, full=100, short=5) for seed in (1, 1, 2))
    assert first == again
    assert len(first) == 5
    assert not set(first) & set(other)


@pytest.mark.parametrize(("share", "count"), [(None, 5), (1.0, 100), (0.5, 50), (0.001, 5)])
def test_the_share_says_how_many_are_tried(share: float | None, count: int) -> None:
    assert len(Drill("test_it", share=share).chosen(numbers, full=100, short=5)) == count


def test_where_there_are_fewer_cases_than_asked_for_all_are_tried() -> None:
    assert Drill("test_it").chosen(lambda _: ["a", "b"], full=100, short=5) == ["a", "b"]


def test_the_one_case_that_is_named_is_tried_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTMAP_TEST_CASE", "17")
    assert Drill.of("test_it").chosen(numbers, full=100, short=5) == ["17"]


def test_a_drill_goes_on_behind_what_did_not_hold_and_fails_in_the_end() -> None:
    drill = Drill("test_it")
    for case in drill.chosen(lambda _: map(str, itertools.count()), full=10, short=4):
        with drill.trying(case):
            assert int(case) % 2 == 0
    assert (drill.tried, [case for case, _ in drill.wrong]) == (4, ["1", "3"])
    with pytest.raises(AssertionError) as raised:
        drill.check()
    assert "HTMAP_TEST_CASE=1 HTMAP_TEST_SEED=1" in str(raised.value)


def test_the_table_has_a_row_for_each_drill_and_the_commands_that_try_again() -> None:
    good, bad = Drill("tests/drills/test_a.py::test_good"), Drill("tests/drills/test_b.py::test_bad", seed=7)
    with good.trying("all", times=300):
        pass
    with bad.trying("it's"):
        raise OSError
    lines = table([Row.of(bad), Row.of(good)])
    assert [line.split()[:3] for line in lines[1:3]] == [["300", "300", "0"], ["1", "0", "1"]]
    assert lines[3:] == [bad.command("it's")]
