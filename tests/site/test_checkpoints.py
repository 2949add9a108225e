"""Checkpoints on hosts that share nothing with the submit side, when one of them is lost as a whole."""

from __future__ import annotations

import contextlib
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import htmap
from htmap_core.run import checkpoints
from htmap_core.testing.pythons import bare_environment, python_of
from tests.site import containers
from tests.site.contracts import TIMEOUT
from tests.site.hosts import Site

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
PYTHON = Path(python_of(HERE)).resolve().parents[1]
VISIBLE = [PYTHON] if Path("/usr") != PYTHON else []
STEPS = 20
STOP = 12


def counter() -> Callable[[int], tuple[str, int]]:
    """Return a function that counts steps, and stops half-way unless it went on from a checkpoint."""

    def count(_: int) -> tuple[str, int]:
        import platform
        import time
        from pathlib import Path

        import htmap

        state = Path("deep/state")
        try:
            first = int(state.read_text())
        except FileNotFoundError:
            first = 0
            state.parent.mkdir()
        for step in range(first + 1, STEPS + 1):
            state.write_text(str(step))
            htmap.checkpoint("deep")
            if step == STOP and not first:
                time.sleep(600)
        return platform.node(), first

    return count


def kept_step(mapped: htmap.Map) -> int:
    """Return the step that the checkpoint on the submit side has; 0 while there is none."""
    path: Path = mapped._map_dir.path / checkpoints.place(0)
    if not path.exists():
        return 0
    with tarfile.open(path) as archive:
        file = archive.extractfile("deep/state")
        assert file is not None
        return int(file.read())


def wait_for_checkpoint(mapped: htmap.Map) -> None:
    deadline = time.monotonic() + TIMEOUT
    while kept_step(mapped) != STOP:
        assert time.monotonic() < deadline, mapped.status()
        time.sleep(0.1)


@pytest.fixture
def interrupted(on_site: Site) -> htmap.Map:
    """A map whose only component has counted up to :data:`STOP` on the host ``first``, and waits there."""
    htmap.settings["DELIVERY_METHOD"] = "assume"
    on_site.add_host("first", visible=VISIBLE)
    mapped = htmap.map(counter(), [0], htmap.MapOptions(environment=bare_environment(HERE)))
    wait_for_checkpoint(mapped)
    return mapped


def test_a_component_goes_on_elsewhere_when_its_host_is_lost(on_site: Site, interrupted: htmap.Map) -> None:
    on_site.hosts["first"].kill()
    on_site.add_host("second", visible=VISIBLE)

    assert interrupted.get(0, timeout=TIMEOUT) == ("second", STOP)
    assert interrupted.stderr.get(0) == ""


class TestInDocker:
    """What a container can reach of the submit side depends on its network."""

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def docker(cls, site: Site) -> None:
        for host in site.hosts.values():
            host.kill()
        prefix, image = containers.docker(), containers.with_numpy()
        site.add_host(
            "docker",
            config=containers.docker_configuration(prefix),
            visible=[prefix, image],
            before=containers.docker_daemon(prefix, {"here:1": image}, {}),
        )

    @pytest.fixture(autouse=True)
    def settings(self, on_site: Site) -> None:
        htmap.settings["DELIVERY_METHOD"] = "docker"
        htmap.settings["DOCKER.IMAGE"] = "here:1"

    def test_a_container_in_the_network_of_its_host_goes_on_from_a_checkpoint(self) -> None:
        mapped = htmap.map(counter(), [0], htmap.MapOptions(docker_network_type="host"))
        wait_for_checkpoint(mapped)
        mapped.vacate()
        assert mapped.get(0, timeout=TIMEOUT)[1] == STOP

    def test_a_container_without_a_network_runs_and_says_what_is_missing(self) -> None:
        def function(_: int) -> int:
            Path("state").touch()
            htmap.checkpoint("state")
            return 1

        mapped = htmap.map(function, [0], htmap.MapOptions(docker_network_type="none"))
        assert mapped.get(0, timeout=TIMEOUT) == 1
        assert "the last checkpoint could not be put to the submit side" in mapped.stderr.get(0)

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
