"""What a pool is to HTMap: somewhere to submit to, and what can be seen of it."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Optional, Protocol

import attrs


@attrs.frozen
class PoolAddress:
    """Where a pool is. Plain data: a map keeps the address it was submitted to.

    :param pool: the name of the :class:`Pool` that gave this address.
    :param configuration: the HTCondor configuration file (CONDOR_CONFIG) that its clients use; None for the machine's own.
    :param schedd: the name of the schedd; None for the local one of that configuration.
    :param collector: the address of the collector; None for that configuration's.
    """

    pool: str
    configuration: Optional[Path] = attrs.field(default=None, converter=attrs.converters.optional(Path))
    schedd: Optional[str] = None
    collector: Optional[str] = None

    @classmethod
    def of_machine(cls, pool: str, schedd: str | None = None, collector: str | None = None) -> PoolAddress:
        """Return an address by the machine's own configuration, or the one that CONDOR_CONFIG names now."""
        named = os.environ.get("CONDOR_CONFIG", "")
        configuration = Path(named) if os.path.isfile(named) else None
        return cls(pool, configuration=configuration, schedd=schedd, collector=collector)


class Pool(ABC):
    """A place to submit to, offered by a plugin through ``htmap_pools``.

    Pools are tried from the highest :attr:`rank` down: first whether one can be found, then whether one can be started.
    All methods run on the submit side, when a map is created or acted on.
    """

    name: ClassVar[str]
    rank: ClassVar[int] = 0
    delivery_method: ClassVar[Optional[str]] = None
    """The delivery method that the site prefers where the user names none and it is installed; None for no preference."""

    @abstractmethod
    def find(self) -> PoolAddress | None:
        """Return the pool's address if it can be used as it is now; start nothing, and take no longer than a second or two.

        :raises HTMapException: this is the user's pool, and it cannot be used now: who gets another one instead is told why.
        """

    def start(self) -> PoolAddress | None:
        """Bring the pool up, where the plugin can and the user's settings let it; by default nothing can be started.

        :raises HTMapException: it should have come up and did not.
        """
        return None

    @abstractmethod
    def advice(self) -> str:
        """Return one line that says why this pool cannot be used, with the next command; asked when no pool was found."""


class PoolView(Protocol):
    """What a plugin may ask of the pool that a map will run on. Answers are those of the collector, kept for one map creation."""

    @property
    def address(self) -> PoolAddress:
        """Where the pool is."""

    @property
    def is_local(self) -> bool:
        """True where every slot of the pool is on this machine."""

    def slots(self, projection: Sequence[str] = ()) -> Iterable[Mapping[str, Any]]:
        """Return the ads of all slots, cut down to the attributes in *projection* where one is given.

        :raises CondorError: the collector does not answer.
        """

    def count(self, expression: str) -> tuple[int, int]:
        """Return how many slots satisfy a ClassAd *expression*, and how many there are.

        A partitionable slot counts once, however many jobs it can hold.

        :raises CondorError: the collector does not answer.
        """

    def parameter(self, name: str) -> str | None:
        """Return a parameter of the submit side's HTCondor configuration, such as ``FILESYSTEM_DOMAIN``; None where unset."""


class PoolAccess(PoolView, Protocol):
    """What a plugin may do with a pool whose address it knows; :func:`htmap_core.connect` gives it.

    Credentials are those of the user who runs this, and go to the credd that belongs to the pool's schedd.
    """

    def answers(self) -> bool:
        """Return whether the pool's schedd answers."""

    def has_kerberos_credential(self) -> bool:
        """Return whether the credd holds a Kerberos credential of the user.

        :raises CondorError: the credd does not answer.
        """

    def store_kerberos_credential(self, credential: bytes) -> None:
        """Hand a Kerberos credential of the user to the credd, and wait until its monitor has seen it.

        :param credential: what the pool's credential producer printed, byte for byte.
        :raises CondorError: the credd does not answer, or does not take it.
        """
