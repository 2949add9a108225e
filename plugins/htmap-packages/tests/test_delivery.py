"""The delivery method: what it sends, says and adds to a description, alone and on top of another."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from htmap_packages import WithoutBase
from htmap_packages.plugin import PackagesDelivery

import htmap
from htmap_core import MapOptions, MapPlan, PoolView, SubmitDescription, delivery_method
from htmap_core.exceptions import UnknownPythonDeliveryMethod

Planned = Callable[..., MapPlan]
Wheel = Callable[..., Path]
Slots = Callable[..., PoolView]


@pytest.fixture
def method() -> PackagesDelivery:
    return PackagesDelivery()


def described(method: PackagesDelivery, plan: MapPlan, submit: SubmitDescription | None = None) -> SubmitDescription:
    submit = submit or SubmitDescription()
    method.prepare(plan)
    method.describe(submit, plan)
    return submit


def test_one_file_travels_which_maps_share(method: PackagesDelivery, planned: Planned, wheel: Wheel) -> None:
    wheel("waves")
    first = described(method, planned(require=["waves"]))
    second = described(method, planned(tag="ebb"))
    assert len(first.input_files) == 1
    assert first.input_files == second.input_files


def test_room_for_what_is_unpacked_is_requested(method: PackagesDelivery, planned: Planned, wheel: Wheel) -> None:
    wheel("waves")
    assert described(method, planned(require=["waves"])).get("request_disk") == "1025MB"


def test_the_users_request_wins(method: PackagesDelivery, planned: Planned, wheel: Wheel) -> None:
    wheel("waves")
    submit = SubmitDescription()
    submit.set("request_disk", "7GB")
    assert described(method, planned(require=["waves"]), submit).get("request_disk") == "7GB"


def test_without_packages_nothing_is_added_and_uv_is_not_asked(
    method: PackagesDelivery, planned: Planned, htmap_dir: Path
) -> None:
    plan = planned()
    assert described(method, plan) == SubmitDescription()
    assert method.unprepared(plan) is None
    assert not (htmap_dir / "packages").exists()


def test_the_log_says_what_is_sent_and_how_large(
    method: PackagesDelivery, planned: Planned, wheel: Wheel, caplog: pytest.LogCaptureFixture
) -> None:
    wheel("waves")
    with caplog.at_level(logging.INFO):
        method.prepare(planned(require=["waves"]))
    (said,) = {each.getMessage() for each in caplog.records if each.name == "htmap"}
    assert "waves==1.0" in said
    assert " B" in said or "kB" in said


def test_a_plan_says_what_would_be_built_and_builds_nothing(
    method: PackagesDelivery, planned: Planned, wheel: Wheel, htmap_dir: Path
) -> None:
    wheel("waves")
    plan = planned(require=["waves"])
    assert "waves" in (method.unprepared(plan) or "")
    method.describe(SubmitDescription(), plan)
    assert not (htmap_dir / "packages").exists()


def test_a_plan_of_what_was_built_has_versions_and_size(
    method: PackagesDelivery, planned: Planned, wheel: Wheel
) -> None:
    wheel("waves")
    method.prepare(planned(require=["waves"]))
    said = PackagesDelivery().unprepared(planned(tag="ebb")) or ""
    assert "waves==1.0" in said


# --- on top of another method


def test_on_top_of_an_image_both_describe(method: PackagesDelivery, planned: Planned, wheel: Wheel) -> None:
    wheel("waves")
    htmap.settings["DOCKER.IMAGE"] = "harbour:1"
    submit = described(method, planned(require=["waves"], on_top_of="docker"))
    assert (submit.universe, submit.get("docker_image"), len(submit.input_files)) == ("docker", "harbour:1", 1)


def test_it_suits_where_the_other_method_does(method: PackagesDelivery, planned: Planned, slots: Slots) -> None:
    planned(on_top_of="docker")
    said, of_docker = method.check(slots("AlmaLinux9")), delivery_method("docker").check(slots("AlmaLinux9"))
    assert (said.verdict, said.rank) == ("yes", of_docker.rank)
    assert said.reason.startswith(of_docker.reason)
    assert method.saves_jobs == delivery_method("docker").saves_jobs


def test_alone_nobody_knows_whether_it_suits(method: PackagesDelivery, htmap_dir: Path, slots: Slots) -> None:
    said, assumed = method.check(slots("AlmaLinux9")), delivery_method("assume").check(slots("AlmaLinux9"))
    assert (said.verdict, assumed.verdict) == ("unknown", "unknown")
    assert said.rank > assumed.rank
    assert method.saves_jobs


def test_it_lacks_what_the_image_lacks_where_nothing_is_sent(method: PackagesDelivery, planned: Planned) -> None:
    planned(on_top_of="docker")
    assert set(method.lacks({"numpy"}, MapOptions())) == set()
    planned(require=[])
    assert set(method.lacks({"numpy"}, MapOptions())) == {"numpy"}


def test_a_method_below_that_is_not_installed_is_told(method: PackagesDelivery, planned: Planned) -> None:
    with pytest.raises(UnknownPythonDeliveryMethod):
        method.prepare(planned(on_top_of="hovercraft"))


def test_it_does_not_stand_on_itself(method: PackagesDelivery, planned: Planned) -> None:
    with pytest.raises(WithoutBase):
        method.prepare(planned(on_top_of="packages"))


# --- on a pool


@pytest.mark.pool
class TestOnAPool:
    """Two maps: on the node's Python and, below the packages, with that of ``shared``."""

    def test_what_is_sent_is_imported(self, personal_pool: object, wheel: Wheel) -> None:
        def version(_: int) -> tuple[str, str]:
            import os

            import waves  # type: ignore[import-not-found]

            return waves.version, os.path.basename(os.path.dirname(waves.__file__))

        wheel("waves", "7.5")
        htmap.settings["DELIVERY_METHOD"] = "packages"
        htmap.settings["PACKAGES.REQUIRE"] = ["waves"]
        htmap.settings["PACKAGES.ON_TOP_OF"] = "shared"
        mapped = htmap.map(version, range(2), chunksize=2)
        assert list(mapped.iter(timeout=180)) == [("7.5", "_htmap_packages")] * 2
        told = str(mapped.plan())
        assert "_htmap_packages.tar.gz" in told

    def test_a_plan_names_the_packages(self, personal_pool: object, wheel: Wheel) -> None:
        wheel("waves")
        htmap.settings["DELIVERY_METHOD"] = "packages"
        htmap.settings["PACKAGES.REQUIRE"] = ["waves"]
        plan = htmap.plan(lambda x: x, [1])
        (step,) = [each for each in plan.not_called if each.plugin == "packages"]
        assert "waves" in step.why
