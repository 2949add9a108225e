"""Warnings about delivery methods, and modules that their Python lacks."""

from __future__ import annotations

import attrs

from htmap_core.user_warnings.roots import HTMapWarning, SuspiciousMap


@attrs.define(slots=False)
class OtherDeliveryMethod(HTMapWarning):
    """From now on, HTMap takes another delivery method for the maps on a pool.

    :param pool: the pool.
    :param method: the method.
    :param said: why it suits.
    :param before: the method before; None if that cannot be read.
    :param reason: why HTMap has decided anew.
    """

    pool: str
    method: str
    said: str
    before: str | None
    reason: str

    def __str__(self) -> str:
        instead = f" instead of {self.before}" if self.before else ""
        return (
            f"maps on the {self.pool} pool now use delivery method {self.method!r}{instead} ({self.said}), because "
            f"{self.reason}. `htmap delivery` shows what was decided, and `htmap delivery --choose METHOD` changes it"
        )


@attrs.define(slots=False)
class DeliveryForModules(HTMapWarning):
    """A map takes another delivery method than others on the pool, because its function needs modules.

    :param method: the method of the map.
    :param before: the method of the others.
    :param modules: the modules that its Python is known to lack.
    :param remedy: what users do so that it has them, as a phrase; empty if nothing is known.
    """

    method: str
    before: str
    modules: list[str]
    remedy: str

    def __str__(self) -> str:
        have = f"; to have them there, {self.remedy}" if self.remedy else ""
        return (
            f"the map uses delivery method {self.method!r}, because the Python of {self.before!r} lacks "
            f"{', '.join(self.modules)}{have}"
        )


@attrs.define(slots=False)
class UnsuitableDeliveryMethod(SuspiciousMap):
    """The delivery method named in the settings cannot run on the pool, by its own check."""

    method: str
    reason: str

    def __str__(self) -> str:
        return (
            f"delivery method {self.method!r} does not suit this pool: {self.reason}. `htmap delivery` says which methods do; "
            f'htmap.settings["DELIVERY_METHOD"] = "auto" takes the best of them'
        )


@attrs.define(slots=False)
class LackingModules(SuspiciousMap):
    """The function of a map imports modules that the Python of its delivery method is known to lack.

    :param method: the delivery method.
    :param modules: the modules.
    :param remedy: what users do so that they are there, as a phrase; empty if nothing is known.
    """

    method: str
    modules: list[str]
    remedy: str

    def __str__(self) -> str:
        have = f" To have them there, {self.remedy}." if self.remedy else ""
        return (
            f"the function needs {', '.join(self.modules)}, and the Python of delivery method {self.method!r} lacks "
            f"them.{have} htmap-packages sends them along; htmap-shared and htmap-transplant run your own Python, which has them"
        )
