"""Find out whether this machine is at CERN, and find the batch service."""

from __future__ import annotations

import datetime
import re

from htmap_cern import tickets
from htmap_cern.errors import TicketNeeded
from htmap_cern.jobs import rules
from htmap_cern.settings import AUTO, CernSettings, settings
from htmap_core import MapOptions, Pool, PoolAddress, connect, setting, setting_origin
from htmap_core.exceptions import CondorError, PoolIsSilent

DOMAIN = "cern.ch"

# The parameters of HTCondor's configuration that name the site: the domain of its accounts, and the hosts of its daemons.
_TELLING = ("UID_DOMAIN", "COLLECTOR_HOST", "SCHEDD_HOST")


def why_not() -> str | None:
    """Return why maps do not go to CERN's batch service from here; None if they do."""
    wanted = settings().enabled
    if wanted == AUTO:
        parameters = _parameters()
        if any(_in_domain(value) for value in parameters.values()):
            return None
        seen = ", ".join(
            f"{name} is {value!r}" if value else f"{name} is not set" for name, value in parameters.items()
        )
        return f"this machine is not at CERN: in HTCondor's configuration {seen}; CERN.ENABLED = true uses CERN all the same"
    return None if wanted else "the setting CERN.ENABLED switches it off"


def _parameters() -> dict[str, str | None]:
    """Return the parameters that name the site.

    :raises TicketNeeded: the configuration cannot be read, for `myschedd` prints the user's schedd to those with a ticket alone.
    """
    try:
        return {name: connect(PoolAddress.of_machine("cern")).parameter(name) for name in _TELLING}
    except CondorError as error:
        if "myschedd" in str(error):
            tickets.needed(_A_MOMENT, datetime.datetime.now(datetime.timezone.utc))
        raise


_A_MOMENT = 60  # seconds


def _in_domain(value: str | None) -> bool:
    hosts = [re.sub(r":\d+.*", "", host).casefold() for host in re.split(r"[,\s]+", value or "")]
    return any(host == DOMAIN or host.endswith(f".{DOMAIN}") for host in hosts)


class CernPool(Pool):
    """CERN's batch service, reached through the user's schedd.

    A map remembers the schedd's name, so every lxplus node finds the map's jobs, even if it would submit to another schedd.
    """

    name = "cern"
    rank = 200  # before the machine's own pool, which at CERN is the same one without this plugin's help
    limits_steps = True  # other maps must stay as they are
    delivery_method = (
        "assume"  # lxplus and the worker nodes have the same system, and the same Python, with few packages
    )

    def named_by(self) -> str | None:
        """Return the settings that name the batch service or its schedd; None if they do not, or this machine is not at CERN."""
        if why_not() is not None:
            return None
        named = {"CERN.ENABLED": settings().enabled is True, "CERN.SCHEDD": settings().schedd}
        named |= {name: setting(name) for name in ("HTCONDOR.SCHEDULER", "HTCONDOR.COLLECTOR")}
        told = [f"{name} = {value!r} (from {setting_origin(name)})" for name, value in named.items() if value]
        return " and ".join(told) or None

    def find(self) -> PoolAddress | None:
        """Return the address of the user's schedd; None if this machine is not at CERN.

        :raises PoolIsSilent: the schedd does not answer.
        """
        if why_not() is not None:
            return None
        address = self._address(settings())
        if not connect(address).answers():
            raise PoolIsSilent(self.name, self.advice())
        return address

    def time_limit(self, options: MapOptions) -> int | None:
        """Return how long a job may take by the options or the settings, else CERN's default; None if that is an expression."""
        return rules.time_limit(options, settings())

    def advice(self) -> str:
        """Say why the pool cannot be used: this is not CERN, or the schedd does not answer, perhaps for want of a ticket."""
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


class SharedPythonPool(CernPool):
    """The same for a Python on AFS, EOS or CVMFS, which worker nodes find where it is, with its packages."""

    delivery_method = "shared"
