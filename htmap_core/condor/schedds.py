"""Which schedd an address stands for: that of this machine's configuration, or another one that the collector knows."""

from __future__ import annotations

import os
from typing import Any

from htmap_core.condor.errors import SHOWN
from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import PoolUnavailable


def locate(address: PoolAddress, condor: Any) -> Any:
    """Return an ad with which the bindings reach the schedd of an address.

    The local schedd is read from its files, also where the address names it, so that it can be used while the collector is down.

    :raises PoolUnavailable: the collector knows no schedd of that name.
    """
    if address.schedd is None:
        return _local(condor)
    local = _local_if_any(condor)
    if local is not None and local.get("Name") == address.schedd:
        return local
    is_on_this_machine = local is not None and local.get("Machine") == address.schedd  # the address of an old map
    try:
        ad = collector(address, condor).locate(condor.DaemonType.Schedd, address.schedd)
    except condor.HTCondorException:
        ad = None
        if not is_on_this_machine:
            raise
    if ad is not None:
        return ad
    if is_on_this_machine:  # with None, the bindings would use the local schedd of any name
        return local
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
    """Return the ad of this machine's own schedd; None if it has none that runs. SCHEDD_HOST names one elsewhere.

    Without its files, the bindings would ask the collector, and one that never answers takes a minute.
    """
    named = condor.param.get("SCHEDD_HOST")
    if named and str(named) not in {condor.param.get(name) for name in ("SCHEDD_NAME", "FULL_HOSTNAME")}:
        return None
    if not any(os.path.isfile(condor.param.get(name) or "") for name in _files_of_schedd()):
        return None
    try:
        return _local(condor)
    except condor.HTCondorException:
        return None


def _files_of_schedd() -> tuple[str, str]:
    """Return the parameters that name the files in which HTCondor looks for the local schedd."""
    address = "SCHEDD_SUPER_ADDRESS_FILE" if os.geteuid() == 0 else "SCHEDD_ADDRESS_FILE"
    return address, "SCHEDD_DAEMON_AD_FILE"
