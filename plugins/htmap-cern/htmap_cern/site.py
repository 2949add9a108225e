"""Whether this is CERN, and where its batch service is."""

from __future__ import annotations

import datetime
import re

from htmap_cern import tickets
from htmap_cern.errors import TicketNeeded
from htmap_cern.settings import AUTO, CernSettings, settings
from htmap_core import Pool, PoolAddress, connect, setting
from htmap_core.exceptions import PoolIsSilent

DOMAIN = "cern.ch"

# What of HTCondor's configuration names the site: its accounts, and the hosts of its daemons.
_TELLING = ("UID_DOMAIN", "COLLECTOR_HOST", "SCHEDD_HOST")


def why_not() -> str | None:
    """Return why maps do not go to CERN's batch service from here; None where they do."""
    wanted = settings().enabled
    if wanted == AUTO:
        parameters = {name: connect(PoolAddress.of_machine("cern")).parameter(name) for name in _TELLING}
        if any(_in_domain(value) for value in parameters.values()):
            return None
        seen = ", ".join(
            f"{name} is {value!r}" if value else f"{name} is not set" for name, value in parameters.items()
        )
        return f"this is not CERN: in HTCondor's configuration {seen}; CERN.ENABLED = true uses it all the same"
    return None if wanted else "switched off by the setting CERN.ENABLED"


def _in_domain(value: str | None) -> bool:
    hosts = [re.sub(r":\d+.*", "", host).casefold() for host in re.split(r"[,\s]+", value or "")]
    return any(host == DOMAIN or host.endswith(f".{DOMAIN}") for host in hosts)


class CernPool(Pool):
    """CERN's batch service, by the user's schedd there.

    A map remembers the schedd by its name: any other lxplus node finds the same jobs, whatever schedd it would submit to.
    """

    name = "cern"
    rank = 200  # before the machine's own, which at CERN is the same pool without the plugin's help
    delivery_method = "assume"  # lxplus and the worker nodes have the same system, and the same Python

    def find(self) -> PoolAddress | None:
        """Return the address of the user's schedd if this is CERN.

        :raises PoolIsSilent: it does not answer.
        """
        if why_not() is not None:
            return None
        address = self._address(settings())
        if not connect(address).answers():
            raise PoolIsSilent(self.name, self.advice())
        return address

    def advice(self) -> str:
        """Say whether this is not CERN, or the schedd does not answer, which it may not do for users without a ticket."""
        if (reason := why_not()) is not None:
            return reason
        told = settings()
        silent = f"{self._address(told).schedd or 'the local schedd'} does not answer"
        try:
            tickets.needed(told.ticket_lifetime, datetime.datetime.now(datetime.timezone.utc))
        except TicketNeeded as error:
            return f"{silent}; {error}"
        return f"{silent}; `condor_q` shows why, and the setting CERN.SCHEDD names another"

    def _address(self, told: CernSettings) -> PoolAddress:
        collector = setting("HTCONDOR.COLLECTOR")
        configured = connect(PoolAddress.of_machine(self.name)).parameter("SCHEDD_HOST")
        schedd = told.schedd or setting("HTCONDOR.SCHEDULER") or configured or None
        return PoolAddress.of_machine(self.name, schedd=schedd, collector=collector)
