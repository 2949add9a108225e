"""Find out whether this machine is an access point of the OSPool."""

from __future__ import annotations

import re

from htmap_core import MapOptions, Pool, PoolAddress, connect, setting, setting_origin
from htmap_core.exceptions import PoolIsSilent
from htmap_ospool import rules
from htmap_ospool.settings import AUTO, settings

# The domains of the OSPool's collectors; the second has those on which its people try new things.
DOMAINS = ("ospool.osg-htc.org", "ospool-itb.osg-htc.org")
_OLD = "flock.opensciencegrid.org"  # what the collector was called before

_ELSEWHERE = "OSPOOL.ENABLED = true uses it all the same"


def why_not() -> str | None:
    """Return why maps do not go to the OSPool from here; None if they do."""
    wanted = settings().enabled
    if wanted != AUTO:
        return None if wanted else "the setting OSPOOL.ENABLED switches it off"
    collector = _collector()
    if _is_of_the_ospool(collector):
        return None
    flocks = connect(PoolAddress.of_machine("ospool")).parameter("FLOCK_TO")
    if _is_of_the_ospool(flocks):
        return f"this machine has a pool of its own, whose jobs may also run on the OSPool (FLOCK_TO is {flocks!r}); {_ELSEWHERE}"
    seen = f"is {collector!r}" if collector else "is not set"
    return f"this machine is no access point of the OSPool: COLLECTOR_HOST {seen}; {_ELSEWHERE}"


def _collector() -> str | None:
    return setting("HTCONDOR.COLLECTOR") or connect(PoolAddress.of_machine("ospool")).parameter("COLLECTOR_HOST")


def _is_of_the_ospool(hosts: str | None) -> bool:
    named = [re.sub(r":\d+.*", "", host).casefold() for host in re.split(r"[,\s]+", hosts or "")]
    return any(host == _OLD or host.endswith(tuple(f".{domain}" for domain in DOMAINS)) for host in named)


class Ospool(Pool):
    """The OSPool, reached through the schedd of an access point."""

    name = "ospool"
    rank = 200  # before the machine's own pool, which on an access point is the same one without this plugin's help
    limits_steps = True  # other maps must stay as they are
    delivery_method = (
        "singularity"  # slots are anybody's machines: what they have in common is that they run containers
    )

    def named_by(self) -> str | None:
        """Return the settings that name the OSPool or its schedd; None if they do not, or this machine is no access point."""
        if why_not() is not None:
            return None
        named = {"OSPOOL.ENABLED": settings().enabled is True}
        named |= {name: setting(name) for name in ("HTCONDOR.SCHEDULER", "HTCONDOR.COLLECTOR")}
        told = [f"{name} = {value!r} (from {setting_origin(name)})" for name, value in named.items() if value]
        return " and ".join(told) or None

    def find(self) -> PoolAddress | None:
        """Return the address of the schedd; None if this machine is no access point.

        :raises PoolIsSilent: the schedd does not answer.
        """
        if why_not() is not None:
            return None
        address = self._address()
        if not connect(address).answers():
            raise PoolIsSilent(self.name, self.advice())
        return address

    def time_limit(self, options: MapOptions) -> int | None:
        """Return how long a job is meant to take by its duration category; None if that is an expression."""
        return rules.time_limit(options)

    def advice(self) -> str:
        """Say why the pool cannot be used: this is no access point, or the schedd does not answer."""
        if (reason := why_not()) is not None:
            return reason
        return f"{self._address().schedd or 'the local schedd'} does not answer; `condor_q` shows why"

    def _address(self) -> PoolAddress:
        schedd, collector = setting("HTCONDOR.SCHEDULER"), setting("HTCONDOR.COLLECTOR")
        return PoolAddress.of_machine(self.name, schedd=schedd, collector=collector)
