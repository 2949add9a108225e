"""Delivery methods: how a Python that can run the user's function reaches the execute node."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import attrs

from htmap_core.contract.plan import MapPlan
from htmap_core.contract.pools import PoolView
from htmap_core.contract.submit import SubmitDescription


@attrs.frozen
class Suitability:
    """Whether a delivery method can run on a pool.

    Make one with :meth:`yes`, :meth:`no` or :meth:`unknown`.

    :param verdict: can it?
    :param reason: why, in words that make sense after the method's name, with numbers where there are any.
    :param rank: how good a choice it is among those that can; the highest is taken where the user names none.
    """

    verdict: Literal["yes", "no", "unknown"]
    reason: str
    rank: int = 0

    @classmethod
    def yes(cls, reason: str, rank: int = 0) -> Suitability:
        """Return that the method can run on the pool."""
        return cls("yes", reason, rank)

    @classmethod
    def no(cls, reason: str) -> Suitability:
        """Return that the method cannot run on the pool."""
        return cls("no", reason)

    @classmethod
    def unknown(cls, reason: str, rank: int = 0) -> Suitability:
        """Return that only trying will tell; such a method is taken where none is known to suit."""
        return cls("unknown", reason, rank)


class DeliveryMethod(ABC):
    """A way to get Python to the execute node, offered by a plugin through ``htmap_delivery_methods``.

    What must be there on the execute node is a Python 3.8 or newer and whatever the user's function imports: HTMap sends the
    rest along in one archive. All methods run on the submit side.
    """

    name: ClassVar[str]

    def check(self, pool: PoolView) -> Suitability:
        """Say whether *pool* can run this method. Called once per map while a method is chosen, and by ``htmap plugins list``.

        By default it is not known. Never raises: what cannot be found out is unknown.
        """
        return Suitability.unknown("it does not say")

    def prepare(self, plan: MapPlan) -> None:  # noqa: B027 -- most methods have nothing to prepare
        """Do what is slow or has side effects, such as building an archive; by default nothing.

        Called once per map, before :meth:`describe`.

        :raises HTMapException: it cannot be done; nothing is submitted then.
        """

    @abstractmethod
    def describe(self, submit: SubmitDescription, plan: MapPlan) -> None:
        """Write this method's part of the submit description. Called once per map; pure and fast.

        :param submit: the description to edit; it refuses what would contradict others.
        :param plan: what is known of the map.
        :raises HTMapException: the map cannot be run this way; nothing is submitted then.
        """


class RegisteredDeliveryMethod(DeliveryMethod):
    """A delivery method made of two functions, as scripts for the original register them.

    :param name: its name.
    :param descriptors_func: takes a map's tag and directory and returns submit commands.
    :param setup_func: takes the same, and does what must be done before; None for nothing.
    """

    def __init__(
        self,
        name: str,
        descriptors_func: Callable[[str, Path], Mapping[str, Any]],
        setup_func: Callable[[str, Path], None] | None = None,
    ) -> None:
        self.name = name  # type: ignore[misc]  # a class variable for those who write a class
        self._descriptors = descriptors_func
        self._setup = setup_func

    def check(self, pool: PoolView) -> Suitability:
        """Say that only trying will tell, and that whoever registered it should name it."""
        return Suitability.unknown("registered by this program, which should name it", rank=-50)

    def prepare(self, plan: MapPlan) -> None:
        """Call the setup function."""
        if self._setup is not None:
            self._setup(plan.tag, plan.map_dir)

    def describe(self, submit: SubmitDescription, plan: MapPlan) -> None:
        """Bring the returned commands in, each by the method of *submit* that is made for it."""
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


# "arguments" is left out: the archive has arguments of its own, which HTMap writes.
_SPECIAL = frozenset({"arguments", "executable", "transfer_executable", "transfer_input_files", "universe"})


def _split(paths: Any) -> list[Any]:
    """Return the paths of a submit command as a list; a sequence of paths is welcome too."""
    if isinstance(paths, (list, tuple)):
        return list(paths)
    return [path.strip() for path in str(paths).split(",") if path.strip()]
