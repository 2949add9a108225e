"""The states of components."""

from __future__ import annotations

import pytest

from htmap_core.components import ComponentHold, ComponentStatus


def test_a_status_is_the_string_of_its_name() -> None:
    assert all(status == status.name == str(status) for status in ComponentStatus)


def test_completed_errored_and_removed_are_final_and_no_other_status_is() -> None:
    assert {status for status in ComponentStatus if status.is_final} == {"COMPLETED", "ERRORED", "REMOVED"}


def test_status_lines_show_what_waits_for_the_user_first() -> None:
    assert ComponentStatus.display_statuses() == ("HELD", "ERRORED", "IDLE", "RUNNING", "COMPLETED")


def test_the_statuses_are_those_that_users_know() -> None:
    known = {"UNKNOWN", "UNMATERIALIZED", "IDLE", "RUNNING", "REMOVED", "COMPLETED", "HELD", "SUSPENDED", "ERRORED"}
    assert set(ComponentStatus) == known


def test_a_hold_shows_its_code_and_reason() -> None:
    reason = "Disk quota exceeded"
    assert str(ComponentHold(13, reason)) == f"[13] {reason}"


def test_a_hold_is_a_value() -> None:
    hold = ComponentHold(13, "full")
    assert hold == ComponentHold(13, "full")
    with pytest.raises(AttributeError):
        hold.code = 1  # type: ignore[misc]
