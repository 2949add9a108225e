"""What ``htmap plan`` and ``htmap advise`` answer."""

from __future__ import annotations

from typing import Any, Literal, Optional, TypedDict


class Says(TypedDict):
    """What a delivery method says of the pool.

    :param method: its name.
    :param verdict: whether it suits.
    :param reason: why.
    """

    method: str
    verdict: Literal["yes", "no", "unknown"]
    reason: str


class Fit(TypedDict):
    """How many slots can run a map.

    :param matching: those that meet all demands.
    :param slots: all slots of the pool.
    :param demands: how many meet each demand.
    """

    matching: int
    slots: int
    demands: dict[str, int]


class Line(TypedDict):
    """A line of a submit description.

    :param name: the submit command.
    :param value: its value.
    :param by: who has set it.
    """

    name: str
    value: str
    by: str


class Travelling(TypedDict):
    """A file or folder that travels.

    :param what: its path or URL, or what of HTMap's it is.
    :param to: the jobs that get it.
    :param size: its size in bytes; null if that is unknown.
    """

    what: str
    to: str
    size: Optional[int]


class Step(TypedDict):
    """A step of a plugin that was not called for the plan.

    :param plugin: the plugin.
    :param what: the hook or method.
    :param why: why it was not called.
    """

    plugin: str
    what: str
    why: str


class Existing(TypedDict):
    """The map that has the tag of a plan already.

    :param components: how many components it has.
    :param rule: what becomes of it.
    """

    components: int
    rule: Literal["resume", "load", "replace"]


class Plan(TypedDict):
    """What a map was submitted with; the same as ``Plan.to_dict()`` in Python.

    :param tag: the map.
    :param components: how many components it has.
    :param sizes: pairs: how many jobs there are of one size, and that size.
    :param sizes_reason: why HTMap has chosen these sizes; empty where the user has.
    :param pool: the pool.
    :param schedd: the name of its schedd; null for the pool's own.
    :param delivery_method: the delivery method.
    :param delivery_reason: who has chosen it, and why; empty where that was not written down.
    :param answers: what delivery methods said of the pool.
    :param slots: the slots that can run it; null where they were not counted.
    :param lines: the submit description, in order.
    :param travels: what travels to jobs.
    :param not_called: the steps of plugins that were not called.
    :param warnings: what HTMap would warn of.
    :param existing: null; in Python, the plan of a new map has there the map that has its tag already.
    """

    tag: str
    components: int
    sizes: list[list[int]]
    sizes_reason: str
    pool: str
    schedd: Optional[str]
    delivery_method: str
    delivery_reason: str
    answers: list[Says]
    slots: Optional[Fit]
    lines: list[Line]
    travels: list[Travelling]
    not_called: list[Step]
    warnings: list[str]
    existing: Optional[Existing]


class Quantity(TypedDict):
    """Something that was measured of a map.

    :param option: the map option that asks for it.
    :param unit: the unit of all these numbers.
    :param asked: what the map had asked for; null if it had not, or differently by component.
    :param median: what half of the jobs or calls needed at most.
    :param most_of_them: what 95% of them needed at most.
    :param largest: what all of them needed at most.
    :param component: which component that was.
    """

    option: str
    unit: Literal["MB", "KB", "s"]
    asked: Optional[float]
    median: float
    most_of_them: float
    largest: float
    component: int


class Advice(TypedDict):
    """Map options that follow from what a map has used; the same as ``Advice.to_dict()`` in Python.

    :param tag: the map.
    :param components: how many components it has.
    :param jobs: how many of its jobs were looked at.
    :param quantities: what was measured.
    :param notes: what else there is to know.
    :param options: the options that would do, by name, as :class:`htmap.MapOptions` takes them.
    :param line: the options as a line of Python.
    """

    tag: str
    components: int
    jobs: int
    quantities: list[Quantity]
    notes: list[str]
    options: dict[str, Any]
    line: str
