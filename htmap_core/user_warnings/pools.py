"""Warnings about pools and their slots."""

from __future__ import annotations

import attrs

from htmap_core.user_warnings.roots import HTMapWarning, SuspiciousMap
from htmap_core.wording import in_shell


@attrs.define(slots=False)
class OtherPool(HTMapWarning):
    """A map goes to another pool, because its first choice cannot be used now.

    :param pool: the first choice.
    :param reason: why it cannot be used.
    :param chosen: the pool that the map goes to.
    """

    pool: str
    reason: str
    chosen: str

    def __str__(self) -> str:
        return f"the {self.pool} pool cannot be used: {self.reason}. The map goes to the {self.chosen} pool"


@attrs.define(slots=False)
class SilentPool(HTMapWarning):
    """The program waits for a map whose pool does not answer, or makes no more of its jobs.

    :param tag: the map.
    :param seconds: how long the map has had no news.
    :param reason: what is wrong with the pool.
    """

    tag: str
    seconds: float
    reason: str

    def __str__(self) -> str:
        return f"map {self.tag!r} has had no news for {self.seconds:.0f} seconds; waiting goes on, but {self.reason}"


@attrs.define(slots=False)
class NoSlotFits(SuspiciousMap):
    """No slot of the pool can run a map.

    :param tag: the map.
    :param demands: how many slots meet each of the map's demands; only the unmet demands, if there are any.
    :param slots: how many slots the pool has.
    :param advice: what to do about it; empty if the slots say it.
    """

    tag: str
    demands: dict[str, int]
    slots: int
    advice: str = ""

    def __str__(self) -> str:
        listed = "; ".join(f"{count} of {self.slots} slots have {demand}" for demand, count in self.demands.items())
        together = "; no slot has all of them" if all(self.demands.values()) else ""
        text = f"no slot of this pool can run map {self.tag!r}: {listed}{together}"
        return (
            f"{text}. {self.advice}"
            if self.advice
            else f"{text}; `htmap why {in_shell(self.tag)}` shows what the slots have"
        )


@attrs.define(slots=False)
class DeliveryFitsNoSlot(NoSlotFits):
    """No slot of the pool can run a map, and only what its delivery method requires is to blame.

    :param method: the delivery method.
    :param others: how many slots meet all other demands of the map.
    """

    method: str = ""
    others: int = 0

    def __str__(self) -> str:
        listed = "; ".join(f"{count} of {self.slots} slots have {demand}" for demand, count in self.demands.items())
        return (
            f"no slot of this pool can run map {self.tag!r} with delivery method {self.method!r}: {listed}. Without what the "
            f"method requires, {self.others} could. `htmap delivery` says which methods suit the pool; "
            f'htmap.settings["DELIVERY_METHOD"] = "auto" takes the best of them'
        )
