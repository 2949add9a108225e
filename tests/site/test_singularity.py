"""The delivery method singularity, with Apptainer on the execute host and images made on the spot."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import htmap
from tests.site import containers
from tests.site.contracts import TIMEOUT, DeliverySiteContract
from tests.site.hosts import Site


def telling_the_container() -> Callable[[int], str]:
    """Return a function that says which image it runs in."""

    def tell(_: int) -> str:
        import os

        return os.environ.get("APPTAINER_NAME", "none")

    return tell


class TestAFileThatIsSent(DeliverySiteContract):
    method = "singularity"
    has_numpy = True

    @classmethod
    def add_hosts(cls, site: Site) -> None:
        prefix = containers.apptainer()
        folders = [containers.sandbox(containers.with_numpy()), containers.sandbox(containers.with_another_python())]
        for name, config in (("apptainer", containers.HEEDING_THE_ATTRIBUTE), ("deaf", "")):
            site.add_host(
                name,
                config=containers.apptainer_configuration(prefix) + config,
                visible=[prefix, *folders],
                before=containers.apptainer_devices(),
            )

    @classmethod
    def method_settings(cls) -> dict[str, Any]:
        return {"SINGULARITY.IMAGE": str(containers.sif(containers.with_numpy()))}

    @classmethod
    @contextlib.contextmanager
    def with_another_python(cls) -> Iterator[htmap.MapOptions]:
        folder = containers.sandbox(containers.with_another_python())
        yield htmap.MapOptions(container_image=folder, transfer_container=False)


@pytest.fixture
def chosen(site: Site) -> Iterator[Site]:
    """Have a test submit to the hosts of the class above, by this method, with settings that nothing else has changed."""
    with site.client():
        htmap.settings["DELIVERY_METHOD"] = "singularity"
        yield site


def test_a_folder_is_used_where_it_is(chosen: Site) -> None:
    folder = containers.sandbox(containers.with_numpy())
    htmap.settings["SINGULARITY.IMAGE"] = str(folder)
    assert htmap.map(telling_the_container(), [0]).get(0, timeout=TIMEOUT) == folder.name


def test_the_older_way_runs_an_image_where_the_pool_heeds_the_attribute(chosen: Site) -> None:
    folder = containers.sandbox(containers.with_numpy())
    htmap.settings["SINGULARITY.IMAGE"] = str(folder)
    htmap.settings["SINGULARITY.UNIVERSE"] = "vanilla"
    mapped = htmap.map(telling_the_container(), [0], map_options=only_on(chosen, "apptainer"))
    assert mapped.get(0, timeout=TIMEOUT) == folder.name


def test_where_the_pool_ignores_the_attribute_nothing_is_run_and_the_hold_says_so(chosen: Site) -> None:
    htmap.settings["SINGULARITY.IMAGE"] = str(containers.sandbox(containers.with_numpy()))
    htmap.settings["SINGULARITY.UNIVERSE"] = "vanilla"
    mapped = htmap.map(telling_the_container(), [0], map_options=only_on(chosen, "deaf", max_retries=0))
    with pytest.raises(htmap.exceptions.MapComponentHeld, match="SingularityImage"):
        mapped.get(0, timeout=TIMEOUT)


def only_on(site: Site, name: str, **options: Any) -> htmap.MapOptions:
    return htmap.MapOptions(requirements=f'Machine == "{site.hosts[name].machine}"', **options)


def test_a_container_that_cannot_be_started_is_a_hold_with_the_reason(chosen: Site, tmp_path: Path) -> None:
    (tmp_path / "garbage.sif").write_text("this is no image")
    htmap.settings["SINGULARITY.IMAGE"] = str(tmp_path / "garbage.sif")
    mapped = htmap.map(str, [0])
    with pytest.raises(htmap.exceptions.MapComponentHeld, match=r"\b3\b"):
        mapped.get(0, timeout=2 * TIMEOUT)
