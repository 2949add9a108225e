"""The delivery method docker, with a Docker daemon on the execute host and images made on the spot."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

import htmap
from tests.site import containers
from tests.site.contracts import TIMEOUT, DeliverySiteContract
from tests.site.hosts import Site


class TestDocker(DeliverySiteContract):
    method = "docker"
    has_numpy = True

    @classmethod
    def add_hosts(cls, site: Site) -> None:
        prefix, here, other = containers.docker(), containers.with_numpy(), containers.with_another_python()
        variants = {
            "echo:1": 'FROM here:1\nENTRYPOINT ["/bin/echo"]',
            "hidden:1": "FROM here:1\nENV PATH=/nowhere",
        }
        site.add_host(
            "docker",
            config=containers.docker_configuration(prefix),
            visible=[prefix, here, other],
            before=containers.docker_daemon(prefix, {"here:1": here, "other:1": other}, variants),
        )

    @classmethod
    def method_settings(cls) -> dict[str, Any]:
        return {"DOCKER.IMAGE": "here:1"}

    @classmethod
    def checkpoint_options(cls) -> htmap.MapOptions:
        return htmap.MapOptions(docker_network_type="host")  # else the daemon, which has no bridge, gives it none

    @classmethod
    @contextlib.contextmanager
    def with_another_python(cls) -> Iterator[htmap.MapOptions]:
        yield htmap.MapOptions(docker_image="other:1")

    def test_the_entry_point_of_an_image_is_passed_over(self) -> None:
        mapped = htmap.map(lambda x: x, [1], map_options=htmap.MapOptions(docker_image="echo:1"))
        assert mapped.get(0, timeout=TIMEOUT) == 1

    def test_the_container_universe_runs_docker_images_too(self) -> None:
        mapped = htmap.map(lambda x: x, [1], map_options=htmap.MapOptions(container_image="docker://echo:1"))
        assert mapped.get(0, timeout=TIMEOUT) == 1

    def test_an_image_that_cannot_be_pulled_is_a_hold_that_names_it(self) -> None:
        mapped = htmap.map(str, [1], map_options=htmap.MapOptions(docker_image="nowhere.invalid/image:1"))
        with pytest.raises(htmap.exceptions.MapComponentHeld, match=r"Cannot pull image nowhere\.invalid/image:1"):
            mapped.get(0, timeout=TIMEOUT)

    def test_an_image_without_python_is_a_hold_that_says_so(self) -> None:
        options = htmap.MapOptions(docker_image="hidden:1", max_retries=0)
        mapped = htmap.map(str, [1], map_options=options)
        with pytest.raises(htmap.exceptions.MapComponentHeld, match=r"no Python 3\.8 or newer was found"):
            mapped.get(0, timeout=TIMEOUT)
