"""Deadlines."""

from __future__ import annotations

import builtins
import datetime
import time
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core.exceptions import TimeoutError
from htmap_core.settings.waiting import Deadline, tries, until_next_look
from tests.golden_files import Golden

pytestmark = pytest.mark.usefixtures("htmap_dir")


@pytest.mark.parametrize("timeout", [0, -1, 0.0, datetime.timedelta(0)])
def test_without_patience_the_first_pause_is_the_end(htmap_dir: Path, timeout: Any) -> None:
    deadline = Deadline(timeout)
    with pytest.raises(builtins.TimeoutError) as caught:
        deadline.pause("is out", "tide", 3)
    assert isinstance(caught.value, TimeoutError)
    assert (caught.value.tag, caught.value.component, caught.value.reason) == ("tide", 3, "is out")


@pytest.mark.parametrize("timeout", [1000, datetime.timedelta(seconds=1000)])
def test_a_pause_ends_at_the_deadline(timeout: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    htmap.settings["WAIT_TIME"] = 10_000
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    Deadline(timeout).pause("is out", "tide")
    assert 0 < slept[0] <= 1000


def test_for_ever_is_until_the_caller_has_seen_enough() -> None:
    htmap.settings["WAIT_TIME"] = 0
    deadline, began = Deadline(None), time.monotonic()
    for _ in range(3):
        deadline.pause("is out", "tide")
    assert time.monotonic() - began >= 0.015  # the setting cannot make it a busy loop


def test_a_pause_is_as_long_as_asked_for_where_that_is_less_than_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    htmap.settings["WAIT_TIME"] = 5
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    deadline = Deadline(None)
    for at_most in (0, 0.5, 1000):
        deadline.pause("is out", "tide", at_most=at_most)
    deadline.pause("is out", "tide")
    assert 0 < slept[0] < slept[1] == 0.5
    assert slept[2:] == [5, 5]


@pytest.mark.parametrize(("quiet", "took", "longest"), [(2.0, 1e-5, 0.02), (60.0, 1e-5, 0.6), (0.0, 0.005, 0.5)])
def test_one_looks_the_later_the_longer_nothing_has_come_and_a_look_takes(
    quiet: float, took: float, longest: float
) -> None:
    assert longest / 2 <= until_next_look(quiet, took, age=60) <= longest
    assert took <= 0.02 * until_next_look(quiet, took, age=60)


def test_one_looks_more_often_at_the_beginning_where_a_look_is_cheap() -> None:
    assert until_next_look(0, 1e-4, age=1) < until_next_look(0, 1e-4, age=60)
    assert until_next_look(0, 1e-2, age=1) == until_next_look(0, 1e-2, age=60)


@pytest.mark.parametrize("timeout", ["1", [1], object()])
def test_a_timeout_of_another_kind_is_refused(timeout: Any, golden: Golden) -> None:
    with pytest.raises(TypeError) as caught:
        Deadline(timeout)
    golden("waiting/a-timeout-of-another-kind-is-refused", caught.value, hide={repr(timeout): "TIMEOUT"})


def test_what_is_tried_is_tried_at_once_and_once_more_when_the_patience_is_over() -> None:
    assert len(list(tries(0, 1))) == 1
    begun = time.monotonic()
    assert len(list(tries(0.1, 60))) >= 2
    assert time.monotonic() >= begun + 0.1
