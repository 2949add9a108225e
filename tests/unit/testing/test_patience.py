"""How tests wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from htmap_core.exceptions import TagNotFound
from htmap_core.testing import eventually
from tests.golden_files import Golden


def giving(*answers: Any) -> Callable[[], Any]:
    """Return a condition that gives, or raises, one answer after the other."""
    left: Iterator[Any] = iter(answers)

    def condition() -> Any:
        answer = next(left)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    return condition


def test_what_holds_at_once_is_returned_without_patience() -> None:
    assert eventually(giving("found"), says="it is found", within=0) == "found"


def test_what_holds_later_is_waited_for() -> None:
    assert eventually(giving(None, [], 0, ["found"]), says="it is found") == ["found"]


@pytest.mark.parametrize("error", [AssertionError(), KeyError("x"), FileNotFoundError("x"), TagNotFound("tide")])
def test_what_cannot_be_asked_yet_is_asked_again(error: Exception) -> None:
    assert eventually(giving(error, "found"), says="it is found") == "found"


@pytest.mark.parametrize("error", [NameError("x"), TypeError("x"), KeyboardInterrupt()])
def test_a_mistake_in_the_condition_is_raised_at_once(error: BaseException) -> None:
    with pytest.raises(type(error)):
        eventually(giving(error, "found"), says="it is found")


def test_when_the_time_is_up_the_condition_and_the_last_answer_are_told(golden: Golden) -> None:
    with pytest.raises(AssertionError) as caught:
        eventually(list, says="the jobs run", within=0.02)
    golden("testing/when-the-time-is-up-with-the-last-answer", caught.value)


def test_when_the_time_is_up_the_last_error_is_told_and_the_cause(tmp_path: Path, golden: Golden) -> None:
    with pytest.raises(AssertionError) as caught:
        eventually((tmp_path / "mark").read_text, says="the mark is there", within=0.02)
    assert isinstance(caught.value.__cause__, FileNotFoundError)
    golden("testing/when-the-time-is-up-with-the-last-error", caught.value)


def test_what_holds_in_the_last_moment_counts() -> None:
    assert eventually(giving(None, "found"), says="it is found", within=0.001) == "found"
