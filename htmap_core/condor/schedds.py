"""Which schedd an address stands for: that of this machine's configuration, or another one that the collector knows."""

from __future__ import annotations

from typing import Any

from htmap_core.condor.errors import SHOWN
from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import PoolUnavailable


def locate(address: PoolAddress, condor: Any) -> Any:
    """Return an ad with which the bindings reach the schedd of an address.

    The local schedd is read from its files, also where the address names it, so that it can be used while the collector is down.

    :raises PoolUnavailable: the collector knows no schedd of that name.
    """
    if address.schedd is None or is_local(address, condor):
        return _local(condor)
    try:
        ad = collector(address, condor).locate(condor.DaemonType.Schedd, address.schedd)
    except condor.HTCondorException:
        ad = None
        if not _is_on_this_machine(address, condor):
            raise
    if ad is not None:
        return ad
    if _is_on_this_machine(address, condor):  # with None, the bindings would use the local schedd of any name
        return _local(condor)
    problem = f"its collector knows no schedd called {address.schedd!r}"
    raise PoolUnavailable(address.pool, problem, SHOWN)


def is_local(address: PoolAddress, condor: Any) -> bool:
    """Return whether an address stands for the schedd of this machine's configuration. No daemon is asked."""
    if address.schedd is None:
        return True
    ad = _local_if_any(condor)
    return ad is not None and ad.get("Name") == address.schedd


def collector(address: PoolAddress, condor: Any) -> Any:
    """Return the collector of an address."""
    return condor.Collector(address.collector) if address.collector else condor.Collector()


def _local(condor: Any) -> Any:
    return condor.Collector().locate(condor.DaemonType.Schedd)


def _local_if_any(condor: Any) -> Any:
    """Return the ad of this machine's own schedd; None if it has none. SCHEDD_HOST names one elsewhere."""
    named = condor.param.get("SCHEDD_HOST")
    if named and str(named) not in {condor.param.get(name) for name in ("SCHEDD_NAME", "FULL_HOSTNAME")}:
        return None
    try:
        return _local(condor)
    except condor.HTCondorException:
        return None


def _is_on_this_machine(address: PoolAddress, condor: Any) -> bool:
    """Return whether an address names the machine of the local schedd, as that of an old map does."""
    ad = _local_if_any(condor)
    return ad is not None and ad.get("Machine") == address.schedd
