from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from htmap_run import ranges
from tests.golden_files import Golden


@given(st.lists(st.integers(0, 10**9), min_size=1))
def test_components_come_back_as_they_were_spelt_in_their_order(components: list[int]) -> None:
    assert list(ranges.parse(ranges.spell(components))) == components


def test_a_million_that_follow_one_another_take_no_memory() -> None:
    assert ranges.parse("0-999999") == range(1_000_000)


def test_consecutive_components_are_spelt_as_a_range() -> None:
    assert ranges.spell([0, 1, 2, 7, 9, 10]) == "0-2,7,9-10"


@pytest.mark.parametrize("text", ["", "a", "1,", "-1", "3-1", "1-", "1--2", " 1", "1.0", "٣"])
def test_anything_else_is_refused_with_an_example(text: str, golden: Golden) -> None:
    with pytest.raises(ValueError) as caught:
        ranges.parse(text)
    golden("run/anything-else-is-refused-with-an-example", caught.value, hide={repr(text): "TEXT"})
