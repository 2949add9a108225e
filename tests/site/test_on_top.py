"""Containers of an image that has Python and nothing else, with the user's own packages on top."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import htmap
from htmap_core import MapOptions
from tests.site import containers, debian
from tests.site.contracts import TIMEOUT
from tests.site.hosts import Site
from tests.site.test_packages import averaging, called, folder, science  # noqa: F401 -- a fixture that builds the packages


def bare() -> Path:
    """Return a root directory with the submit side's minor version of Python, and without packages."""
    return debian.tree(containers.HERE)


@pytest.fixture(scope="module")
def images(site: Site) -> dict[str, str]:
    """Hosts with Docker and with Apptainer; by the delivery method, the name of an image."""
    prefix = containers.docker()
    config, daemon = containers.docker_configuration(prefix), containers.docker_daemon(prefix, {"bare:1": bare()}, {})
    site.add_host("docker", config=config, visible=[prefix, bare()], before=daemon)
    prefix, sandbox = containers.apptainer(), containers.sandbox(bare())
    config, devices = containers.apptainer_configuration(prefix), containers.apptainer_devices()
    site.add_host("apptainer", config=config, visible=[prefix, sandbox], before=devices)
    return {"docker": "bare:1", "singularity": str(sandbox)}


@pytest.fixture(scope="module")
def maps(site: Site, images: dict[str, str], folder: Path) -> Iterator[dict[str, htmap.Map]]:  # noqa: F811 -- the fixture
    """For each kind of container a map of a function that needs a local package and numpy."""
    with site.client():
        htmap.settings["DELIVERY_METHOD"] = "packages"
        for name, value in science(folder).items():
            htmap.settings[name] = value
        found = {}
        for method, image in images.items():
            htmap.settings["PACKAGES.ON_TOP_OF"] = method
            htmap.settings[f"{method.upper()}.IMAGE"] = image
            options = MapOptions(request_memory="1GB")
            found[method] = htmap.map(called(), [averaging(), telling()], map_options=options, chunksize=2)
        yield found


def telling() -> Callable[[], tuple[str, bool]]:
    """Return a function that says which interpreter runs it, and whether that is in a container."""

    def tell() -> tuple[str, bool]:
        import os
        import sys

        return sys.prefix, os.path.exists("/.dockerenv") or "APPTAINER_NAME" in os.environ

    return tell


@pytest.mark.parametrize("method", ["docker", "singularity"])
def test_an_image_without_packages_runs_a_function_that_needs_some(maps: dict[str, htmap.Map], method: str) -> None:
    mean, version, inside = maps[method].get(0, timeout=TIMEOUT)
    assert (mean, version, inside) == (2.0, "1.5", "_htmap_packages/tidal/__init__.py")
    assert maps[method].get(1, timeout=TIMEOUT) == ("/usr", True)
