"""What the commands answer that look at maps."""

from __future__ import annotations

from typing import Any, Optional, TypedDict


class MapStatus(TypedDict):
    """A map in ``htmap status``. Of one that is damaged, or that only a newer HTMap understands, little is known.

    :param tag: its tag.
    :param transient: whether nobody gave it a tag of its own.
    :param problem: why it cannot be read, and what to do; null if it can.
    :param component_status_counts: how many components have each status; null with ``--no-state``.
    :param local_data: its size on disk here, in bytes; null if that is unknown, or with ``--no-meta``, as the following.
    :param max_memory: the most memory that HTCondor has seen one of its jobs use, in bytes.
    :param max_runtime: the longest run of a job, in seconds.
    :param total_runtime: the run times of all jobs, in seconds.
    """

    tag: str
    transient: bool
    problem: Optional[str]
    component_status_counts: Optional[dict[str, int]]
    local_data: Optional[int]
    max_memory: Optional[int]
    max_runtime: Optional[float]
    total_runtime: Optional[float]


class Status(TypedDict):
    """The status of all maps.

    :param maps: the maps, by their tags.
    """

    maps: list[MapStatus]


class Tags(TypedDict):
    """The tags of maps.

    :param tags: the tags, sorted; those that match, in the order of the patterns.
    """

    tags: list[str]


class Component(TypedDict):
    """A component of a map.

    :param component: its index.
    :param status: its status.
    """

    component: int
    status: str


class JobsOfOneSize(TypedDict):
    """Jobs that have the same number of components.

    :param jobs: how many jobs.
    :param components: how many components each has.
    """

    jobs: int
    components: int


class Portion(TypedDict):
    """Components that came into the map together.

    :param first: the index of the first.
    :param components: how many there are.
    :param jobs: how many jobs they share.
    :param sizes: the sizes of these jobs, in order.
    :param reason: why HTMap has chosen these sizes; null where the user has.
    """

    first: int
    components: int
    jobs: int
    sizes: list[JobsOfOneSize]
    reason: Optional[str]


class Chunks(TypedDict):
    """How components share jobs.

    :param portions: the components that came into the map together.
    :param call_seconds: how long a call takes, in seconds; null as long as that is unknown.
    :param overhead: which share of the jobs' time went into anything but calls, from 0 to 1; null as long as that is unknown.
    """

    portions: list[Portion]
    call_seconds: Optional[float]
    overhead: Optional[float]


class Components(TypedDict):
    """The components of a map.

    :param tag: the map.
    :param components: the components, in order; with ``--status`` those that have it.
    :param chunks: how they share jobs; null without ``--chunks``.
    """

    tag: str
    components: list[Component]
    chunks: Optional[Chunks]


class Text(TypedDict):
    """An exception as text, and who has it.

    :param text: the type and the message of the exception, in a line of at most some 200 characters.
    :param components: the indices of the components.
    """

    text: str
    components: list[int]


class Failure(TypedDict):
    """A failure, or several that are alike: the same type of exception, raised in the same place, with the same causes.

    :param components: the indices of the components that failed so.
    :param texts: their texts, which may differ.
    :param report: the report of the first of them, for people.
    """

    components: list[int]
    texts: list[Text]
    report: str


class FailuresOfMap(TypedDict):
    """The failures of a map.

    :param tag: the map.
    :param failures: the failures, by their first components; with ``--all`` one for each component. ``--limit`` counts them.
    """

    tag: str
    failures: list[Failure]


class Failures(TypedDict):
    """How components have failed.

    :param maps: the maps, in the order in which they were named.
    """

    maps: list[FailuresOfMap]


class Hold(TypedDict):
    """A reason for which components are held.

    :param components: the indices of the components.
    :param code: HTCondor's ``HoldReasonCode``.
    :param subcode: HTCondor's ``HoldReasonSubCode``; 0 for none.
    :param reason: HTCondor's text.
    :param advice: what to do about it; empty if nothing is known.
    :param site: what plugins of the site have to say on it.
    """

    components: list[int]
    code: int
    subcode: int
    reason: str
    advice: str
    site: list[str]


class HoldsOfMap(TypedDict):
    """The held components of a map.

    :param tag: the map.
    :param holds: the reasons.
    """

    tag: str
    holds: list[Hold]


class Holds(TypedDict):
    """Why components are held.

    :param maps: the maps, in the order in which they were named.
    """

    maps: list[HoldsOfMap]


class Output(TypedDict):
    """The output of a component.

    :param tag: the map.
    :param component: the index of the component.
    :param text: what it has written; bytes that are no UTF-8 are replaced by U+FFFD.
    """

    tag: str
    component: int
    text: str


class Job(TypedDict):
    """The ad of a component's job.

    :param tag: the map.
    :param component: the index of the component.
    :param is_queued: whether the job is in the queue; otherwise the ad is its last one.
    :param attributes: the attributes by name: numbers, truth values and texts; expressions are texts, what is undefined is null.
    """

    tag: str
    component: int
    is_queued: bool
    attributes: dict[str, Any]


class SubmitFile(TypedDict):
    """A submit description, to run components by hand.

    :param tag: the map.
    :param component: the component that it is for; null for all.
    :param text: the description.
    """

    tag: str
    component: Optional[int]
    text: str


class PathOfPart(TypedDict):
    """Where a part of a map is.

    :param tag: the map.
    :param part: ``map``, ``tag``, ``events``, ``inputs``, ``outputs`` or ``logs``.
    :param path: its path.
    """

    tag: str
    part: str
    path: str
