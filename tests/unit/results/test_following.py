"""What is shown of a running component, of all that condor_tail says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from htmap_core.exceptions import CondorRefused
from htmap_core.results.following import Run, unseen

RUN, NEXT = Run("17.0", 100, 1), Run("17.0", 103, 2)
NEXT_IN_THE_SAME_SECOND, RECONNECTED = Run("17.0", 100, 2), Run("17.0", 100, 0)


@pytest.mark.parametrize(
    ("seen", "shown"), [(0, [b"begun\n", b"half", b"way"]), (6, [b"half", b"way"]), (8, [b"lf", b"way"])]
)
def test_what_was_shown_is_passed_over_and_nothing_empty_is_shown(seen: int, shown: list[bytes]) -> None:
    assert list(unseen(iter([b"begun\n", b"half", b"way"]), seen, RUN, lambda: RUN)) == shown


@pytest.mark.parametrize("now", [NEXT, NEXT_IN_THE_SAME_SECOND, None])
def test_what_may_be_of_another_run_is_not_taken_for_the_rest_of_this_one(now: Run | None) -> None:
    assert list(unseen(iter([b"begun\n", b"again"]), 6, RUN, lambda: now)) == []


def test_a_run_whose_shadow_is_a_new_one_after_a_reconnect_goes_on() -> None:
    assert list(unseen(iter([b"begun\n", b"", b"end\n"]), 6, RUN, lambda: RECONNECTED)) == [b"end\n"]


def test_a_run_that_has_ended_in_silence_is_left() -> None:
    runs = iter([RUN, None])
    assert list(unseen(iter([b"begun\n", b"", b"of the next"]), 0, RUN, lambda: next(runs))) == [b"begun\n"]


def test_a_schedd_that_does_not_answer_in_silence_is_no_end() -> None:
    def answers() -> Iterator[Run]:
        yield RUN
        raise CondorRefused("busy")

    runs = answers()
    assert list(unseen(iter([b"begun\n", b"", b"end\n"]), 0, RUN, lambda: next(runs))) == [b"begun\n", b"end\n"]
