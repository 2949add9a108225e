"""The slots of a pool that HTCondor lets jobs of this machine go to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from htmap_core.contract.pools import PoolAddress, PoolView
from htmap_core.exceptions import CondorError
from htmap_core.language.added_requirements import of_machine
from htmap_core.language.expressions import conjunction
from htmap_core.settings.chain import settings
from htmap_core.settings.core import MAP_OPTIONS


@attrs.frozen
class NativeSlots:
    """A pool as it is to jobs that HTCondor sends only to machines like this one, as ``PoolView``.

    :param machine: what HTCondor requires of their slots.
    """

    pool: PoolView
    machine: str

    @property
    def address(self) -> PoolAddress:
        """The address of the pool."""
        return self.pool.address

    @property
    def is_local(self) -> bool:
        """Whether every slot of the pool is on this machine."""
        return self.pool.is_local

    def slots(self, projection: Sequence[str] = ()) -> list[Mapping[str, Any]]:
        """Return the ads of the native slots."""
        wanted = {name.casefold() for name in projection}
        ads = self.pool.slots([*projection, *_MACHINE] if projection else ())
        native = [ad for ad in ads if self._is_native({name.casefold(): value for name, value in ad.items()})]
        return [{name: value for name, value in ad.items() if not wanted or name.casefold() in wanted} for ad in native]

    def _is_native(self, ad: Mapping[str, Any]) -> bool:
        return all(str(ad.get(name)).casefold() == (self.parameter(name.upper()) or "").casefold() for name in _MACHINE)

    def count(self, expression: str) -> tuple[int, int]:
        """Return how many native slots satisfy an expression, and how many there are."""
        return self.pool.count(f"({self.machine}) && ({expression})")[0], self.pool.count(self.machine)[0]

    def parameter(self, name: str) -> str | None:
        """Return a parameter of the submit side's HTCondor configuration; None if it is not set."""
        return self.pool.parameter(name)


_MACHINE = ("arch", "opsys")  # attributes of slots, and parameters of the submit side


def native(pool: PoolView) -> PoolView:
    """Return the pool with those slots alone that HTCondor lets jobs of this machine go to, if it has others, too.

    The user's own requirements may let jobs go elsewhere. If no slot is native, only such requirements help, so all slots count.
    """
    try:
        machine = requirements_of_machine(pool)
        able, slots = pool.count(machine) if machine else (0, 0)
    except CondorError:  # the method that asks the pool next meets it, too
        return pool
    return pool if able in {0, slots} else NativeSlots(pool, machine)


def requirements_of_machine(pool: PoolView) -> str:
    """Return what HTCondor adds so that jobs go to machines like this one; empty if the settings' own requirements decide.

    :raises CondorError: the configuration of the pool cannot be read.
    """
    options = settings.get(MAP_OPTIONS, {})
    required = next((str(text) for name, text in options.items() if name.casefold() == "requirements"), "")
    machine = list(of_machine(required, False, pool.parameter))
    return conjunction(machine) if len(machine) == len(_MACHINE) else ""
