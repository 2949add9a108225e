"""A delivery method that adds to another one calls it as HTMap does, and what goes wrong there is not its own fault."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from htmap_core import DeliveryMethod, MapOptions, MapPlan, Settings, SubmitDescription, Suitability, delivery_method
from htmap_core.exceptions import PluginError, UnknownPythonDeliveryMethod
from htmap_core.plugins.calls import plugins
from htmap_core.testing.empty_pool import EmptyPool


class Harbour(DeliveryMethod):
    name = "harbour"
    remedy = "sail elsewhere"
    saves_jobs = False

    def check(self, pool: Any) -> Suitability:
        return Suitability.yes("all slots have a harbour", 40)

    def lacks(self, modules: Any, options: MapOptions) -> Any:
        return modules

    def prepare(self, plan: MapPlan) -> None:
        raise RuntimeError("it rains")

    def describe(self, submit: SubmitDescription, plan: MapPlan) -> None:
        submit.set_universe("docker")


@pytest.fixture
def below(htmap_dir: Path) -> Iterator[DeliveryMethod]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(plugins._registered, "harbour", Harbour())
        yield delivery_method("harbour")


@pytest.fixture
def plan(tmp_path: Path) -> MapPlan:
    return MapPlan("tide", tmp_path, tmp_path / "runtime", 3, 3, MapOptions(), Settings({}), EmptyPool())


def test_it_answers_what_the_method_answers(below: DeliveryMethod) -> None:
    assert below.check(EmptyPool()) == Harbour().check(EmptyPool())
    assert set(below.lacks({"numpy"}, MapOptions())) == {"numpy"}
    assert (below.name, below.remedy, below.saves_jobs) == ("harbour", "sail elsewhere", False)


def test_it_describes_what_the_method_describes(below: DeliveryMethod, plan: MapPlan) -> None:
    submit = SubmitDescription()
    below.describe(submit, plan)
    assert submit.universe == "docker"


def test_what_goes_wrong_is_blamed_on_whose_method_it_is(below: DeliveryMethod, plan: MapPlan) -> None:
    with pytest.raises(PluginError) as caught:
        below.prepare(plan)
    assert caught.value.plugin == "harbour"


def test_it_says_what_the_method_would_prepare(below: DeliveryMethod, plan: MapPlan) -> None:
    assert below.unprepared(plan) == Harbour().unprepared(plan)


def test_a_method_that_is_not_installed_is_told(htmap_dir: Path) -> None:
    with pytest.raises(UnknownPythonDeliveryMethod):
        delivery_method("hovercraft")
