"""Maps whose states are known from something else than an event log: nothing above :mod:`htmap_core.tracking` minds."""

from __future__ import annotations

import json

import pytest

import htmap
from htmap.exceptions import EndedAlready
from htmap_core import names
from htmap_core.components import ComponentStatus
from htmap_core.files.locks import locked
from htmap_core.maps import recovery
from htmap_core.storage import operations
from htmap_core.testing import run_htmap
from htmap_core.tracking import source
from tests.unit.conftest import MakeMap
from tests.unit.fixed_states import FULL
from tests.unit.maps.conftest import Load

IDLE, RUNNING, HELD, COMPLETED = (ComponentStatus(name) for name in ("IDLE", "RUNNING", "HELD", "COMPLETED"))


def test_a_map_is_as_the_source_says(load: Load) -> None:
    tide = load([COMPLETED, HELD, RUNNING])
    assert tide.component_statuses == [COMPLETED, HELD, RUNNING]
    assert tide.components_by_status()[HELD] == (1,)
    assert tide.holds == {1: FULL}
    assert tide.memory_usage == [10, 11, 12]
    assert [each.total_seconds() for each in tide.runtime] == [2.0] * 3
    assert (tide.is_active, tide.is_done, tide[0]) == (True, False, 0)


def test_who_waits_is_woken_by_what_the_source_tells(load: Load) -> None:
    tide = load([IDLE, IDLE], [COMPLETED, RUNNING], [COMPLETED, COMPLETED])
    tide.wait(timeout=60)
    assert list(tide) == [0, 10]


def test_results_come_in_as_the_source_tells(load: Load) -> None:
    tide = load([IDLE, IDLE], [IDLE, COMPLETED], [COMPLETED, COMPLETED])
    assert list(tide.iter_as_available(timeout=60)) == [10, 0]


def test_a_hold_that_the_source_tells_of_ends_waiting(load: Load) -> None:
    with pytest.raises(htmap.exceptions.MapComponentHeld) as caught:
        load([RUNNING, HELD]).wait(timeout=60)
    assert (caught.value.component, FULL.reason in caught.value.report) == (1, True)


def test_holds_of_the_source_are_explained(load: Load) -> None:
    held, runs = load([HELD, RUNNING, HELD, COMPLETED]).why()
    assert (held.components, held.status, FULL.reason in held.text) == ((0, 2), HELD, True)
    assert (runs.components, runs.status) == ((1,), RUNNING)


def test_the_command_line_shows_what_the_source_tells(load: Load) -> None:
    load([HELD, COMPLETED])
    shown = {
        command: run_htmap(*command.split()).stdout
        for command in ("components tide", "reasons tide", "why tide --json", "status --format json")
    }
    assert shown["components tide"].split() == ["0", "HELD", "1", "COMPLETED"]
    assert FULL.reason in shown["reasons tide"]
    assert [each["status"] for each in json.loads(shown["why tide --json"])["explanations"]] == ["HELD"]
    (facts,) = json.loads(shown["status --format json"]).values()
    assert {name for name, count in facts["component_status_counts"].items() if count} == {"HELD", "COMPLETED"}
    assert facts["max_memory"] == 11 * 1024 * 1024


def test_requests_are_checked_also_where_nothing_is_left_to_change(load: Load) -> None:
    tide = load([COMPLETED])
    for change in (tide.set_memory, tide.set_disk):
        with pytest.warns(EndedAlready):
            change("2GB")
        with pytest.raises(htmap.exceptions.InvalidOption):
            change("2GiB")
        with pytest.raises(TypeError):
            change(1.5)  # type: ignore[arg-type]  # that is the point


@pytest.mark.parametrize(
    ("status", "line"), [("held", "0 2\n"), ("HELD", "0 2\n"), ("Completed", "1\n"), ("errored", "")]
)
def test_components_of_a_status_are_one_line_for_other_commands(load: Load, status: str, line: str) -> None:
    load([HELD, COMPLETED, HELD])
    ran = run_htmap("components", "--status", status, "tide", "--color")
    assert (ran.exit_code, ran.stdout) == (0, line)


def test_running_no_components_again_is_no_error_because_another_command_may_have_named_none(load: Load) -> None:
    tide = load([COMPLETED])
    ran = run_htmap("rerun", "components", "tide")
    assert (ran.exit_code, tide.is_done) == (0, True)


def test_components_that_are_not_there_do_not_run_again(load: Load) -> None:
    load([COMPLETED])
    ran = run_htmap("rerun", "components", "tide", "0", "7")
    assert isinstance(ran.exception, htmap.exceptions.ComponentsNotFound)
    assert ran.exception.components == (7,)


def test_the_command_line_names_each_map_that_it_waited_for(load: Load) -> None:
    load([IDLE], [COMPLETED])
    ran = run_htmap("wait", "tide")
    assert (ran.exit_code, ran.stdout.count("'tide'")) == (0, 1)


def test_the_source_tells_which_submission_of_a_vanished_process_the_schedd_accepted(
    make_map: MakeMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    tide = make_map("tide")
    tide.submissions.intend(2, late=False)
    marker = tide.root / names.RERUNNING / tide.id
    marker.parent.mkdir(exist_ok=True)
    with locked(marker) as file:
        operations.write(file, "tide")
    monkeypatch.setattr(source, "clusters_known", lambda _: {17})
    recovery.settle()
    assert [each.cluster for each in tide.submissions.all()] == [17]
    assert not marker.exists()
