"""The bindings, and the daemons of one pool that are asked through them, once these are known to answer."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from htmap_core.condor import bindings
from htmap_core.condor.configuration import missing_configuration
from htmap_core.condor.daemons import knocking, schedds
from htmap_core.condor.errors import advice_on, translated
from htmap_core.condor.interrupts import held_back
from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import PoolUnavailable


class Daemons:
    """The daemons of the pool at an address."""

    def __init__(self, address: PoolAddress) -> None:
        self._address = address

    @contextlib.contextmanager
    def bindings(self) -> Iterator[Any]:
        """Yield the bindings with the configuration of the pool. In the block, no other thread has them, and Ctrl-C waits.

        :raises PoolUnavailable: the configuration is missing; or, by the block, a daemon does not answer.
        :raises CondorRefused: by the block: a daemon refuses what it was asked.
        """
        with bindings.counted(), bindings.lock, held_back():
            self.check_configuration()
            condor = bindings.load(self._address.configuration)
            try:
                yield condor
            except (condor.HTCondorException, ValueError) as error:  # ValueError: an invalid queue statement
                raise translated(error, self._address, condor) from error

    @contextlib.contextmanager
    def schedd(self, patience: float | None = None) -> Iterator[tuple[Any, Any]]:
        """Yield the bindings and the ad of the schedd, which answers; raises what :meth:`bindings` does.

        :param patience: for how many seconds to wait until it answers; None for what is usual.
        """
        ad = self.located()
        self._await(str(ad.get("MyAddress")), "the schedd", patience)
        with self.bindings() as condor:
            yield condor, ad

    def located(self) -> Any:
        """Return the ad of the schedd, which is asked nothing: of the local one by its files, of others by the collector."""
        if not self.is_local_schedd:
            self._await_collector()
        with self.bindings() as condor:
            return schedds.locate(self._address, condor)

    @contextlib.contextmanager
    def collector(self) -> Iterator[tuple[Any, Any]]:
        """Yield the bindings and the collector, which answers; raises what :meth:`bindings` does."""
        self._await_collector()
        with self.bindings() as condor:
            yield condor, schedds.collector(self._address, condor)

    @property
    def is_local_schedd(self) -> bool:
        """Whether the schedd is that of this machine's configuration, and need not be found by the collector. Asks no daemon."""
        with self.bindings() as condor:
            return schedds.is_local(self._address, condor)

    def check_configuration(self) -> None:
        """Check that the configuration exists that the user names instead of the machine's own.

        :raises PoolUnavailable: it does not.
        """
        missing = missing_configuration() if self._address.configuration is None else None
        if missing is not None:
            problem = f"CONDOR_CONFIG names {missing!r}, which is not a file"
            raise PoolUnavailable(self._address.pool, problem, "Correct CONDOR_CONFIG, or unset it")

    def _await_collector(self) -> None:
        with self.bindings() as condor:
            named = self._address.collector or str(condor.param.get("COLLECTOR_HOST") or "")
            of_machine = _first_line(str(condor.param.get("COLLECTOR_ADDRESS_FILE") or ""))
            usual_port = condor.param.get("COLLECTOR_PORT")
        address = named if ":" in named else f"{named}:{usual_port}"
        # Where another daemon has the port, only the collector's own file tells; and where the kernel has chosen it.
        is_of_machine = named.endswith(":0") or of_machine.startswith((f"<{address}?", f"<{address}>"))
        self._await(of_machine if is_of_machine else address, "the collector")

    def _await(self, address: str, what: str, patience: float | None = None) -> None:
        """Wait until a daemon answers.

        :raises PoolUnavailable: it says nothing.
        """
        with bindings.counted():
            problem = knocking.why_silent(address, f"{what} of the {self._address.pool} pool", patience)
        if problem is not None:
            raise PoolUnavailable(self._address.pool, problem, advice_on(self._address))


def _first_line(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8").partition("\n")[0]
    except (OSError, UnicodeDecodeError):
        return ""
