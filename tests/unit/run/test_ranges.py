from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from htmap_run import ranges


@given(st.lists(st.integers(0, 10**9), min_size=1))
def test_components_come_back_as_they_were_spelt_in_their_order(components: list[int]) -> None:
    assert ranges.parse(ranges.spell(components)) == components


def test_consecutive_components_are_spelt_as_a_range() -> None:
    assert ranges.spell([0, 1, 2, 7, 9, 10]) == "0-2,7,9-10"


@pytest.mark.parametrize("text", ["", "a", "1,", "-1", "3-1", "1-", "1--2", " 1", "1.0", "٣"])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="one looks like '0-9,12'"):
        ranges.parse(text)
