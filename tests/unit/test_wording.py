"""Parts of messages that many of them have."""

from __future__ import annotations

import pytest

from htmap_core import wording


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0.0 B"),
        (1023, "1023.0 B"),
        (1024, "1.0 KB"),
        (1536 * 1024, "1.5 MB"),
        (3 * 1024**3, "3.0 GB"),
        (2 * 1024**4, "2.0 TB"),
        (5000 * 1024**4, "5000.0 TB"),
    ],
)
def test_a_number_of_bytes_has_the_unit_that_suits_it(count: int, text: str) -> None:
    assert wording.size(count) == text


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00:00"), (59.9, "0:00:59"), (93784, "1 day, 2:03:04")])
def test_a_duration_is_in_whole_seconds(seconds: float, text: str) -> None:
    assert wording.duration(seconds) == text


def test_a_table_aligns_names_left_and_numbers_right() -> None:
    assert wording.table(["Tag", "Held"], [["tide", "10"], ["a", "2"]]) == "Tag   Held\ntide    10\na        2"


def test_a_table_without_rows_has_its_headers() -> None:
    assert wording.table(["Tag", "Held"], []) == "Tag  Held"


@pytest.mark.parametrize(("count", "text"), [(0, "0 components"), (1, "1 component"), (2, "2 components")])
def test_one_is_no_plural(count: int, text: str) -> None:
    assert wording.counted(count, "component") == text


@pytest.mark.parametrize(("components", "text"), [([3], "component 3"), ([0, 1, 2, 5], "components 0-2,5")])
def test_components_are_named_by_their_numbers(components: list[int], text: str) -> None:
    assert wording.numbered(components) == text
