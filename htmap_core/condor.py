"""The only module that touches HTCondor's bindings; it turns their errors into HTMap's.

The bindings keep one configuration for the whole process. A :class:`Connection` therefore loads that of its pool before each
call, where another one was loaded last.
"""

from __future__ import annotations

import contextlib
import os
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from htmap_core.exceptions import CondorError, PoolUnavailable
from htmap_core.interrupts import held_back
from htmap_core.pools import PoolAddress


@attrs.frozen
class Submitted:
    """What the schedd made of a submission: the cluster's number, and how many jobs it has now."""

    cluster: int
    jobs: int


class Connection:
    """A pool, as far as its schedd and collector answer. Also the :class:`~htmap_core.pools.PoolView` that plugins get."""

    def __init__(self, address: PoolAddress) -> None:
        self._address = address
        self._slots: list[Mapping[str, Any]] | None = None

    @property
    def address(self) -> PoolAddress:
        """Where the pool is."""
        return self._address

    # --- the schedd

    def submit(self, text: str) -> Submitted:
        """Submit a description that ends with its own queue statement.

        :raises CondorError: the schedd refuses it; nothing is in the queue then.
        """
        with self._bindings() as condor:
            result = self._schedd(condor).submit(condor.Submit(text))
            return Submitted(result.cluster(), result.num_procs())

    def query(self, constraint: str, projection: Sequence[str] = (), limit: int = -1) -> list[dict[str, Any]]:
        """Return the ads of the jobs that satisfy *constraint*, cut down to *projection* where one is given."""
        with self._bindings() as condor:
            ads = self._schedd(condor).query(constraint=constraint, projection=list(projection), limit=limit)
            return [_plain(ad) for ad in ads]

    def remove(self, constraint: str, reason: str) -> None:
        """Remove the jobs that satisfy *constraint* from the queue."""
        with self._bindings() as condor:
            # A pair, because the bindings drop a reason that is plain text.
            self._schedd(condor).act(condor.JobAction.Remove, constraint, reason=(reason, 0))

    def act(self, action: str, constraint: str, reason: str) -> None:
        """Have the schedd act on the jobs that satisfy *constraint*; those that the action does not fit are passed over.

        :param action: ``hold``, ``release``, ``suspend``, ``continue`` or ``vacate``.
        """
        with self._bindings() as condor:
            job_action = getattr(condor.JobAction, action.capitalize())
            self._schedd(condor).act(job_action, constraint, reason=(reason, 0))

    def edit(self, constraint: str, attribute: str, value: object) -> None:
        """Change an attribute in the ads of the jobs that satisfy *constraint*.

        :param value: a ClassAd expression.
        """
        with self._bindings() as condor:
            self._schedd(condor).edit(constraint, attribute, str(value))

    def answers(self) -> bool:
        """Return whether the schedd answers at all."""
        try:
            self.query("false", ["ClusterId"], limit=1)
        except CondorError:
            return False
        return True

    # --- the collector

    def slots(self, projection: Sequence[str] = ()) -> list[Mapping[str, Any]]:
        """Return the ads of all slots; those that were cut out of a partitionable slot are not counted apart."""
        if self._slots is None:
            with self._bindings() as condor:
                ads = self._collector(condor).query(condor.AdType.Startd, constraint='SlotType =!= "Dynamic"')
                self._slots = [_plain(ad) for ad in ads]
        wanted = {name.casefold() for name in projection}
        return [{k: v for k, v in ad.items() if not wanted or k.casefold() in wanted} for ad in self._slots]

    def count(self, expression: str) -> tuple[int, int]:
        """Return how many slots satisfy a ClassAd *expression*, and how many there are."""
        with self._bindings() as condor:
            constraint = f'(SlotType =!= "Dynamic") && ({expression})'
            ads = self._collector(condor).query(condor.AdType.Startd, constraint=constraint, projection=["Name"])
            return len(ads), len(self.slots())

    @property
    def is_local(self) -> bool:
        """True where every slot of the pool is on this machine."""
        here = {self.parameter("FULL_HOSTNAME"), self.parameter("HOSTNAME")}
        machines = {ad.get("Machine") for ad in self.slots(["Machine"])}
        return bool(machines) and machines <= here

    def parameter(self, name: str) -> str | None:
        """Return a parameter of the submit side's HTCondor configuration; None where it is not set."""
        with self._bindings() as condor:
            found = condor.param.get(name)
            return None if found is None else str(found)

    # --- the bindings

    def _schedd(self, condor: Any) -> Any:
        if self._address.schedd is None:
            return condor.Schedd()
        return condor.Schedd(self._collector(condor).locate(condor.DaemonType.Schedd, self._address.schedd))

    def _collector(self, condor: Any) -> Any:
        return condor.Collector(self._address.collector) if self._address.collector else condor.Collector()

    @contextlib.contextmanager
    def _bindings(self) -> Iterator[Any]:
        with _lock, held_back():
            condor = _load(self._address.configuration)
            try:
                yield condor
            except (condor.HTCondorException, ValueError) as error:  # ValueError: a queue statement that it cannot read
                raise _translated(error, self._address, condor) from error


_lock = threading.RLock()
_loaded_configuration: list[tuple[Path | None, str | None]] = []


def version() -> str:
    """Return the version of the bindings."""
    return str(_load(None).version())


def has_configuration() -> bool:
    """Return whether this machine has a configuration of HTCondor's at one of the places where HTCondor looks for it.

    Cheap: the bindings are not loaded, and on a machine without HTCondor need not be.
    """
    if os.environ.get("CONDOR_CONFIG"):
        return True
    places = (
        "~/.condor/condor_config",
        "~/.condor/user_config",
        "/etc/condor/condor_config",
        "/usr/local/etc/condor_config",
    )
    return any(Path(place).expanduser().exists() for place in places)


def _load(configuration: Path | None) -> Any:
    """Import the bindings and have them read *configuration*; None stands for the machine's own."""
    wanted = (configuration, os.environ.get("CONDOR_CONFIG"))
    with _configured(configuration):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # "no configuration found" is ours to judge, and said in our own words
                import htcondor2  # 200 ms
        except ImportError as error:
            raise CondorError(
                f"HTCondor's Python bindings cannot be imported ({error}). `pip install htcondor` brings them; "
                f"they exist for Linux only"
            ) from error
        if _loaded_configuration != [wanted]:
            if configuration is not None and not configuration.exists():
                raise CondorError(
                    f"the pool's configuration {configuration} is gone; start the pool again: `htmap pool start`"
                )
            htcondor2.reload_config()
            _loaded_configuration[:] = [wanted]
    return htcondor2


@contextlib.contextmanager
def _configured(configuration: Path | None) -> Iterator[None]:
    """Have CONDOR_CONFIG name *configuration* for a moment; the user's own environment stays as it is."""
    before = os.environ.get("CONDOR_CONFIG")
    if configuration is not None:
        os.environ["CONDOR_CONFIG"] = str(configuration)
    elif before is None and not has_configuration():
        os.environ["CONDOR_CONFIG"] = os.devnull  # after ONLY_ENV the bindings never read a file again
    try:
        yield
    finally:
        if before is None:
            os.environ.pop("CONDOR_CONFIG", None)
        else:
            os.environ["CONDOR_CONFIG"] = before


_UNREACHABLE = ("connect", "locate", "authenticat", "communicat", "timed out", "FS:1004", "Failed to fetch ads")


def _translated(error: Exception, address: PoolAddress, condor: Any) -> CondorError:
    text = " ".join(str(error).split())
    if not any(sign.casefold() in text.casefold() for sign in _UNREACHABLE):
        return CondorError(f"HTCondor says: {text}")
    advice = (
        "`htmap pool status` shows its state"
        if address.pool == "personal"
        else "`condor_status -schedd` shows its state"
    )
    if "FS:1004" in text or "authenticat" in text.casefold():
        # Wheels built after September 2026 cannot authenticate with daemons from before, and the message does not say so.
        advice = (
            f"this Python has HTCondor's bindings {condor.version().split()[1]}; if the pool's daemons have another version, "
            f"install the wheel that matches them: `pip install 'htcondor==<version of condor_version>'`"
        )
    return PoolUnavailable(address.pool, text, advice)


def _plain(ad: Any) -> dict[str, Any]:
    """Return a ClassAd as a dictionary of Python values; expressions stay text, and what is undefined is None."""
    return {name: _plain_value(value) for name, value in ad.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, (str, int, float, bool)) and type(value).__module__ == "builtins":
        return value
    if isinstance(value, list):
        return [_plain_value(each) for each in value]
    if type(value).__name__ == "Value":  # classad2.Value.Undefined and Error
        return None
    return str(value)
