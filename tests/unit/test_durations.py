"""Spans of time as people write them."""

from __future__ import annotations

import datetime
import fractions
from typing import Any

import pytest

from htmap_core.durations import in_words, measured, seconds
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
        ("1h30m", 5400),
        (" 1 hour 30 minutes ", 5400),
        ("2 hrs", 7200),
        ("1 week 1 day", 691200),
        ("7200.5", 7201),
        ("2:30:00", 9000),
        ("100:00:01", 360001),
        ("1-12:00:00", 129600),
        (fractions.Fraction(1, 3), 1),
        ("1W", 604800),
        (datetime.timedelta(hours=2, milliseconds=1), 7201),
    ],
)
def test_a_span_of_time_is_understood_in_any_spelling(given: Any, expected: int) -> None:
    assert seconds(given) == expected


WORDS = "soon|2 horus|2 fortnights|-2h|2:30|2:60:00|1h30|1 ms|1 month|nan|0:00:00|2h later|h|\u0662h|"
HUGE = "9" * 400


def test_what_is_no_span_of_time_is_refused(golden: Golden) -> None:
    said = []
    for given in (*WORDS.split("|"), 0, -1, True, None, float("inf"), float("nan"), int(HUGE), HUGE, f"{HUGE}d"):
        with pytest.raises(ValueError) as caught:
            seconds(given)
        said.append(str(caught.value).replace(HUGE, "9999..."))
    golden("durations/what-is-no-span-of-time-is-refused", "\n".join(said))


@pytest.mark.parametrize(
    ("span", "words"),
    [(0, "0 s"), (59, "59 s"), (1200, "20 min"), (129600, "1 d 12 h"), (604800, "1 w"), (90061, "1 d 1 h")],
)
def test_a_span_of_time_is_told_in_its_two_largest_units(span: int, words: str) -> None:
    assert in_words(span) == words


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (0, "less than 1 ms"),
        (2.1e-05, "less than 1 ms"),
        (0.001, "1 ms"),
        (0.0987, "99 ms"),
        (0.0996, "0.1 s"),
        (0.67, "0.67 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (128.4, "2 min 8 s"),
        (5400, "1 h 30 min"),
    ],
)
def test_what_was_measured_is_told_without_exponents(span: float, words: str) -> None:
    assert measured(span) == words
