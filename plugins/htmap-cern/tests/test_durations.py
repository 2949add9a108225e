"""Spans of time as people write them."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from htmap_cern.durations import in_words, seconds

from tests.golden_files import Golden


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (7200, 7200),
        (0.5, 1),
        ("7200", 7200),
        ("2h", 7200),
        ("1.5 h", 5400),
        ("90 min", 5400),
        ("90m", 5400),
        ("1d 12h", 129600),
        ("1W", 604800),
        (datetime.timedelta(hours=2, milliseconds=1), 7201),
    ],
)
def test_a_span_of_time_is_understood_in_any_spelling(given: Any, expected: int) -> None:
    assert seconds(given) == expected


def test_what_is_no_span_of_time_is_refused(golden: Golden) -> None:
    said = []
    for given in ("", "soon", "2 fortnights", "-2h", 0, -1, True, None, float("inf"), "2h later", "h"):
        with pytest.raises(ValueError) as caught:
            seconds(given)
        said.append(str(caught.value))
    golden("cern/what-is-no-span-of-time-is-refused", "\n".join(said))


@pytest.mark.parametrize(
    ("span", "words"),
    [(0, "0 s"), (59, "59 s"), (1200, "20 min"), (129600, "1 d 12 h"), (604800, "1 w"), (90061, "1 d 1 h")],
)
def test_a_span_of_time_is_told_in_its_two_largest_units(span: int, words: str) -> None:
    assert in_words(span) == words
