"""The warnings of this plugin about new maps."""

from __future__ import annotations

from pathlib import Path

import attrs

from htmap_core import SuspiciousMap
from htmap_ospool.categories import hours


@attrs.define(slots=False)
class LongJobs(SuspiciousMap):
    """Jobs may take longer than is good for them on the OSPool.

    :param wanted: the seconds that a job may take.
    :param meant: the seconds that a job of the longest category is meant to take.
    """

    wanted: int
    meant: int

    def __str__(self) -> str:
        return (
            f"jobs may take {hours(self.wanted)}, and the OSPool asks for less than "
            f"{hours(self.meant)}: the longer a job runs, the more often it is interrupted and starts anew. Put "
            f"fewer components into a job (`htmap docs chunks`), or let the function save how far it is (`htmap docs checkpoint`)"
        )


@attrs.define(slots=False)
class LargeRequests(SuspiciousMap):
    """Jobs ask for more than most slots of the OSPool have.

    :param requests: what they ask for, by option.
    :param usual: up to how much of it is easy to get, by option.
    """

    requests: dict[str, str]
    usual: dict[str, str]

    def __str__(self) -> str:
        asked = ", ".join(f"{name} = {text}" for name, text in self.requests.items())
        usual = ", ".join(f"{name} = {self.usual[name]}" for name in self.requests)
        return (
            f"jobs ask for {asked}: few slots of the OSPool have as much, so that they may wait for long. Easy to get is up "
            f"to {usual}; what components really use, `htmap advise TAG` says of an earlier map"
        )


@attrs.define(slots=False)
class ImageNotOnOsdf(SuspiciousMap):
    """Each job gets its container's image from where it should not.

    :param image: the image.
    :param whence: where each job gets it from, as a phrase.
    :param build: the command that makes a file of it; empty if it is one.
    """

    image: str
    whence: str
    build: str

    def __str__(self) -> str:
        first = f"`{self.build}` makes a file of it. " if self.build else ""
        return (
            f"each job gets the image {self.image} {self.whence}. {first}Copy the file to your folder below /ospool, from where "
            f"jobs get it by the caches of OSDF, and `htmap set SINGULARITY.IMAGE osdf:///ospool/...` names it. An image that "
            f"has changed needs another name there"
        )


@attrs.define(slots=False)
class NoSuchImage(SuspiciousMap):
    """Jobs will be held, because the image of their containers is not there.

    :param image: the image, by its URL.
    :param path: where it would be on this machine.
    """

    image: str
    path: Path

    def __str__(self) -> str:
        return (
            f"jobs will be held, because there is no image {self.image}: {self.path} does not exist. Copy it there, or correct "
            f"the name"
        )


@attrs.define(slots=False)
class OlderWayAlone(SuspiciousMap):
    """No slot runs containers in the way in which the map asks for one.

    :param image: the image.
    :param slots: how many slots run containers in the older way.
    """

    image: str
    slots: int

    def __str__(self) -> str:
        return (
            f"jobs will wait: no slot advertises that it takes a `container_image` now, but {self.slots:,} run containers that "
            f"are named in the older way. HTMap asks so for an image that the settings name by its URL: "
            f"`htmap set SINGULARITY.IMAGE {self.image}`"
        )
