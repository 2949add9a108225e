"""What the OSPool's plugin checks for ``htmap doctor``."""

from __future__ import annotations

from typing import Any

import pytest
from htmap_ospool import checks
from htmap_ospool.settings import OspoolSettings

import htmap
from htmap_core import Check

pytestmark = pytest.mark.usefixtures("htmap_dir")


class Slots:
    """A pool of which only numbers of slots are asked."""

    def __init__(self, *able: int, slots: int = 1195) -> None:
        self.able = list(able)
        self.slots = slots

    def count(self, expression: str) -> tuple[int, int]:
        assert "HAS_SINGULARITY" in expression or '"osdf"' in expression
        return self.able.pop(0), self.slots


def found(pool: Any, project: str | None = "UWMadison_Tides") -> list[Check]:
    return list(checks.of(pool, OspoolSettings(project=project)))


def test_what_is_right_is_told_with_numbers() -> None:
    project, containers, osdf = found(Slots(1175, 27))
    assert [each.verdict for each in (project, containers, osdf)] == ["ok"] * 3
    assert "UWMadison_Tides" in project.text
    assert ("1,175" in containers.text, "27 of 1,195" in osdf.text) == (True, True)


def test_without_a_project_maps_are_refused() -> None:
    project = found(Slots(1, 1), project=None)[0]
    assert (project.area, project.verdict, project.advice) == ("project", "problem", "`htmap set OSPOOL.PROJECT NAME`")


def test_what_no_slot_can_is_noted_and_a_pool_without_slots_says_nothing() -> None:
    assert [each.verdict for each in found(Slots(0, 0))] == ["ok", "note", "note"]
    assert [each.area for each in found(Slots(0, 0, slots=0))] == ["project"]


def test_docker_in_the_settings_is_a_problem() -> None:
    htmap.settings["DELIVERY_METHOD"] = "docker"
    check = found(Slots(1, 1))[1]
    assert (check.area, check.verdict) == ("containers", "problem")
