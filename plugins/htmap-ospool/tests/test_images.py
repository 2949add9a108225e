"""Where jobs get their containers' images from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from htmap_ospool.errors import NoDocker
from htmap_ospool.warnings import ImageNotOnOsdf

from htmap_core.testing import described
from tests.golden_files import Golden

OSDF = "osdf:///ospool/ap40/data/ada/tides-v1.sif"


def with_image(method: str | None = None, *, image: str = "", **options: Any) -> dict[str, str]:
    told = {"OSPOOL.PROJECT": "UWMadison_Tides"}
    if image:
        told["SINGULARITY.IMAGE"] = image
    return described(options, told, pool="ospool", delivery_method=method)


def doubt(method: str | None = None, *, image: str = "", **options: Any) -> ImageNotOnOsdf:
    with pytest.warns(ImageNotOnOsdf) as told:
        with_image(method, image=image, **options)
    assert isinstance(told[0].message, ImageNotOnOsdf)
    return told[0].message


def test_an_image_on_osdf_is_fetched_from_there() -> None:
    found = with_image("singularity", image=OSDF)
    assert (found["universe"], found["container_image"]) == ("container", OSDF)


@pytest.mark.parametrize(
    "named", ["/ospool/ap40/data/ada/tides-v1.sif", "/mnt/stash/ospool/ap40/data/ada/tides-v1.sif"]
)
def test_an_image_below_ospool_is_fetched_by_osdf(named: str) -> None:
    found = with_image("singularity", container_image=named, transfer_container=True)
    assert (found["container_image"], "transfer_container" in found) == (OSDF, False)
    assert with_image(custom_options={"SingularityImage": f'"{named}"'})["MY.SingularityImage"] == f'"{OSDF}"'


def test_an_image_that_the_access_point_would_send_is_told(tmp_path: Path, golden: Golden) -> None:
    (tmp_path / "tides.sif").touch()
    warning = doubt("singularity", image=str(tmp_path / "tides.sif"))
    assert (warning.image, warning.build) == (str(tmp_path / "tides.sif"), "")
    golden("ospool/an-image-that-the-access-point-would-send", warning)


def test_an_image_of_a_registry_is_told_with_the_command_that_makes_a_file_of_it(golden: Golden) -> None:
    warning = doubt("singularity", image="docker://python:3.11")
    assert warning.build.split()[2:] == ["python.sif", "docker://python:3.11"]
    golden("ospool/an-image-of-a-registry", warning)
    assert doubt(custom_options={"SingularityImage": '"docker://python:3.11"'}).image == "docker://python:3.11"


@pytest.mark.parametrize(
    "options",
    [
        {"container_image": "/cvmfs/singularity.opensciencegrid.org/htc/rocky:9", "transfer_container": False},
        {"custom_options": {"SingularityImage": '"/cvmfs/singularity.opensciencegrid.org/htc/rocky:9"'}},
        {"custom_options": {"SingularityImage": f'"{OSDF}"'}},
        {"container_image": OSDF},
        {},
    ],
    ids=str,
)
def test_of_any_other_image_nothing_is_told(options: dict[str, Any]) -> None:
    with_image(**options)  # warnings are errors here


def test_docker_is_refused_with_the_way_to_the_same_image(golden: Golden) -> None:
    with pytest.raises(NoDocker) as caught:
        with_image("docker", docker_image="ada/tides:3")
    assert caught.value.image == "ada/tides:3"
    golden("ospool/docker-is-refused", caught.value)
