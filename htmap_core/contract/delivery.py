"""Delivery methods: how Python reaches the execute node."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import attrs

from htmap_core.contract.options import MapOptions
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.pools import PoolView
from htmap_core.contract.submit import SubmitDescription


def _check_finite(_: object, attribute: attrs.Attribute[int], value: int) -> None:
    if not math.isfinite(value):
        raise ValueError(f"{attribute.name} must be a number that can be compared, not {value}")


@attrs.frozen
class Suitability:
    """Whether a delivery method can run on a pool.

    Make one with :meth:`yes`, :meth:`no` or :meth:`unknown`. Since 0.7.

    >>> Suitability.no("0 of 214 slots have Docker").verdict
    'no'

    :param verdict: whether the method can run on the pool.
    :param reason: why, as a phrase that fits behind the method's name, with numbers if there are any.
    :param rank: how good a choice the method is. HTMap takes the method with the highest rank if the user names none.
    """

    verdict: Literal["yes", "no", "unknown"] = attrs.field(validator=attrs.validators.in_(("yes", "no", "unknown")))
    reason: str = attrs.field(validator=attrs.validators.instance_of(str))
    rank: int = attrs.field(default=0, validator=[attrs.validators.instance_of((int, float)), _check_finite])

    @classmethod
    def yes(cls, reason: str, rank: int = 0) -> Suitability:
        """Return that the method can run on the pool.

        >>> Suitability.yes("214 of 214 slots have Docker", rank=20).rank
        20
        """
        return cls("yes", reason, rank)

    @classmethod
    def no(cls, reason: str) -> Suitability:
        """Return that the method cannot run on the pool.

        >>> Suitability.no("the pool shares no file system with you").verdict
        'no'
        """
        return cls("no", reason)

    @classmethod
    def unknown(cls, reason: str, rank: int = 0) -> Suitability:
        """Return that only a job can tell. HTMap takes such a method if no other is known to suit.

        >>> Suitability.unknown("the pool has no slots now").verdict
        'unknown'
        """
        return cls("unknown", reason, rank)

    @classmethod
    def of_slots(cls, able: int, slots: int, can: str, rank: int = 0) -> Suitability:
        """Return what the number of slots says that can run the method: unknown without slots, else yes if any can.

        The rank shrinks with their share, so that one slot among hundreds attracts no map. Since 0.7.

        >>> Suitability.of_slots(107, 214, "have Docker", rank=20)
        Suitability(verdict='yes', reason='107 of 214 slots have Docker', rank=10)

        :param able: how many slots can run the method; with :meth:`PoolView.count`, the first of its two numbers.
        :param slots: how many slots there are.
        :param can: what the slots can or have, as a phrase that follows "107 of 214 slots".
        :param rank: the rank if all slots can.
        """
        if not slots:
            return cls.unknown("the pool has no slots now")
        reason = f"{able} of {slots} slots {can}"
        return cls.yes(reason, rank * able // slots) if able else cls.no(reason)


class DeliveryMethod(ABC):
    """A way for Python to reach the execute node. A plugin offers it through ``htmap_delivery_methods``.

    The execute node needs Python 3.8 or newer and the modules that the user's function imports; HTMap sends the rest in one
    archive. All methods run on the submit machine. Since 0.7. ::

        class Cvmfs(DeliveryMethod):
            name = "cvmfs"

            def describe(self, submit, plan):
                submit.require("HasCvmfs")
                submit.launch_with("/cvmfs/tools.example.org/bin/python3", transfer=False)
    """

    name: ClassVar[str]
    """The name by which settings and maps know the method; that of the plugin, best."""

    remedy: ClassVar[str] = ""
    """What users do so that functions find the modules that :meth:`lacks` names, as a phrase that follows "to have them,"."""

    saves_jobs: ClassVar[bool] = True
    """Whether HTCondor can save what a job has finished before its end, and start it again in its place. Since 0.7."""

    def check(self, pool: PoolView) -> Suitability:
        """Say whether *pool* can run this method; by default this is unknown.

        Runs on the submit machine: for all methods when HTMap decides for a pool, then for the chosen one once per map; also for
        ``htmap plugins list``, ``htmap delivery`` and ``htmap doctor``. HTMap keeps what it has decided until something speaks
        against it, such as a "no" while the pool has slots. It never raises: it returns :meth:`Suitability.unknown` for what it
        cannot find out, such as what slots can do while there are none. Since 0.7. ::

            def check(self, pool):
                return Suitability.of_slots(*pool.count("HasCvmfs"), "have CVMFS", rank=10)
        """
        return Suitability.unknown("it does not say")

    def lacks(self, modules: Collection[str], options: MapOptions) -> Collection[str]:
        """Return those of *modules* that the Python of this method is known to lack; by default none.

        What is not known counts as there. HTMap takes another method for a map whose function would not find its modules. It
        warns if there is none, or if the user or the site has chosen this one.

        Runs on the submit machine, once per map while HTMap chooses a method. Since 0.7. ::

            def lacks(self, modules, options):
                is_bare = "docker_image" not in options and table("SW", SwSettings).image == "python:3.11"
                return modules if is_bare else ()

        :param modules: the names of top-level modules that the function imports. Those of the standard library, and those that
            travel with the map, are not among them.
        :param options: the map options.
        """
        return ()

    def prepare(self, plan: MapPlan) -> None:  # noqa: B027 -- most methods have nothing to prepare
        """Do slow work and work with side effects, such as building an archive; by default nothing.

        Runs on the submit machine, once per map, before :meth:`describe`; not for :func:`htmap.plan`. Since 0.7. ::

            def prepare(self, plan):
                build_image(plan.settings["DOCKER.IMAGE"])

        :raises HTMapException: it fails; nothing is submitted then.
        """

    def unprepared(self, plan: MapPlan) -> str | None:
        """Say what :meth:`prepare` would do for a map that is only planned, as a phrase; None where that is nothing.

        By default it says that slow work is left out, if there is any.

        Runs on the submit machine, once for each :func:`htmap.plan`. It is fast and has no side effects. Since 0.7. ::

            def unprepared(self, plan):
                return None if is_built(plan.settings["DOCKER.IMAGE"]) else "the image would be built"
        """
        is_default = type(self).prepare is DeliveryMethod.prepare
        return None if is_default else "a plan leaves out slow work, such as packing"

    @abstractmethod
    def describe(self, submit: SubmitDescription, plan: MapPlan) -> None:
        """Write this method's part of the submit description.

        Runs on the submit machine, once per map; it is fast and has no side effects. Since 0.7. ::

            def describe(self, submit, plan):
                submit.require("HasCvmfs")

        :param submit: the description to edit; it refuses contradictions to other plugins and the user.
        :param plan: the plan of the map.
        :raises HTMapException: this method cannot run the map; nothing is submitted then.
        """


class RegisteredDeliveryMethod(DeliveryMethod):
    """A delivery method made of two functions, for :func:`htmap.register_delivery_method`.

    :param name: its name.
    :param descriptors_func: takes a map's tag and directory, and returns submit commands.
    :param setup_func: takes the same arguments, and does the slow work; None for nothing.
    """

    def __init__(
        self,
        name: str,
        descriptors_func: Callable[[str, Path], Mapping[str, Any]],
        setup_func: Callable[[str, Path], None] | None = None,
    ) -> None:
        self.name = name  # type: ignore[misc]  # a class variable in other subclasses
        self._descriptors = descriptors_func
        self._setup = setup_func

    def check(self, pool: PoolView) -> Suitability:
        """Return unknown, with a low rank: the program that registered the method should name it."""
        return Suitability.unknown("this program registered it and should name it", rank=-50)

    def prepare(self, plan: MapPlan) -> None:
        """Call the setup function."""
        if self._setup is not None:
            self._setup(plan.tag, plan.map_dir)

    def describe(self, submit: SubmitDescription, plan: MapPlan) -> None:
        """Add the returned commands to *submit*, each with the method for it."""
        described = self._descriptors(plan.tag, plan.map_dir)
        special = {name.casefold(): value for name, value in described.items() if name.casefold() in _SPECIAL}
        transfer = str(special.get("transfer_executable", True)).casefold() not in {"false", "f", "no", "0"}
        if "executable" in special:
            submit.launch_with(special["executable"], transfer=transfer)
        if "universe" in special:
            submit.set_universe(str(special["universe"]))
        for path in _split(special.get("transfer_input_files", "")):
            submit.add_input_file(path)
        for name, value in described.items():
            if name.casefold() not in _SPECIAL:
                submit.set(name, value)


# "arguments" is in it, but has no effect: HTMap writes the arguments of the archive.
_SPECIAL = frozenset({"arguments", "executable", "transfer_executable", "transfer_input_files", "universe"})


def _split(paths: Any) -> list[Any]:
    """Return the paths of a submit command as a list, from text with commas or from a sequence."""
    if isinstance(paths, (list, tuple)):
        return list(paths)
    return [path.strip() for path in str(paths).split(",") if path.strip()]
