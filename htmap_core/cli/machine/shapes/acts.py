"""What the commands answer that act on maps."""

from __future__ import annotations

from typing import Literal, Optional, TypedDict


class Waited(TypedDict):
    """A map that was waited for.

    :param tag: the map.
    :param component_status_counts: how many components have each status.
    """

    tag: str
    component_status_counts: dict[str, int]


class Wait(TypedDict):
    """The maps that have ended, or have enough results. Others are among the errors.

    :param maps: the maps, in the order in which they were waited for.
    """

    maps: list[Waited]


class ActedOn(TypedDict):
    """A map on which a command has acted.

    :param tag: the map.
    :param components: the indices of the components that were acted on, also of those that share jobs with what was named.
    """

    tag: str
    components: list[int]


class Acts(TypedDict):
    """What a command has acted on. Maps for which it has failed are among the errors.

    :param maps: the maps, in the order in which they were named.
    """

    maps: list[ActedOn]


class Edited(TypedDict):
    """What was edited.

    :param tag: the map.
    :param components: the indices of the components whose next run has the new value; none if they have ended.
    :param edited: what was changed.
    :param value: the new value: bytes for memory and disk space, seconds for walltime.
    """

    tag: str
    components: list[int]
    edited: Literal["memory", "disk", "walltime"]
    value: int


class Retagged(TypedDict):
    """A change of a tag.

    :param old: the tag that the map had.
    :param tag: the tag that it has now.
    """

    old: str
    tag: str


class Removed(TypedDict):
    """A map that was removed.

    :param tag: the tag that it had.
    :param component_count: how many components it had; null if it was damaged, or made by a newer HTMap.
    :param jobs: a constraint for ``condor_rm``, in case that jobs of such a map are left; null for others.
    """

    tag: str
    component_count: Optional[int]
    jobs: Optional[str]


class Removals(TypedDict):
    """What was removed. Maps for which that has failed are among the errors.

    :param maps: the maps, in the order in which they were removed.
    """

    maps: list[Removed]
