"""The delivery method docker, with a Docker daemon on the execute host and images made on the spot."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import htmap
from tests.site import containers
from tests.site.contracts import TIMEOUT, DeliverySiteContract
from tests.site.counting import STOP, counter, wait_for_checkpoint
from tests.site.hosts import Site


class TestDocker(DeliverySiteContract):
    method = "docker"
    has_numpy = True

    @classmethod
    def add_hosts(cls, site: Site) -> None:
        if "docker" in site.hosts:
            return
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
        with pytest.raises(htmap.exceptions.MapComponentHeld, match=r"nowhere\.invalid/image:1"):
            mapped.get(0, timeout=TIMEOUT)

    def test_an_image_without_python_is_a_hold_that_says_so(self) -> None:
        options = htmap.MapOptions(docker_image="hidden:1", max_retries=0)
        mapped = htmap.map(str, [1], map_options=options)
        with pytest.raises(htmap.exceptions.MapComponentHeld, match=r"\b3\.8\b"):
            mapped.get(0, timeout=TIMEOUT)


REACHING_BACK = {"WantIOProxy": "true"}  # jobs copy checkpoints to the submit side at once


class TestCheckpoints:
    """What a container can reach of the submit side depends on its network."""

    @pytest.fixture(autouse=True)
    def settings(self, on_site: Site) -> None:
        TestDocker.add_hosts(on_site)
        htmap.settings["DELIVERY_METHOD"] = "docker"
        htmap.settings["DOCKER.IMAGE"] = "here:1"

    def test_a_container_in_the_network_of_its_host_goes_on_from_a_checkpoint(self) -> None:
        options = htmap.MapOptions(docker_network_type="host", custom_options=REACHING_BACK, checkpoint_interval=0)
        mapped = htmap.map(counter(), [0], options)
        wait_for_checkpoint(mapped)
        mapped.vacate()
        assert mapped.get(0, timeout=TIMEOUT)[1] == STOP

    def test_a_container_without_a_network_runs_and_says_what_is_missing(self) -> None:
        def function(_: int) -> int:
            Path("state").touch()
            htmap.checkpoint("state")
            return 1

        options = htmap.MapOptions(docker_network_type="none", custom_options=REACHING_BACK, checkpoint_interval=0)
        mapped = htmap.map(function, [0], options)
        assert mapped.get(0, timeout=TIMEOUT) == 1
        assert "htmap: " in mapped.stderr.get(0)
        assert "checkpoint" in mapped.stderr.get(0)

    def test_a_container_without_a_network_goes_on_after_an_eviction(self) -> None:
        def function(component: int) -> float:
            state = Path("state")
            if component == 0:
                return time.time()
            if state.exists():
                return float(state.read_text())
            state.write_text(str(time.time()))
            htmap.checkpoint(state)
            time.sleep(600)
            raise TimeoutError

        mapped = htmap.map(function, range(2), htmap.MapOptions(docker_network_type="none"), chunksize=2)
        vacated, patience = 0.0, 8
        deadline = time.monotonic() + TIMEOUT
        while not mapped.is_done:
            assert time.monotonic() < deadline, mapped.status()
            patience *= 2  # until it is enough for the first run to checkpoint, and for the second to end
            with contextlib.suppress(TimeoutError):
                mapped.wait(timeout=patience)
            if not mapped.is_done:
                vacated = time.time()
                mapped.vacate()
        assert max(mapped) < vacated
