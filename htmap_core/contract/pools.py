"""Pools: places to submit to, and the questions that plugins can ask them."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Optional, Protocol

import attrs

from htmap_core import environment
from htmap_core.contract.options import MapOptions


@attrs.frozen
class PoolAddress:
    """The address of a pool. A map stores the address that it was submitted to. Since 0.7.

    >>> PoolAddress("batch", schedd="bigbird99.example.org").schedd
    'bigbird99.example.org'

    :param pool: the name of the :class:`Pool` that gave this address.
    :param configuration: the HTCondor configuration file (CONDOR_CONFIG) that its clients use; None for the machine's own.
    :param schedd: the name of the schedd; None for the local schedd of that configuration. Where it is the machine's own, HTMap
        adds the name for maps. Where several machines share the configuration that a plugin brings along, the plugin names it.
    :param collector: the address of the collector; None for the collector of that configuration.
    """

    pool: str
    configuration: Optional[Path] = attrs.field(default=None, converter=attrs.converters.optional(Path))
    schedd: Optional[str] = None
    collector: Optional[str] = None

    @classmethod
    def of_machine(cls, pool: str, schedd: str | None = None, collector: str | None = None) -> PoolAddress:
        """Return an address with the configuration that CONDOR_CONFIG names now, or else the machine's own.

        ::

            PoolAddress.of_machine("batch", schedd="bigbird99.example.org")
        """
        named = environment.variable("CONDOR_CONFIG") or ""
        configuration = Path(named) if os.path.isfile(named) else None
        return cls(pool, configuration=configuration, schedd=schedd, collector=collector)


class Pool(ABC):
    """A place to submit to. A plugin offers it through ``htmap_pools``.

    HTMap tries pools from the highest :attr:`rank` down: it first looks for one that can be used, then for one that can be
    started. All methods run on the submit machine. Since 0.7. ::

        class BatchService(Pool):
            name = "batch"
            rank = 200

            def find(self):
                is_here = socket.getfqdn().endswith(".example.org")
                return PoolAddress.of_machine(self.name) if is_here else None

            def advice(self):
                return "this machine is not at example.org; `ssh submit.example.org` first"
    """

    name: ClassVar[str]
    """The name by which maps remember the pool, and in the addresses that it gives; that of the plugin, best."""

    rank: ClassVar[int] = 0
    """Pools of higher rank are tried first: the machine's own has 100, the personal pool 0."""

    delivery_method: ClassVar[Optional[str]] = None
    """The delivery method that the site prefers, or None. HTMap uses it if it is installed and the user names none."""

    grows: ClassVar[bool] = True
    """Whether slots may be added while a map waits: then calls of which nothing is known are shared out for 250 jobs at least."""

    limits_steps: ClassVar[bool] = False
    """Whether the steps and questions of the plugin that offers this pool are for maps of this pool alone."""

    def named_by(self) -> str | None:
        """Return by what the user has named this pool, with its value and where that comes from; by default None.

        While something names a pool, HTMap takes no other in its place but another named one, or one of a higher rank that can be
        used. If none of them answers, that is an error.

        Runs on the submit machine, whenever a pool is looked for, before :meth:`find`. Since 0.7. ::

            def named_by(self):
                schedd = table("SITE", SiteSettings).schedd
                return f"SITE.SCHEDD = {schedd!r} (from {setting_origin('SITE.SCHEDD')})" if schedd else None
        """
        return None

    @abstractmethod
    def find(self) -> PoolAddress | None:
        """Return the pool's address if the pool can be used now, else None.

        Runs on the submit machine, when a map is created, and for ``htmap plugins list`` and ``htmap doctor``. It starts nothing,
        and takes at most a second or two. Since 0.7. ::

            def find(self):
                address = PoolAddress.of_machine(self.name)
                return address if connect(address).answers() else None

        :raises HTMapException: this is the user's pool, but it cannot be used now. If HTMap takes another pool, because nothing
            names this one, it warns with this text.
        """

    def start(self) -> PoolAddress | None:
        """Start the pool if the plugin can and the user's settings allow it, and return its address; by default return None.

        Runs on the submit machine, when no pool was found, and when the pool of a map does not answer. Since 0.7. ::

            def start(self):
                start_daemons()
                return self.find()

        :raises HTMapException: the pool did not start.
        """
        return None

    def starts_when_needed(self) -> bool:
        """Return whether :meth:`start` can and may start the pool, so that the next map would; by default False.

        ``htmap doctor`` says so, and that maps can run, where no pool runs now.

        Runs on the submit machine, when the pool was not found. Since 0.7. ::

            def starts_when_needed(self):
                return shutil.which("start-daemons") is not None
        """
        return False

    def time_limit(self, options: MapOptions) -> int | None:
        """Return how long a job may take by what the user says in the words of the site, in seconds; by default None.

        That may be options of the map, settings of the plugin, or what the site gives to whoever says nothing. HTCondor's own
        limit and the option ``walltime`` are known without it. Where HTMap chooses how many components share a job, it keeps
        jobs below this limit, so that the site neither refuses the map nor ends its jobs. Where one component has a job, this
        is not asked.

        Runs on the submit machine, when a map with ``chunksize="auto"`` is created. Since 0.7. ::

            def time_limit(self, options):
                given = options.get("MY.MaxRuntime")
                return None if given is None else durations.seconds(given)

        :param options: the options of the map, with those of the settings.
        """
        return None

    @abstractmethod
    def advice(self) -> str:
        """Return one line that says why this pool cannot be used, and names the next command.

        Runs on the submit machine, when this pool was not found. Since 0.7. ::

            def advice(self):
                return "no pool is installed; `htmap pool install` installs one"
        """


class PoolView(Protocol):
    """The questions that a plugin may ask the pool of a map.

    Numbers of slots may be five minutes old; zero is always what the collector says now. :meth:`DeliveryMethod.check` gets the
    pool without the slots that HTCondor sends no job of this machine to, because they have another architecture.

    Since 0.7. ::

        able, slots = plan.pool.count("HasDocker")
    """

    @property
    def address(self) -> PoolAddress:
        """The address of the pool."""

    @property
    def is_local(self) -> bool:
        """Whether every slot of the pool is on this machine."""

    def slots(self, projection: Sequence[str] = ()) -> Iterable[Mapping[str, Any]]:
        """Return the ads of all slots as dictionaries of Python values.

        ::

            systems = {slot.get("OpSysAndVer") for slot in pool.slots(["OpSysAndVer"])}

        :param projection: the attributes to return; all by default.
        :raises CondorError: the collector does not answer.
        """

    def count(self, expression: str) -> tuple[int, int]:
        """Return how many slots satisfy a ClassAd *expression*, and how many slots the pool has.

        A partitionable slot counts once, however many jobs it can run. ::

            able, slots = pool.count("HasDocker && TotalGPUs > 0")

        :raises CondorError: the collector does not answer.
        """

    def parameter(self, name: str) -> str | None:
        """Return a parameter of the submit side's HTCondor configuration; None if it is not set.

        ::

            domain = pool.parameter("FILESYSTEM_DOMAIN")
        """


class PoolAccess(PoolView, Protocol):
    """A connection to a pool for plugins; :func:`htmap_core.connect` returns it.

    Credentials belong to the current user, and are stored in the credd of the pool's schedd. Since 0.7. ::

        pool = connect(plan.pool.address)
        if not pool.has_kerberos_credential():
            pool.store_kerberos_credential(read_ticket())
    """

    def answers(self) -> bool:
        """Return whether the pool's schedd answers.

        ::

            address = address if connect(address).answers() else None
        """

    def schedds(self, constraint: str = "true", projection: Sequence[str] = ()) -> Iterable[Mapping[str, Any]]:
        """Return the ads of the schedds that the collector knows as dictionaries of Python values.

        A site where users submit to one of several schedds chooses by them, and names it in the address of its pool. ::

            ads = connect(address).schedds("IsForUsers =?= true", ["Name", "TotalIdleJobs"])
            quiet = min(ads, key=lambda ad: ad.get("TotalIdleJobs", 0), default=None)

        :param constraint: a ClassAd expression on their ads.
        :param projection: the attributes to return; all by default.
        :raises CondorError: the collector does not answer.
        """

    def has_kerberos_credential(self) -> bool:
        """Return whether the credd holds a Kerberos credential of the user, which its monitor has seen.

        ::

            is_stored = connect(plan.pool.address).has_kerberos_credential()

        :raises CondorError: the credd does not answer.
        """

    def store_kerberos_credential(self, credential: bytes) -> None:
        """Store a Kerberos credential of the user in the credd, and wait until the credd's monitor has seen it.

        Where the monitor takes longer than the credd waits, as it often does for the first one, it is stored again, up to
        three times. ::

            producer = subprocess.run(["/usr/bin/ticket-for-pool"], stdout=subprocess.PIPE, check=True)
            connect(plan.pool.address).store_kerberos_credential(producer.stdout)

        :param credential: the output of the pool's credential producer, byte for byte.
        :raises CondorError: the credd does not answer, or refuses the credential.
        """
