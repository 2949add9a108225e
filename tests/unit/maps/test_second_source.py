"""Maps whose states are known from something else than an event log: nothing above :mod:`htmap_core.tracking` minds."""

from __future__ import annotations

import json
from collections.abc import Callable

import attrs
import pytest
from click.testing import CliRunner

import htmap
from htmap_core.cli import cli
from htmap_core.components import ComponentHold, ComponentStatus
from htmap_core.condor.connection import Connection
from htmap_core.tracking import source
from tests.unit.maps.conftest import MakeMap

IDLE, RUNNING, HELD, COMPLETED = (ComponentStatus(name) for name in ("IDLE", "RUNNING", "HELD", "COMPLETED"))
FULL = ComponentHold(34, "the job used more memory than it requested")


@attrs.define
class FixedStates:
    """What is known after each look; the last for ever after."""

    looks: list[list[ComponentStatus]]

    def poll(self) -> bool:
        del self.looks[: len(self.looks) > 1]
        return True

    def statuses(self) -> list[ComponentStatus]:
        return self.looks[0]

    def status(self, component: int) -> ComponentStatus:
        return self.looks[0][component]

    def hold(self, component: int) -> ComponentHold | None:
        return FULL if self.status(component) is HELD else None

    def note(self, component: int) -> str:
        return ""

    def memory(self, component: int) -> int:
        return 10 + component

    def runtime(self, component: int) -> float:
        return 2.0

    @property
    def has_ended(self) -> bool:
        return all(status.is_final for status in self.looks[0])

    def ask_the_schedd(self, connection: Connection) -> None:
        raise AssertionError(f"news come with every look, so the schedd of {connection.address} is not asked")

    def save(self) -> None:
        pass


Load = Callable[..., htmap.Map]


@pytest.fixture
def load(make_map: MakeMap, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Return what loads a map ``tide``, of which the looks tell."""

    def load(*looks: list[ComponentStatus]) -> htmap.Map:
        make_map("tide", len(looks[0]), {number: 10 * number for number in range(len(looks[0]))})
        monkeypatch.setattr(source, "of", lambda _: FixedStates([looks[0], *looks]))
        return htmap.load("tide")

    return load


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
        command: CliRunner().invoke(cli, command.split(), catch_exceptions=False).stdout
        for command in ("components tide", "reasons tide", "why tide --json", "status --format json")
    }
    assert shown["components tide"].split() == ["0", "HELD", "1", "COMPLETED"]
    assert FULL.reason in shown["reasons tide"]
    assert [each["status"] for each in json.loads(shown["why tide --json"])] == ["HELD"]
    (facts,) = json.loads(shown["status --format json"]).values()
    assert {name for name, count in facts["component_status_counts"].items() if count} == {"HELD", "COMPLETED"}
    assert facts["max_memory"] == 11 * 1024 * 1024
