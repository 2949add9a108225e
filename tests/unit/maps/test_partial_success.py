"""Maps of which not all components have results: enough of them, those that there are, and those that have none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap.exceptions import InvalidShare, MapComponentError, MapComponentHeld, TooFewResults
from htmap.exceptions import TimeoutError as PatienceEnded
from htmap_core.components import ComponentStatus
from htmap_core.testing import run_htmap
from tests.unit.fixed_states import FULL
from tests.unit.maps.conftest import Load

IDLE, RUNNING, HELD, COMPLETED, ERRORED, REMOVED = (
    ComponentStatus(name) for name in ("IDLE", "RUNNING", "HELD", "COMPLETED", "ERRORED", "REMOVED")
)


@pytest.fixture(autouse=True)
def quick(htmap_dir: Path) -> None:
    htmap.settings["WAIT_TIME"] = 0.01


# --- enough


@pytest.mark.parametrize("left", [IDLE, RUNNING, HELD, ERRORED, REMOVED])
def test_a_map_is_waited_for_until_enough_components_have_results(load: Load, left: ComponentStatus) -> None:
    tide = load([IDLE, IDLE, IDLE, left], [COMPLETED, COMPLETED, IDLE, left], [COMPLETED, COMPLETED, COMPLETED, left])
    tide.wait(60, acceptable=0.75)
    assert tide.component_statuses == [COMPLETED, COMPLETED, COMPLETED, left]


@pytest.mark.parametrize(("share", "is_enough"), [(0.07, True), (0.08, False), (1e-9, True), (0.070000001, False)])
def test_as_many_components_are_enough_as_the_share_says(load: Load, share: float, is_enough: bool) -> None:
    tide = load([COMPLETED] * 7 + [RUNNING] * 93)
    if is_enough:
        tide.wait(60, acceptable=share)
    else:
        with pytest.raises(PatienceEnded):
            tide.wait(0.02, acceptable=share)


@pytest.mark.parametrize("all_of_them", [1, 1.0])
def test_one_is_all_of_them(load: Load, all_of_them: float) -> None:
    with pytest.raises(PatienceEnded):
        load([COMPLETED] * 3 + [RUNNING]).wait(0.02, acceptable=all_of_them)


@pytest.mark.parametrize("given", [0, 0.0, 99, 1.01, -1, float("nan"), float("inf"), True, "0.99", [0.99]])
def test_what_is_no_share_is_refused(load: Load, given: Any) -> None:
    with pytest.raises(InvalidShare) as caught:
        load([COMPLETED]).wait(60, acceptable=given)
    assert caught.value.value is given
    assert isinstance(caught.value, ValueError)


def test_what_cannot_be_reached_any_more_is_told_at_once_with_all_that_stands_in_its_way(load: Load) -> None:
    tide = load([RUNNING, ERRORED, HELD, REMOVED, RUNNING, RUNNING])
    with pytest.raises(TooFewResults) as caught:
        tide.wait(60, acceptable=0.6)
    told = caught.value
    assert (told.tag, told.count, told.needed) == ("tide", 6, 4)
    assert (told.component, told.failed, told.held) == (1, (1, 3), (2,))


def test_the_first_hold_is_told_in_one_line(load: Load) -> None:
    with pytest.raises(TooFewResults) as caught:
        load([HELD, RUNNING]).wait(60, acceptable=1.0)
    assert FULL.reason in caught.value.headline
    assert "\n" not in caught.value.headline


def test_without_a_share_the_first_problem_is_raised_as_before(load: Load) -> None:
    with pytest.raises(MapComponentHeld):
        load([RUNNING, HELD]).wait(60)


def test_what_else_is_all_right_counts(load: Load) -> None:
    tide = load([HELD, ERRORED, COMPLETED, RUNNING])
    tide.wait(60, holds_ok=True, errors_ok=True, acceptable=0.75)
    with pytest.raises(TooFewResults):
        tide.wait(60, holds_ok=True, acceptable=0.95)


def test_the_command_line_waits_for_a_share(load: Load) -> None:
    load([COMPLETED, COMPLETED, RUNNING])
    ended = run_htmap("wait", "--acceptable", "0.6", "tide")
    assert (ended.exit_code, "2 of 3" in ended.stdout) == (0, True)
    for refused in ("0", "99", "nan", "-1"):
        assert run_htmap("wait", "--acceptable", refused, "tide").exit_code == 2


def test_the_command_line_fails_as_soon_as_the_share_is_out_of_reach(load: Load) -> None:
    load([COMPLETED, ERRORED, RUNNING])
    assert run_htmap("wait", "--acceptable", "0.9", "tide").exit_code == 1


# --- what there is


def test_results_are_in_order_without_what_has_none(load: Load) -> None:
    tide = load([COMPLETED, ERRORED, COMPLETED, HELD, COMPLETED, REMOVED])
    assert list(tide.results(errors="skip")) == [0, 20, 40]


def test_errors_and_holds_can_stand_in_the_place_of_results(load: Load) -> None:
    first, failed, third, held = load([COMPLETED, ERRORED, COMPLETED, HELD]).results(errors="return")
    assert (first, third, held) == (0, 20, FULL)
    assert isinstance(failed, htmap.ComponentError)
    assert failed.component == 1


def test_an_error_ends_the_results_where_nothing_else_is_asked_for(load: Load) -> None:
    results = load([COMPLETED, ERRORED, COMPLETED]).results()
    assert next(results) == 0
    with pytest.raises(MapComponentError):
        next(results)


def test_results_that_have_not_come_are_waited_for(load: Load) -> None:
    tide = load([RUNNING, ERRORED, RUNNING], [RUNNING, ERRORED, COMPLETED], [COMPLETED, ERRORED, COMPLETED])
    assert list(tide.results(errors="skip", timeout=60)) == [0, 20]


@pytest.mark.parametrize("errors", ["raise", "skip", "return"])
def test_results_that_have_not_come_can_be_left_out(load: Load, errors: Any) -> None:
    tide = load([RUNNING, COMPLETED, IDLE, COMPLETED])
    assert list(tide.results(errors=errors, unfinished="skip", timeout=60)) == [10, 30]


@pytest.mark.parametrize("given", [{"errors": "ignore"}, {"errors": True}, {"unfinished": "raise"}])
def test_another_word_is_refused_before_anything_is_waited_for(load: Load, given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(given))):
        load([RUNNING]).results(**given)


# --- what has none


def test_what_has_failed_are_the_components_that_have_ended_without_a_result(load: Load) -> None:
    assert load([COMPLETED, ERRORED, HELD, REMOVED, RUNNING]).failed == (1, 3)


def test_the_command_line_says_that_no_component_has_failed(load: Load) -> None:
    load([COMPLETED, HELD])
    ran = run_htmap("rerun", "failed", "tide")
    assert (ran.exit_code, "tide" in ran.stdout) == (0, True)
