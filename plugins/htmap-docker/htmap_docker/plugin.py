"""The plugin ``docker``."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from typing import Optional

import attrs
from attrs import validators

from htmap_core import (
    DeliveryMethod,
    MapOptions,
    MapPlan,
    PoolView,
    SubmitDescription,
    Suitability,
    hookimpl,
    table,
)
from htmap_core.exceptions import CondorError
from htmap_docker.errors import NoDockerImage

RANK = 40  # if all slots can; below shared, which runs the Python that the function was written with
_SCHEME = "docker://"

# The attributes of slots that can run each universe; the best universe comes first. In the container universe, slots with
# Apptainer run Docker images, too.
_SLOTS = {
    "docker": "HasDocker =?= true",
    "container": "HasContainer =?= true && HasDockerURL =?= true",
}


def _official_python() -> str:
    """Return the official image with the submit side's minor version: a job refuses code of another version."""
    return f"python:{sys.version_info.major}.{sys.version_info.minor}"


def _without_scheme(image: str) -> str:
    return image.strip().removeprefix(_SCHEME)


@attrs.frozen
class DockerSettings:
    """The settings in the table ``[DOCKER]`` of ``~/.htmaprc``."""

    image: str = attrs.field(
        factory=_official_python,
        converter=_without_scheme,
        metadata={
            "meaning": "the image that components run in, as `docker pull` takes it",
            "default": "`python:3.x` with your own minor version",
        },
    )
    modules: Optional[list[str]] = attrs.field(
        default=None,
        metadata={
            "meaning": "the modules that the image has, beside the standard library; a map whose function needs others "
            "gets another delivery method, where HTMap chooses",
            "default": "not known: an image that you name is taken to have all",
        },
    )
    universe: str = attrs.field(
        default="auto",
        validator=validators.in_(("auto", "docker", "container")),
        metadata={
            "meaning": "`docker`: slots with Docker; `container`: slots that run Docker images, with Docker or with Apptainer; "
            "`auto`: the first of the two that a slot of the pool offers"
        },
    )


class Docker(DeliveryMethod):
    """Run components in a container of an image that the execute node pulls from a registry."""

    name = "docker"
    remedy = "name an image that has them in DOCKER.IMAGE"
    saves_jobs = False  # not tried with Docker itself

    def check(self, pool: PoolView) -> Suitability:
        """Count the slots that run Docker, or at least Docker images."""
        settings = table("DOCKER", DockerSettings)
        universe = _universe(settings, pool)
        words = _SLOTS[universe].replace(" =?= true", "").replace("&&", "and")
        return Suitability.of_slots(*pool.count(_SLOTS[universe]), f"have {words}", RANK)

    def lacks(self, modules: Collection[str], options: MapOptions) -> Collection[str]:
        """Return what is not among the settings' modules; without these, all but pip for the default image, else nothing.

        The default image has the standard library alone. Of an image that only the map has, nothing is known.
        """
        settings = table("DOCKER", DockerSettings)
        if any(f"{universe}_image" in options for universe in _SLOTS):
            return ()
        known = settings.modules
        if known is None and settings.image == _official_python():
            known = []
        return () if known is None else [name for name in modules if name not in {*known, "pip"}]

    def describe(self, submit: SubmitDescription, plan: MapPlan) -> None:
        """Ask for a container of the image; a map's own option ``docker_image`` or ``container_image`` wins.

        :raises NoDockerImage: the setting DOCKER.IMAGE is empty.
        """
        settings = table("DOCKER", DockerSettings, plan.settings)
        if not settings.image:
            raise NoDockerImage(_official_python())
        universe = next((name for name in _SLOTS if submit.has(f"{name}_image")), None) or _asked(settings, plan.pool)
        submit.set_universe(universe)
        if universe == "docker":
            submit.set_default("docker_image", settings.image)
        else:
            submit.set_default("container_image", f"{_SCHEME}{settings.image}")
        # Without this, an image with an ENTRYPOINT would get the archive as an argument and not run it.
        submit.set_default("docker_override_entrypoint", "true")


def _universe(settings: DockerSettings, pool: PoolView) -> str:
    """Return the universe that the settings name; for ``auto``, the best one that a slot of the pool can run."""
    if settings.universe != "auto":
        return settings.universe
    return next((universe for universe, slots in _SLOTS.items() if pool.count(slots)[0]), "docker")


def _asked(settings: DockerSettings, pool: PoolView) -> str:
    """Return the same; if the pool does not answer, ``docker``, because its schedd may take the map all the same."""
    try:
        return _universe(settings, pool)
    except CondorError:
        return "docker"


@hookimpl
def htmap_delivery_methods() -> list[DeliveryMethod]:
    """Offer ``docker``."""
    return [Docker()]


@hookimpl
def htmap_settings() -> Mapping[str, type]:
    """Offer the table ``DOCKER``."""
    return {"DOCKER": DockerSettings}
