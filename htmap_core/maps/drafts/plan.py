"""The plan of a map: what it is submitted with, who has set each line of that, and why HTMap has decided as it did."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Optional

import attrs

from htmap_core import names, wording
from htmap_core.display.view import Section, Shown, as_text

if TYPE_CHECKING:
    from htmap_core.submission.matching import Fit


@attrs.frozen
class Line:
    """A submit command of a plan.

    :param by: who has set it: HTMap, the map's options, a setting, a plugin; several of them where they share it.
    """

    name: str
    value: str
    by: str


@attrs.frozen
class Answer:
    """What a delivery method says of the pool."""

    method: str
    verdict: str
    reason: str


@attrs.frozen
class Travelling:
    """A file or a folder that travels.

    :param what: its path or URL, or what of HTMap's it is.
    :param to: the jobs that get it.
    :param size: its size in bytes; None if it is not known.
    """

    what: str
    to: str
    size: Optional[int]


@attrs.frozen
class Step:
    """What a plugin does for maps, and did not for this plan.

    :param plugin: the name of the plugin, or of the delivery method.
    :param what: the hook or method.
    :param why: why it was not called.
    """

    plugin: str
    what: str
    why: str


@attrs.frozen
class Existing:
    """The map that has the tag of a plan already.

    :param components: how many components it has.
    :param rule: what becomes of it: ``resume``, ``load`` or ``replace``.
    """

    components: int
    rule: str


@attrs.frozen
class Plan(Shown):
    """What a map is submitted with, and why. Since 0.7.

    :func:`htmap.plan` returns the plan of a map that is not created, :meth:`htmap.Map.plan` that of a map which exists. Its text,
    and what a notebook shows, have all of it::

        print(htmap.plan(lambda x: 2 * x, range(3)))

    :param tag: the tag; of a map that is not created and gets a random one, an example.
    :param components: the number of components that would be made; 0 where nothing new is made.
    :param sizes: how many jobs there are of one size, and that size, for each run of such jobs.
    :param sizes_reason: why HTMap has chosen these sizes; empty where the user has.
    :param pool: the name of the pool.
    :param schedd: the name of its schedd; None for the one that is the pool's own.
    :param delivery_method: the name of the delivery method.
    :param delivery_reason: who has chosen it, and why; empty where that was not written down.
    :param answers: what delivery methods say of the pool, as far as they were asked.
    :param slots: the slots that can run it; None where they were not counted.
    :param lines: the submit description, in order.
    :param travels: what travels to jobs.
    :param not_called: the steps of plugins that were not called for this plan, and why.
    :param warnings: what HTMap would warn of.
    :param existing: the map that has the tag already, and would be given back, grow or give way; None if there is none.
    """

    tag: str
    components: int
    sizes: tuple[tuple[int, int], ...]
    sizes_reason: str
    pool: str
    schedd: Optional[str]
    delivery_method: str
    delivery_reason: str
    answers: tuple[Answer, ...]
    slots: Optional[Fit]
    lines: tuple[Line, ...]
    travels: tuple[Travelling, ...]
    not_called: tuple[Step, ...]
    warnings: tuple[str, ...]
    existing: Optional[Existing] = None

    @property
    def jobs(self) -> int:
        """The number of jobs that the components share."""
        return sum(jobs for jobs, _ in self.sizes)

    @property
    def commands(self) -> dict[str, str]:
        """The submit commands by name, without who has set them."""
        return {line.name: line.value for line in self.lines}

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain values, such as JSON has.

        ::

            print(htmap.plan(lambda x: 2 * x, range(3)).to_dict()["delivery_method"])
        """
        return attrs.asdict(self)

    def sections(self) -> Iterator[Section]:
        """Yield the parts of the text."""
        if self.existing is not None:
            yield Section(self._becomes(self.existing))
        if self.components:
            yield from self._of_jobs()
        for warning in self.warnings:
            yield Section(f"warning: {warning}")

    def _becomes(self, existing: Existing) -> str:
        then = {
            "load": "it would be given back, whatever its function and its inputs are",
            "replace": "it would be removed, once the new one is submitted",
        }
        same = "it would be given back, for its function and its inputs are the same; nothing would be submitted"
        more = f"it would be given back with {self.components} more, which this plan is about"
        becomes = then.get(existing.rule, more if self.components else same)
        return f"map {self.tag!r} exists, with {wording.counted(existing.components, 'component')}: {becomes}"

    def _of_jobs(self) -> Iterator[Section]:
        of = ", ".join(f"{count} of {size}" for count, size in self.sizes)
        by_whom = f"HTMap has chosen that: {self.sizes_reason}" if self.sizes_reason else "the number is the user's"
        jobs = f"map {self.tag!r}: {wording.counted(self.components, 'component')} in {wording.counted(self.jobs, 'job')} ({of})"
        if self.pool == names.THIS_MACHINE:
            yield Section(f"{jobs}, {self.delivery_reason}: nothing is submitted")
        else:
            yield Section(f"{jobs}; {by_whom}")
            yield from self._of_pool()
        # What may be long stands last, where it pushes nothing out of sight.
        sizes = [(_size(each.size), each.to, each.what) for each in self.travels]
        yield Section("what travels to jobs", ("Size", "To", "What"), sizes)
        lines = [(each.name, each.by, each.value) for each in self.lines]
        if lines:
            yield Section("submit description", ("Command", "Set by", "Value"), lines)
        if self.not_called:
            steps = [(each.plugin, each.what, each.why) for each in self.not_called]
            yield Section("steps of plugins that were not called", ("Plugin", "Step", "Why"), steps)

    def _of_pool(self) -> Iterator[Section]:
        yield Section(f"pool: {self.pool}" + (f", schedd {self.schedd}" if self.schedd else ""))
        why = f": {self.delivery_reason}" if self.delivery_reason else ""
        answers = [(each.method, each.verdict, each.reason) for each in self.answers]
        yield Section(f"delivery method: {self.delivery_method}{why}", ("Method", "Suits", "What it says"), answers)
        if self.slots is not None:
            yield _of_slots(self.slots)

    _view = sections

    def __str__(self) -> str:
        return as_text(self.sections())

    def __repr__(self) -> str:
        share = f"components={self.components}, jobs={self.jobs}"
        return f"{type(self).__name__}(tag={self.tag!r}, {share}, delivery_method={self.delivery_method!r})"


def _of_slots(found: Fit) -> Section:
    rows = [(f"{count} of {found.slots}", demand) for demand, count in found.demands.items()]
    return Section(f"slots: {found.matching} of {found.slots} can run it", ("Slots", "satisfy"), rows)


def _size(size: int | None) -> str:
    return "" if size is None else wording.size(size)
