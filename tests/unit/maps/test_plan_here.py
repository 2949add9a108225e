"""Plans of maps that need no pool: those that run on this machine, and those that are there already."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core import names
from htmap_core.exceptions import ArgumentsDoNotFit, MapDiffers, NotArguments, TagAlreadyExists
from htmap_core.maps.drafts.plan import Existing
from htmap_core.testing.own_settings import settings_with
from tests.golden_files import Golden


@pytest.fixture(autouse=True)
def in_own_htmap_dir(htmap_dir: Path) -> None:
    """No pool is there."""


def divided() -> Callable[[Any], Any]:
    return lambda x: 12 / x


@pytest.fixture
def tide() -> htmap.Map:
    """Have a map of two components, one of which has failed."""
    return htmap.map(divided(), [3, 0], tag="tide", where="here", if_exists="resume")


def test_a_map_that_would_run_here_has_no_submit_description() -> None:
    plan = htmap.plan(str, [1, 2], tag="tide", where="here")
    assert (plan.components, plan.jobs, plan.lines, plan.delivery_method) == (2, 2, (), "here")
    assert [plan.pool, plan.existing, htmap.get_tags()] == [names.THIS_MACHINE, None, ()]
    assert {each.what for each in plan.travels} >= {"the function", "inputs"}
    with settings_with({"WHERE": "processes"}):
        assert htmap.mapped(str).plan([1, 2]).delivery_method == "processes"


@pytest.mark.parametrize(
    ("rule", "inputs", "components"), [("resume", [3, 0], 0), ("load", [1, 2, 3], 0), ("replace", [1, 2, 3], 3)]
)
def test_a_map_that_is_there_is_told_of_and_stays_as_it_is(
    tide: htmap.Map, rule: str, inputs: list[int], components: int, golden: Golden
) -> None:
    plan = htmap.plan(divided(), inputs, tag="tide", where="here", if_exists=rule)
    assert (plan.existing, plan.components, plan.jobs) == (Existing(2, rule), components, components)
    assert len(plan.warnings) == (rule == "resume")  # of the component that has failed
    assert plan.to_dict()["existing"] == {"components": 2, "rule": rule}
    assert (htmap.load("tide"), len(tide), tide[0]) == (tide, 2, 4)
    if not components:
        golden(f"plans/{rule}", plan)


def test_what_would_be_refused_is_refused(tide: htmap.Map) -> None:
    with pytest.raises(MapDiffers) as caught:
        htmap.plan(divided(), [3, 0, 4], tag="tide", where="here", if_exists="resume")
    assert caught.value.what == "more"
    with pytest.raises(MapDiffers):
        htmap.plan(divided(), [3, 1], tag="tide", where="here", if_exists="resume")
    with pytest.raises(TagAlreadyExists):
        htmap.plan(divided(), [3], tag="tide", where="here")


def test_calls_of_several_arguments_are_planned_as_starmap_makes_them() -> None:
    def power(base: int, exponent: int) -> int:
        return int(base**exponent)

    made = htmap.starmap(power, [(2, 3)], tag="tide", where="here", if_exists="resume")
    plan = htmap.plan(power, [(2, 3)], tag="tide", where="here", if_exists="resume", starmap=True)
    assert plan.existing == Existing(len(made), "resume")
    with pytest.raises(ArgumentsDoNotFit):
        htmap.plan(power, [(2, 3)], where="here")  # type: ignore[arg-type]  # on purpose
    with pytest.raises(NotArguments):
        htmap.plan(power, [2], where="here", starmap=True)  # type: ignore[list-item]  # on purpose
