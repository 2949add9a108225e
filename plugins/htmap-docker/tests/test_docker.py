"""What is special about the delivery method docker, as far as it shows without Docker; tests/site has the rest."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from htmap_docker import NoDockerImage
from htmap_docker.plugin import RANK, Docker

import htmap
from htmap_core import MapOptions, MapPlan, PoolAddress, Settings, SubmitDescription
from htmap_core.exceptions import InvalidSetting, PoolUnavailable
from tests.golden_files import Golden

HERE = f"python:{sys.version_info.major}.{sys.version_info.minor}"


class Slots:
    """A pool of nine slots, of which some can do something."""

    address = PoolAddress("far")
    is_local = False

    def __init__(self, docker: int = 0, docker_images: int = 0) -> None:
        self._counts = {"HasDocker =": docker, "HasContainer =": docker_images}

    def slots(self, projection: Sequence[str] = ()) -> list[dict[str, Any]]:
        return [{}] * 9

    def count(self, expression: str) -> tuple[int, int]:
        return next(count for begin, count in self._counts.items() if expression.startswith(begin)), 9

    def parameter(self, name: str) -> str | None:
        return None


class Silent(Slots):
    """A pool whose collector does not answer."""

    def count(self, expression: str) -> tuple[int, int]:
        raise PoolUnavailable("machine", "timeout")


def described(pool: Slots, **table: Any) -> SubmitDescription:
    submit = SubmitDescription()
    Docker().describe(submit, plan_for(pool, Settings({"DOCKER": table})))
    return submit


def plan_for(pool: Slots, chain: Settings) -> MapPlan:
    return MapPlan("tide", Path("/maps/1"), Path("/maps/1/_htmap_runtime.pyz"), 1, 1, MapOptions(), chain, pool)


def test_it_suits_a_pool_with_docker_slots_and_says_how_many(golden: Golden) -> None:
    found = Docker().check(Slots(docker=4))
    assert found.verdict == "yes"
    golden("docker/it-suits-a-pool-with-docker-slots-and-says-how", found.reason)


def test_it_suits_a_pool_whose_slots_run_docker_images_otherwise(golden: Golden) -> None:
    found = Docker().check(Slots(docker_images=2))
    assert found.verdict == "yes"
    golden("docker/it-suits-a-pool-whose-slots-run-docker-images", found.reason)


def test_the_more_slots_can_run_it_the_better_a_choice_it_is() -> None:
    ranks = [Docker().check(Slots(docker=count)).rank for count in (1, 4, 9)]
    assert ranks == sorted(set(ranks))
    assert ranks[-1] == RANK


def test_it_does_not_suit_a_pool_without_either(golden: Golden) -> None:
    found = Docker().check(Slots())
    assert found.verdict == "no"
    golden("docker/it-does-not-suit-a-pool-without-either", found.reason)


@pytest.mark.usefixtures("htmap_dir")
def test_only_the_universe_that_the_settings_name_counts() -> None:
    htmap.settings["DOCKER.UNIVERSE"] = "container"
    assert Docker().check(Slots(docker=4)).verdict == "no"


def test_the_default_image_is_the_official_python_of_this_minor_version() -> None:
    assert described(Slots(docker=1)).get("docker_image") == HERE


@pytest.mark.parametrize("pool", [Slots(docker=1, docker_images=3), Slots(), Silent()])
def test_jobs_are_of_the_docker_universe_where_it_can_be_had_or_nothing_better_is_known(pool: Slots) -> None:
    submit = described(pool, image="me/mine:1")
    assert (submit.universe, submit.get("docker_image")) == ("docker", "me/mine:1")
    assert submit.get("container_image") is None


@pytest.mark.parametrize("image", ["me/mine:1", "docker://me/mine:1"])
def test_jobs_are_of_the_container_universe_where_slots_run_docker_images_in_it_alone(image: str) -> None:
    submit = described(Slots(docker_images=1), image=image)
    assert (submit.universe, submit.get("container_image")) == ("container", "docker://me/mine:1")
    assert submit.get("docker_image") is None


def test_a_universe_that_is_set_is_used_as_told() -> None:
    assert described(Slots(docker=9), universe="container").universe == "container"


def test_another_universe_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(InvalidSetting, match="'docker', 'container'"):
        described(Slots(), universe="vanilla")


def test_the_entry_point_of_an_image_is_not_run_unless_the_user_wants_it() -> None:
    assert described(Slots()).get("docker_override_entrypoint") == "true"
    submit = SubmitDescription()
    submit.set("docker_override_entrypoint", False)
    Docker().describe(submit, plan_for(Slots(), Settings()))
    assert submit.get("docker_override_entrypoint") == "false"


@pytest.mark.parametrize(("option", "image"), [("docker_image", "mine:1"), ("container_image", "docker://mine:1")])
def test_a_map_can_have_an_image_of_its_own_and_the_universe_that_goes_with_it(option: str, image: str) -> None:
    submit = SubmitDescription()
    submit.set(option, image)
    Docker().describe(submit, plan_for(Slots(docker=1, docker_images=1), Settings()))
    assert (submit.get(option), submit.universe) == (image, option.removesuffix("_image"))
    assert sum(submit.has(each) for each in ("docker_image", "container_image")) == 1


def test_an_empty_image_is_refused_with_the_lines_to_write(golden: Golden) -> None:
    with pytest.raises(NoDockerImage) as caught:
        described(Slots(), image=" ")
    golden("docker/an-empty-image-is-refused-with-the-lines-to-write", caught.value, hide={HERE: "IMAGE"})
    assert f'[DOCKER]\n    IMAGE = "{HERE}"' in str(caught.value)


def test_the_image_can_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, htmap_dir: Path) -> None:
    monkeypatch.setenv("HTMAP_DOCKER_IMAGE", "from/environment:1")
    submit = SubmitDescription()
    Docker().describe(submit, plan_for(Slots(), htmap.settings))
    assert submit.get("docker_image") == "from/environment:1"


@pytest.mark.usefixtures("htmap_dir")
def test_without_slots_nobody_knows_whether_it_suits() -> None:
    assert Docker().check(Empty()).verdict == "unknown"


class Empty(Slots):
    """A pool whose slots are all gone, as those of glideins are by night."""

    def count(self, expression: str) -> tuple[int, int]:
        return 0, 0


@pytest.mark.usefixtures("htmap_dir")
class TestModules:
    def test_the_default_image_is_known_to_have_nothing_but_pip(self) -> None:
        assert set(Docker().lacks({"numpy", "pip"}, MapOptions())) == {"numpy"}

    @pytest.mark.parametrize("option", ["docker_image", "container_image"])
    def test_of_an_image_of_the_maps_own_nothing_is_known(self, option: str) -> None:
        options = MapOptions()
        options[option] = "me/mine:1"
        assert set(Docker().lacks({"numpy"}, options)) == set()

    def test_of_an_image_of_the_settings_nothing_is_known(self) -> None:
        htmap.settings["DOCKER.IMAGE"] = "me/mine:1"
        assert set(Docker().lacks({"numpy"}, MapOptions())) == set()

    def test_modules_that_the_settings_name_are_all_that_it_has(self) -> None:
        htmap.settings["DOCKER.MODULES"] = ["numpy"]
        assert set(Docker().lacks({"numpy", "scipy"}, MapOptions())) == {"scipy"}

    def test_an_image_that_the_settings_say_has_none_lacks_all(self) -> None:
        htmap.settings["DOCKER.IMAGE"] = "docker://me/mine:1"
        htmap.settings["DOCKER.MODULES"] = []
        assert set(Docker().lacks({"numpy"}, MapOptions())) == {"numpy"}

    def test_what_the_settings_name_is_not_of_an_image_of_the_maps_own(self) -> None:
        htmap.settings["DOCKER.MODULES"] = []
        assert set(Docker().lacks({"numpy"}, MapOptions(container_image="docker://me/mine:1"))) == set()
