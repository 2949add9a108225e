"""The only module that asks HTCondor's daemons through the bindings; it turns their errors into HTMap's."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from htmap_core.condor import bindings
from htmap_core.condor.classads import plain
from htmap_core.condor.daemons import knocking, schedds
from htmap_core.condor.daemons.reaching import Daemons
from htmap_core.condor.errors import explained, is_late_monitor
from htmap_core.condor.slots import WHOLE_SLOT, SlotAnswers
from htmap_core.contract.pools import PoolAccess, PoolAddress
from htmap_core.exceptions import (
    CondorError,
    NoBindings,
    UnsafePoolConfiguration,
)
from htmap_core.files.answers import Answers
from htmap_core.language.expressions import quoted
from htmap_core.progress.work import LongWork

_STORES = 3  # times that a credential is stored while the credd's monitor is late, as it often is for the first one


@attrs.frozen
class Submitted:
    """The schedd's answer to a submission: the cluster's number, and the number of its jobs now."""

    cluster: int
    jobs: int


class Connection:
    """A connection to a pool's schedd, collector and credd. Plugins get it as ``PoolView`` or ``PoolAccess``.

    :param kept: the collector's latest answers about slots, to which new ones are added; None asks the collector afresh.
    """

    def __init__(self, address: PoolAddress, kept: Answers | None = None) -> None:
        self._address = address
        self._daemons = Daemons(address)
        self._slots = SlotAnswers(self.query_collector, lambda: self.parameter("COLLECTOR_HOST"), kept)

    @property
    def address(self) -> PoolAddress:
        """The address of the pool."""
        return self._address

    # --- the schedd

    def submit(self, text: str) -> Submitted:
        """Submit a description that ends with a queue statement.

        :raises TooManyJobs: the schedd takes only so many jobs; nothing is in the queue then, as with any other refusal.
        :raises RefusedByRule: a rule of its administrator refuses them.
        :raises CondorError: the schedd refuses it for another reason, or does not answer.
        """
        try:
            with self._daemons.schedd(knocking.LONGER) as (condor, schedd), bindings.silenced(condor):
                result = condor.Schedd(schedd).submit(condor.Submit(text))
                return Submitted(result.cluster(), result.num_procs())
        except CondorError as error:
            raise explained(error, self.schedd_parameter) from error.__cause__

    def query_jobs(
        self, constraint: str, projection: Sequence[str] = (), limit: int = -1, *, clusters: bool = False
    ) -> list[dict[str, Any]]:
        """Return the ads of the jobs that satisfy *constraint* as Python values: the attributes in *projection*, or all.

        :param clusters: whether to return the ads of clusters, too, which have no ProcId. A cluster of late materialization may
            have no job at the moment.
        """
        with self._daemons.schedd() as (condor, schedd):
            kind = {"opts": condor.QueryOpts.IncludeClusterAd} if clusters else {}
            ads = condor.Schedd(schedd).query(constraint=constraint, projection=list(projection), limit=limit, **kind)
            return [plain(ad) for ad in ads]

    def job_classads(self, constraint: str, limit: int = -1) -> list[Any]:
        """Return the ads of the jobs that satisfy *constraint* as the bindings' ClassAds, for this package alone."""
        with self._daemons.schedd() as (condor, schedd):
            return list(condor.Schedd(schedd).query(constraint=constraint, limit=limit))

    def past_classads(self, constraint: str, bound: str | None, limit: int) -> list[Any]:
        """Return the last ads of jobs that have left the queue, the latest first, as the bindings' ClassAds. It takes its time.

        :param bound: a ClassAd expression that ends the search at the first job for which it is true; None for no end.
        """
        with self._daemons.schedd() as (condor, schedd):
            since = bound and condor.classad.ExprTree(bound)  # a text must be a job's number with the bindings of 24.0
            return list(condor.Schedd(schedd).history(constraint, [], limit, since))

    def remove(self, constraint: str, reason: str) -> None:
        """Remove the jobs that satisfy *constraint* from the queue."""
        self.act("remove", constraint, reason)

    def query_schedd(self, projection: Sequence[str]) -> dict[str, Any]:
        """Ask the schedd itself for attributes of its ad. The collector's copy (:meth:`schedd_ad`) may be minutes old."""
        with self._daemons.schedd(knocking.LONGER) as (condor, schedd):
            # Not by directQuery, which with the bindings of 24.0 returns a list, and takes the name for a constraint.
            (ad,) = condor.Collector(schedd).query(condor.AdType.Schedd, projection=list(projection))
            return plain(ad)

    def act(self, action: str, constraint: str, reason: str) -> None:
        """Have the schedd act on the jobs that satisfy *constraint*. It skips jobs that the action does not fit.

        :param action: ``hold``, ``release``, ``suspend``, ``continue``, ``vacate`` or ``remove``.
        :param reason: why, for the event log.
        """
        with self._daemons.schedd() as (condor, schedd):
            job_action = getattr(condor.JobAction, action.capitalize())
            # The reason is a pair with a code, because the bindings drop plain text.
            condor.Schedd(schedd).act(job_action, constraint, reason=(reason, 0))

    def edit(self, constraint: str, attribute: str, value: object) -> None:
        """Set an attribute in the ads of the jobs that satisfy *constraint* to *value*, a ClassAd expression.

        :param constraint: an expression, or the number of a job, such as ``17.3``, for which it looks at no others.
        """
        with self._daemons.schedd() as (condor, schedd):
            condor.Schedd(schedd).edit(constraint, attribute, str(value))

    @property
    def is_local_schedd(self) -> bool:
        """Whether the schedd is that of this machine's configuration, and need not be found by the collector. Asks no daemon."""
        return self._daemons.is_local_schedd

    def answers(self) -> bool:
        """Return whether the schedd answers."""
        return self.why_silent() is None

    def why_silent(self) -> CondorError | None:
        """Return why the schedd, or a collector that the address names, does not answer; None if it does."""
        try:
            if self._address.collector is not None:
                self.query_collector("Collector", "false", ["Name"])
            self.query_schedd(["Name"])  # any query of jobs would have it fork, and look at its whole queue
        except (UnsafePoolConfiguration, NoBindings):
            raise  # the pool may answer, but is not asked
        except CondorError as error:
            return error
        return None

    def why_refused(self) -> CondorError | None:
        """Return why a schedd elsewhere lets nobody act from here, though all may look; None if it does, or is the local one."""
        try:
            if not self.is_local_schedd:
                self.act("hold", "0.0", "htmap asks whether it may")  # there is no such job
        except CondorError as error:
            return error
        return None

    # --- the credd

    def has_kerberos_credential(self) -> bool:
        """Return whether the credd holds a Kerberos credential of the user that its monitor has made usable."""
        try:
            with self._daemons.bindings() as condor:
                return self._ask_credd(condor, lambda credd, kind: credd.query_user_cred(kind)) is not None
        except CondorError as error:
            if is_late_monitor(error):
                return False
            raise

    def store_kerberos_credential(self, credential: bytes) -> None:
        """Hand a Kerberos credential of the user to the credd, again if its monitor takes too long."""
        with LongWork("handing your credential to the credd") as work:
            for _ in range(_STORES - 1):
                try:
                    self._store_kerberos_credential(credential)
                except CondorError as error:
                    if not is_late_monitor(error):
                        raise
                else:
                    return
                work.begin("handing your credential to the credd again, whose monitor is slow")
            self._store_kerberos_credential(credential)

    def _store_kerberos_credential(self, credential: bytes) -> None:
        with self._daemons.bindings() as condor:
            # With None instead of bytes, the bindings would run the producer, and cut its output at the first zero byte.
            self._ask_credd(condor, lambda credd, kind: credd.add_user_cred(kind, credential))

    def _ask_credd(self, condor: Any, ask: Callable[[Any, Any], Any]) -> Any:
        try:
            return ask(self._credd(condor), condor.CredType.Kerberos)
        except condor.HTCondorException as error:
            if "Communication error" not in str(error):
                raise
            # A restarted credd has forgotten its session with this process. The failure has ended that session, so try again.
            return ask(self._credd(condor), condor.CredType.Kerberos)

    def _credd(self, condor: Any) -> Any:
        """Return the credd that the schedd asks for credentials."""
        is_local = schedds.is_local(self._address, condor)
        return condor.Credd() if is_local else condor.Credd(schedds.credd(self._address, condor))

    # --- the collector

    def slots(self, projection: Sequence[str] = ()) -> list[Mapping[str, Any]]:
        """Return the ads of all slots, without dynamic ones, as Python values: the attributes in *projection*, or all. Cached."""
        return self._slots.ads(projection)

    def count(self, expression: str) -> tuple[int, int]:
        """Return how many slots satisfy a ClassAd *expression*, and how many slots the pool has. Cached."""
        return self._slots.count(expression)

    def schedds(self, constraint: str = "true", projection: Sequence[str] = ()) -> list[Mapping[str, Any]]:
        """Return the ads of the schedds that the collector knows, as Python values: the attributes in *projection*, or all."""
        return list(self.query_collector("Schedd", constraint, projection))

    def schedd_ad(self) -> dict[str, Any]:
        """Return the schedd's name, machine and version: of the local one from its files, of others from the collector."""
        return plain(self._daemons.located())

    def slot_classads(self, projection: Sequence[str]) -> list[Any]:
        """Return the present ads of all slots, without dynamic ones, as the bindings' ClassAds, for this package alone."""
        with self._daemons.collector() as (condor, collector):
            return list(collector.query(condor.AdType.Startd, constraint=WHOLE_SLOT, projection=list(projection)))

    def query_collector(self, kind: str, constraint: str, projection: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Return the collector's ads of a *kind*, such as ``Submitter`` or ``Accounting``, as dictionaries of Python values."""
        with self._daemons.collector() as (condor, collector):
            ask = functools.partial(collector.query, getattr(condor.AdType, kind))
            try:
                ads = ask(constraint=constraint, projection=list(projection))
            except condor.HTCondorException:
                # One that was started again at its address says once that it does not know the session of before.
                ads = ask(constraint=constraint, projection=list(projection))
            return [plain(ad) for ad in ads]

    @property
    def is_local(self) -> bool:
        """Whether every slot of the pool is on this machine."""
        here = filter(None, (self.parameter("FULL_HOSTNAME"), self.parameter("HOSTNAME")))
        matching, total = self.count(" || ".join(f"Machine =?= {quoted(name)}" for name in here) or "false")
        return 0 < total == matching

    def parameter(self, name: str) -> str | None:
        """Return a parameter of the submit side's HTCondor configuration; None if it is not set."""
        self._daemons.check_configuration()
        known = bindings.known_parameters(self._address.configuration)
        if name not in known:
            with self._daemons.bindings() as condor:
                found = condor.param.get(name)
                known[name] = None if found is None else str(found)
        return known[name]

    def schedd_parameter(self, name: str) -> str | None:
        """Return a parameter of the schedd's configuration, wherever it runs; None if it is not set."""
        if self.is_local_schedd:
            found = self.parameter(name)
        else:
            with self._daemons.schedd() as (condor, schedd):
                found = condor.RemoteParam(schedd).get(name)
        return None if found in {None, "Not defined"} else str(found)  # the daemon's words


def connect(address: PoolAddress) -> PoolAccess:
    """Return a connection to the pool at *address*, of a map or any other. It asks nothing before its first use.

    Since 0.7: ``connect(PoolAddress.of_machine("site")).parameter("UID_DOMAIN")``.
    """
    return Connection(address)
