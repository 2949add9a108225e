"""Images of containers: where jobs of a map get theirs from."""

from __future__ import annotations

from pathlib import Path

from htmap_core import PoolView, SubmitDescription, quoted
from htmap_core.exceptions import CondorError
from htmap_ospool import osdf
from htmap_ospool.errors import NoDocker
from htmap_ospool.warnings import ImageNotOnOsdf, NoSuchImage, OlderWayAlone

PILOTS = "HAS_SINGULARITY =?= true"
"""The condition on slots that run containers by the job's attribute, which pilots do by themselves."""

_REGISTRY = "docker://"
_IMAGE, _ATTRIBUTE = "container_image", "MY.SingularityImage"


def look_at(submit: SubmitDescription, pool: PoolView) -> int:
    """Have jobs get an image below /ospool by OSDF, and warn of one that each job gets from elsewhere, or that is not there.

    :returns: the bytes of the image, which each job has on its disk; 0 if that is not known.
    :raises NoDocker: the map asks for Docker.
    """
    if submit.universe == "docker":
        raise NoDocker((submit.get("docker_image") or "").removeprefix(_REGISTRY))
    image = _by_url(submit)
    if (doubt := _doubt(submit, image)) is not None:
        submit.warn(doubt)
    elif submit.universe == "container" and (able := _older_way_alone(pool)):
        submit.warn(OlderWayAlone(image, able))
    return _size(image, submit)


def _by_url(submit: SubmitDescription) -> str:
    """Return the image of a map, by its URL if it lies below /ospool; nothing if the map has none."""
    name = _ATTRIBUTE if submit.get(_IMAGE) is None else _IMAGE
    image = (submit.get(name) or "").strip('"')
    there = osdf.url(Path(image)) if image.startswith("/") else None
    if there is None:
        return image
    submit.take(name)
    submit.take("transfer_container")
    submit.set(name, there if name == _IMAGE else quoted(there))
    return there


def _doubt(submit: SubmitDescription, image: str) -> ImageNotOnOsdf | None:
    if image.startswith(_REGISTRY):
        short = image.rpartition("/")[2].partition(":")[0]
        return ImageNotOnOsdf(
            image, "from its registry, which may refuse so many", f"apptainer build {short}.sif {image}"
        )
    is_sent = (submit.get("transfer_container") or "").casefold() != "false"
    travels = submit.has(_IMAGE) and image.startswith("/") and is_sent
    return ImageNotOnOsdf(image, "from the access point itself", "") if travels else None


def _older_way_alone(pool: PoolView) -> int:
    """Return how many slots run containers if none does it by HTCondor's own attributes; else 0."""
    try:
        return 0 if pool.count("HasContainer =?= true")[0] else pool.count(PILOTS)[0]
    except CondorError:  # the pool does not answer, but its schedd may take the map all the same
        return 0


def _size(image: str, submit: SubmitDescription) -> int:
    file = osdf.seen_here(image)
    if file is None:
        return 0
    try:
        return file.stat().st_size
    except FileNotFoundError:
        submit.warn(NoSuchImage(image, file))
    except OSError:  # the origin does not answer now
        pass
    return 0
