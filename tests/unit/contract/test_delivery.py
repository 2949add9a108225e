"""Delivery methods: their verdicts, and those that are made of two functions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest

from htmap_core.contract.delivery import DeliveryMethod, RegisteredDeliveryMethod, Suitability
from htmap_core.contract.options import MapOptions
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.pools import PoolAddress
from htmap_core.contract.submit import SubmitDescription
from htmap_core.exceptions import InvalidOption, ReservedOptionKeyword
from htmap_core.settings.chain import Settings


class NoSlots:
    """A pool without slots."""

    address = PoolAddress("empty")
    is_local = False

    def slots(self, projection: Any = ()) -> list[Mapping[str, Any]]:
        return []

    def count(self, expression: str) -> tuple[int, int]:
        return 0, 0

    def parameter(self, name: str) -> str | None:
        return None


@pytest.fixture
def plan(tmp_path: Path) -> MapPlan:
    return MapPlan(
        tag="tide",
        map_dir=tmp_path,
        runtime=tmp_path / "runtime.pyz",
        components=3,
        jobs=3,
        options=MapOptions(),
        settings=Settings(),
        pool=NoSlots(),
    )


def described(plan: MapPlan, commands: Mapping[str, Any]) -> SubmitDescription:
    submit = SubmitDescription()
    RegisteredDeliveryMethod("mine", lambda *_: commands).describe(submit, plan)
    return submit


def test_a_verdict_says_what_it_is_made_for() -> None:
    assert attrs.astuple(Suitability.yes("3 of 5", 7)) == ("yes", "3 of 5", 7)
    assert attrs.astuple(Suitability.no("0 of 5")) == ("no", "0 of 5", 0)
    assert attrs.astuple(Suitability.unknown("who knows")) == ("unknown", "who knows", 0)


def test_a_method_that_does_not_say_is_unknown_and_prepares_nothing(plan: MapPlan) -> None:
    class Silent(DeliveryMethod):
        name = "silent"

        def describe(self, submit: SubmitDescription, plan: MapPlan) -> None:
            pass

    assert Silent().check(plan.pool).verdict == "unknown"
    Silent().prepare(plan)
    assert list(plan.map_dir.iterdir()) == []


def test_a_method_must_describe() -> None:
    class Lazy(DeliveryMethod):
        name = "lazy"

    with pytest.raises(TypeError, match="describe"):
        Lazy()  # type: ignore[abstract]


def test_a_registered_method_gets_the_tag_and_the_directory(plan: MapPlan) -> None:
    calls: list[tuple[str, str, Path]] = []

    def descriptors(tag: str, map_dir: Path) -> Mapping[str, Any]:
        calls.append(("describe", tag, map_dir))
        return {}

    def setup(tag: str, map_dir: Path) -> None:
        calls.append(("setup", tag, map_dir))

    method = RegisteredDeliveryMethod("mine", descriptors, setup)
    method.prepare(plan)
    method.describe(SubmitDescription(), plan)
    assert calls == [("setup", "tide", plan.map_dir), ("describe", "tide", plan.map_dir)]


def test_a_registered_method_without_setup_prepares_nothing(plan: MapPlan) -> None:
    RegisteredDeliveryMethod("mine", lambda *_: {}).prepare(plan)


def test_a_registered_method_is_chosen_by_name_rather_than_by_rank(plan: MapPlan) -> None:
    found = RegisteredDeliveryMethod("mine", lambda *_: {}).check(plan.pool)
    assert (found.verdict, found.rank < 0) == ("unknown", True)


def test_universe_and_executable_go_where_they_belong(plan: MapPlan) -> None:
    submit = described(
        plan, {"Universe": "docker", "Executable": "run.sh", "docker_image": "python", "transfer_executable": "True"}
    )
    assert (submit.universe, submit.executable, submit.transfer_executable) == ("docker", "run.sh", True)
    assert submit.commands() == {"docker_image": "python"}


@pytest.mark.parametrize("no", ["False", "false", False, "no", 0])
def test_an_executable_of_the_execute_node_is_not_transferred(plan: MapPlan, no: object) -> None:
    submit = described(plan, {"executable": "/usr/bin/python3", "transfer_executable": no})
    assert (submit.executable, submit.transfer_executable) == ("/usr/bin/python3", False)


@pytest.mark.parametrize("files", ["a, b,", ["a", "b"], ("a", Path("b")), "a,b"])
def test_input_files_are_sent_along(plan: MapPlan, files: object) -> None:
    assert described(plan, {"transfer_input_files": files}).input_files == ("a", "b")


def test_requirements_are_combined_and_attributes_set(plan: MapPlan) -> None:
    submit = SubmitDescription()
    submit.set("requirements", "A")
    method = RegisteredDeliveryMethod("mine", lambda *_: {"Requirements": "B", "+Project": 1, "MY.Site": 2})
    method.describe(submit, plan)
    assert submit.commands() == {"requirements": "(A) && (B)", "MY.Project": "1", "MY.Site": "2"}


def test_arguments_are_left_to_htmap(plan: MapPlan) -> None:
    assert described(plan, {"arguments": "$(component)"}) == SubmitDescription()


def test_what_htmap_sets_is_refused(plan: MapPlan) -> None:
    with pytest.raises(ReservedOptionKeyword, match="log"):
        described(plan, {"log": "mine.log"})


def test_a_line_cannot_be_broken(plan: MapPlan) -> None:
    with pytest.raises(InvalidOption):
        described(plan, {"universe": "vanilla\nqueue"})
