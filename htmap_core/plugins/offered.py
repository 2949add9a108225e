"""The calls of what plugins offer: of their delivery methods, protocols and pools."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from htmap_core.contract.delivery import DeliveryMethod, Suitability
from htmap_core.contract.options import MapOptions
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.pools import Pool, PoolAddress, PoolView
from htmap_core.contract.protocol import Sender, TransferProtocol
from htmap_core.contract.submit import SubmitDescription
from htmap_core.display.short import short
from htmap_core.exceptions import HTMapException, PluginError
from htmap_core.plugins.discovery import Discovery
from htmap_core.plugins.guarding.answers import problem_with_address
from htmap_core.plugins.guarding.guard import Guard
from htmap_core.plugins.native import native
from htmap_core.plugins.record import THIS_PROGRAM, PluginRecord
from htmap_core.wording import describe

_NONE: dict[type, str] = {type(None): "None"}
_ADDRESS: dict[type, str] = {PoolAddress: "a PoolAddress", **_NONE}


class Offered:
    """What plugins offer, and what the user's program has registered. Each call is guarded, and blamed on whose code it is."""

    def __init__(self) -> None:
        self._discovery = Discovery()
        self._guard = Guard()
        self._registered: dict[str, DeliveryMethod] = {}

    def check(self, method: DeliveryMethod, pool: PoolView) -> Suitability:
        """Ask a delivery method whether it suits *pool*, by the slots for this machine's jobs; if that fails, it is unknown."""
        owner = self._owner("delivery methods", method)
        try:
            return self._guard.ask(owner, {Suitability: "a Suitability"}, method.check, native(pool))
        except PluginError as error:  # a broken check must not stop the other methods
            return Suitability.unknown(error.reason, rank=-100)
        except HTMapException as error:
            return Suitability.unknown(f"its check failed: {describe(error)}", rank=-100)

    def lacks(self, method: DeliveryMethod, modules: Collection[str], options: MapOptions) -> frozenset[str]:
        """Ask a delivery method which of *modules* its Python is known to lack."""
        owner = self._owner("delivery methods", method)
        lacking = self._guard.ask(owner, {Collection: "a collection"}, method.lacks, modules, options)
        if isinstance(lacking, str) or not all(isinstance(each, str) for each in lacking):
            raise PluginError(
                owner.name, owner.distribution, f"lacks must return a list of names, not {short(lacking)}"
            )
        return frozenset(modules).intersection(lacking)

    def prepare(self, method: DeliveryMethod, plan: MapPlan) -> None:
        """Let a delivery method do its slow work."""
        self._guard.act(self._owner("delivery methods", method), method.prepare, plan)

    def unprepared(self, method: DeliveryMethod, plan: MapPlan) -> str | None:
        """Ask a delivery method what it would prepare for a map that is only planned."""
        return self._guard.ask(self._owner("delivery methods", method), {str: "text", **_NONE}, method.unprepared, plan)

    def describe(self, method: DeliveryMethod, submit: SubmitDescription, plan: MapPlan) -> None:
        """Let a delivery method write its part of the submit description."""
        self._guard.act(self._owner("delivery methods", method), method.describe, submit, plan)

    def sender(self, protocol: TransferProtocol, options: Mapping[str, str]) -> Sender | None:
        """Ask a protocol for what rewrites the URLs of outputs; None if it rewrites none."""
        if protocol.sender is None:
            return None
        owner = self._owner("transfer protocols", protocol)
        return self._guard.sender(owner, self._guard.call(owner, protocol.sender, options))

    def named_by(self, pool: Pool) -> str | None:
        """Ask by what the user has named *pool*."""
        return self._guard.ask(self._owner("pools", pool), {str: "text", **_NONE}, pool.named_by)

    def find(self, pool: Pool) -> PoolAddress | None:
        """Ask for the address of *pool*, if it can be used now."""
        owner = self._owner("pools", pool)
        return _addressed(owner, pool, "find", self._guard.ask(owner, _ADDRESS, pool.find))

    def start(self, pool: Pool) -> PoolAddress | None:
        """Let *pool* start, if it can."""
        owner = self._owner("pools", pool)
        return _addressed(owner, pool, "start", self._guard.take(owner, _ADDRESS, pool.start))

    def starts_when_needed(self, pool: Pool) -> bool:
        """Ask whether the next map would start *pool*."""
        return self._guard.ask(self._owner("pools", pool), {bool: "bool"}, pool.starts_when_needed)

    def time_limit(self, pool: Pool, options: MapOptions) -> int | None:
        """Ask how long a job may take by what the user says in the words of the site."""
        owner = self._owner("pools", pool)
        limit = self._guard.ask(owner, {int: "seconds", **_NONE}, pool.time_limit, options)
        if limit is not None and limit < 1:
            raise PluginError(owner.name, owner.distribution, f"time_limit must return a second at least, not {limit}")
        return limit

    def advice(self, pool: Pool) -> str:
        """Ask why *pool* cannot be used."""
        return self._guard.ask(self._owner("pools", pool), {str: "text"}, pool.advice)

    def _owner(self, kind: str, offered: DeliveryMethod | Pool | TransferProtocol) -> PluginRecord:
        name = offered.scheme if isinstance(offered, TransferProtocol) else offered.name
        if offered not in self._registered.values():
            for record in self._discovery.records():
                if name in record.offers.get(kind, ()):
                    return record
        return PluginRecord(name, THIS_PROGRAM, "")


def _addressed(owner: PluginRecord, pool: Pool, asked: str, address: PoolAddress | None) -> PoolAddress | None:
    """Return the address that a pool has given, after a look at it: a map would remember it."""
    if (problem := problem_with_address(address, pool.name)) is not None:
        raise PluginError(owner.name, owner.distribution, f"{asked} {problem}")
    return address
