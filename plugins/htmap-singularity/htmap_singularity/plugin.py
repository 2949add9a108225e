"""The plugin ``singularity``."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from pathlib import Path
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
    quoted,
    setting_origin,
    submit_path,
    table,
)
from htmap_core.exceptions import CondorError
from htmap_singularity.errors import UnusableImage
from htmap_singularity.image import Image, find

RANK = 30  # if all slots can; below docker, whose images start faster

# OSG's pilots advertise this attribute, and obey the job's attribute SingularityImage. Slots with HTCondor's own attribute obey
# it only if their administrators have configured that, which no slot advertises.
_PILOTS = "HAS_SINGULARITY =?= true"

_IMAGE = "SINGULARITY.IMAGE"  # the setting, whose origin messages name


def _official_python() -> str:
    """Return the official image with the submit side's minor version: a job refuses code of another version."""
    return f"docker://python:{sys.version_info.major}.{sys.version_info.minor}"


def _without_blanks(image: str) -> str:
    return image.strip()


@attrs.frozen
class SingularitySettings:
    """The settings in the table ``[SINGULARITY]`` of ``~/.htmaprc``."""

    image: str = attrs.field(
        factory=_official_python,
        converter=_without_blanks,
        metadata={
            "meaning": "the image that components run in: a path or a URL",
            "default": "`docker://python:3.x` with your own minor version",
        },
    )
    transfer: Optional[bool] = attrs.field(
        default=None,
        metadata={
            "meaning": "whether the image is sent with each job; `false` if the execute nodes have the file at this path",
            "default": "files are sent unless they are below `/cvmfs`",
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
        validator=validators.in_(("auto", "container", "vanilla")),
        metadata={
            "meaning": "how HTCondor is asked for the image: `container`; `vanilla` for `+SingularityImage`, on pools that are "
            "configured for it; `auto`: the one that more of the pool's slots offer"
        },
    )


class Singularity(DeliveryMethod):
    """Run components in a container of an image, by Apptainer or Singularity."""

    name = "singularity"
    remedy = "name an image that has them in SINGULARITY.IMAGE"

    def check(self, pool: PoolView) -> Suitability:
        """Count the slots that run images of the kind that the settings name."""
        chosen = table("SINGULARITY", SingularitySettings)
        try:
            image = _image(chosen, setting_origin(_IMAGE))
        except UnusableImage as problem:
            return Suitability.no(str(problem))
        _, slots = _way(chosen, image, pool)
        words = slots.replace(" =?= true", "").replace("&&", "and").replace("||", "or")
        return Suitability.of_slots(*pool.count(slots), f"have {words}", RANK)

    def lacks(self, modules: Collection[str], options: MapOptions) -> Collection[str]:
        """Return what is not among the settings' modules; without these, all but pip for the default image, else nothing.

        The default image has the standard library alone. Of an image that only the map has, nothing is known.
        """
        settings = table("SINGULARITY", SingularitySettings)
        if "container_image" in options or "MY.SingularityImage" in options:
            return ()
        known = settings.modules
        if known is None and settings.image == _official_python():
            known = []
        return () if known is None else [name for name in modules if name not in {*known, "pip"}]

    def describe(self, submit: SubmitDescription, plan: MapPlan) -> None:
        """Ask for a container of the image; a map's own option ``container_image`` or ``+SingularityImage`` wins.

        :raises UnusableImage: there is no such image, or it cannot be sent.
        """
        if submit.has("container_image"):
            submit.set_universe("container")
            return
        chosen = table("SINGULARITY", SingularitySettings, plan.settings)
        image = _image(chosen, plan.settings.origin(_IMAGE))
        try:
            universe, slots = _way(chosen, image, plan.pool)
        except CondorError:  # the pool does not answer, but its schedd may take the map all the same
            universe, slots = "container", _slots("container", image)
        if universe == "container":
            submit.set_universe("container")
            submit.set_default("container_image", submit_path(image.name))
            if image.is_path and not image.travels:
                submit.set_default("transfer_container", "false")
        else:
            _describe_older_way(submit, image, slots)


def _describe_older_way(submit: SubmitDescription, image: Image, slots: str) -> None:
    """Ask for a container by an attribute of the job. Pools that are not configured for it ignore it, so a script checks it."""
    if not submit.has("+SingularityImage"):
        submit.set_attribute("SingularityImage", submit_path(quoted(image.name)))
    submit.require(slots)
    submit.launch_with(Path(__file__).with_name("inside.sh"), transfer=True)


def _image(chosen: SingularitySettings, origin: str | None) -> Image:
    # The job's attribute names an image that is on the execute node: nothing is sent.
    transfer = False if chosen.universe == "vanilla" else chosen.transfer
    return find(chosen.image, transfer, origin)


def _way(chosen: SingularitySettings, image: Image, pool: PoolView) -> tuple[str, str]:
    """Return the universe that the settings name, and the condition on slots that can run the image in it.

    For ``auto`` it is ``container``, unless more slots are OSG's pilots, which then are the only ones that are asked for: a slot
    with HTCondor's own attribute may ignore the job's. To these no image is sent.
    """
    if chosen.universe != "auto":
        return chosen.universe, _slots(chosen.universe, image)
    newer = _slots("container", image)
    if not image.travels and pool.count(_PILOTS)[0] > pool.count(newer)[0]:
        return "vanilla", _PILOTS
    return "container", newer


def _slots(universe: str, image: Image) -> str:
    """Return the condition on slots that can run an image in a universe."""
    if universe == "container":
        return f"HasContainer =?= true && {image.ability} =?= true"
    return f"HasSingularity =?= true || {_PILOTS}"


@hookimpl
def htmap_delivery_methods() -> list[DeliveryMethod]:
    """Offer ``singularity``."""
    return [Singularity()]


@hookimpl
def htmap_settings() -> Mapping[str, type]:
    """Offer the table ``SINGULARITY``."""
    return {"SINGULARITY": SingularitySettings}
