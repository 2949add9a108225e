"""Waiting for maps: which components are waited for, and which end it."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap.exceptions import MapComponentError, MapComponentHeld, MapComponentRemoved
from htmap_core.components import ComponentStatus
from htmap_core.progress import line, shown
from tests.terminals import Stream
from tests.unit.maps.conftest import Load

LATER = ComponentStatus.UNMATERIALIZED
IDLE, RUNNING, HELD, COMPLETED, ERRORED, REMOVED = (
    ComponentStatus(name) for name in ("IDLE", "RUNNING", "HELD", "COMPLETED", "ERRORED", "REMOVED")
)

HOLDS: dict[str, Any] = {"holds_ok": True}
ERRORS: dict[str, Any] = {"errors_ok": True}


@pytest.fixture(autouse=True)
def quick(htmap_dir: Path) -> None:
    htmap.settings["WAIT_TIME"] = 0.01


@pytest.mark.parametrize(
    ("status", "ok"), [(HELD, HOLDS), (ERRORED, ERRORS), (REMOVED, ERRORS), (HELD, {**HOLDS, **ERRORS})]
)
def test_what_is_all_right_counts_as_ended_and_the_others_are_waited_for(
    load: Load, status: ComponentStatus, ok: dict[str, Any]
) -> None:
    tide = load([status, IDLE, COMPLETED], [status, RUNNING, COMPLETED], [status, COMPLETED, COMPLETED])
    tide.wait(60, **ok)
    assert tide.component_statuses == [status, COMPLETED, COMPLETED]


@pytest.mark.parametrize("ok", [{}, HOLDS, ERRORS], ids=["nothing", "holds", "errors"])
@pytest.mark.parametrize(
    ("status", "raised"), [(HELD, MapComponentHeld), (ERRORED, MapComponentError), (REMOVED, MapComponentRemoved)]
)
def test_what_is_not_all_right_ends_waiting_at_once(
    load: Load, status: ComponentStatus, raised: type[Exception], ok: dict[str, Any]
) -> None:
    tide = load([IDLE, status])
    if ok == (HOLDS if status is HELD else ERRORS):
        with pytest.raises(TimeoutError):
            tide.wait(0.02, **ok)
    else:
        with pytest.raises(raised):
            tide.wait(60, **ok)


def test_the_first_component_that_is_not_all_right_is_told_of(load: Load) -> None:
    with pytest.raises(MapComponentError) as caught:
        load([HELD, IDLE, ERRORED, REMOVED]).wait(60, holds_ok=True)
    assert caught.value.component == 2


def test_a_held_component_that_is_released_meanwhile_is_waited_for(load: Load) -> None:
    tide = load([HELD, IDLE], [IDLE, COMPLETED], [COMPLETED, COMPLETED])
    tide.wait(60, holds_ok=True)
    assert tide.component_statuses == [COMPLETED, COMPLETED]


@pytest.mark.parametrize("status", [HELD, ERRORED, REMOVED])
def test_a_component_that_goes_on_before_its_problem_is_told_is_waited_for(load: Load, status: ComponentStatus) -> None:
    tide = load([status], [RUNNING], [COMPLETED])
    tide.wait(60)
    assert tide.is_done


def test_a_map_that_cannot_go_on_has_ended_as_soon_as_it_is_waited_for(load: Load) -> None:
    load([HELD, ERRORED, REMOVED, COMPLETED]).wait(0, holds_ok=True, errors_ok=True)


def test_the_line_counts_what_is_all_right(
    load: Load, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown, "MOMENT", 0.0)
    load([HELD, ERRORED, COMPLETED]).wait(60, show_progress_bar=True, holds_ok=True, errors_ok=True)
    assert capfd.readouterr().err.startswith("tide: 3 of 3 components")


def test_components_without_jobs_are_waited_for_unless_they_get_none_before_a_release(load: Load) -> None:
    tide = load([HELD, RUNNING, LATER], [HELD, COMPLETED, LATER], makes_no_jobs=True)
    with pytest.raises(MapComponentHeld):
        tide.wait(60, errors_ok=True)
    tide.wait(60, holds_ok=True)
    assert tide.component_statuses == [HELD, COMPLETED, LATER]


def test_components_that_get_jobs_later_are_waited_for_whatever_is_held(load: Load) -> None:
    with pytest.raises(TimeoutError):
        load([HELD, LATER]).wait(0.02, holds_ok=True)


WAITS: dict[str, Callable[[htmap.Map], Any]] = {
    "wait": lambda tide: tide.wait(),
    "get": lambda tide: tide.get(1),
    "list": list,
    "as available": lambda tide: list(tide.iter_as_available()),
    "with inputs": lambda tide: list(zip(tide.iter(), range(2))),
    "outcomes": lambda tide: list(tide.outcomes()),
    "errors": lambda tide: tide.errors,
}


@pytest.mark.parametrize("name", WAITS)
def test_whatever_waits_shows_on_a_terminal_how_far_the_map_is_and_then_takes_it_away(
    name: str, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Stream(terminal=True)
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(line, "MOMENT", 0.0)
    WAITS[name](load([IDLE, IDLE], [RUNNING, IDLE], [COMPLETED, COMPLETED]))
    assert "tide: " in terminal.got
    assert "waiting" in terminal.got
    assert re.search(r"\r +[\r ]*$", terminal.got)


def test_who_does_not_want_it_gets_none(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Stream(terminal=True)
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(line, "MOMENT", 0.0)
    load([IDLE], [RUNNING], [COMPLETED]).wait(show_progress_bar=False)
    assert terminal.got == ""


def test_commands_draw_nothing_by_themselves(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Stream(terminal=True)
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(line, "MOMENT", 0.0)
    htmap.settings["CLI.IS_CLI"] = True
    load([IDLE], [RUNNING], [COMPLETED]).get(0)
    assert terminal.got == ""
