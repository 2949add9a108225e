"""Which schedd an address stands for: that of this machine's configuration, or one that the collector knows; and its credd."""

from __future__ import annotations

import os
import re
import socket
from typing import Any

from htmap_core.condor.errors import SHOWN
from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import PoolUnavailable
from htmap_core.language.expressions import quoted


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


def credd(address: PoolAddress, condor: Any) -> Any:
    """Return an ad with which the bindings reach the credd that a schedd elsewhere asks for credentials.

    It is the one of the schedd's machine, under any name. If the collector knows none there, it is the one that CREDD_HOST names,
    a name or an address: where that belongs to the schedd, for a ticket in another credd would be of no use.

    :raises PoolUnavailable: it cannot be found.
    """
    schedd = locate(address, condor)
    machine, named = str(schedd["Machine"]), str(condor.param.get("CREDD_HOST") or "").strip()
    if ads := _credds(f"Machine == {quoted(machine)}", address, condor):
        return ads[0]
    problem, advice = f"its collector knows no credd on {machine}", f"{SHOWN}; CREDD_HOST can name the credd's address"
    if named and not _is_of(schedd, named, condor):
        advice = f"CREDD_HOST is {named!r}, which is the credd of another schedd; set it for this one"
    elif named:
        if ads := _credds(f"Name == {quoted(named)}", address, condor):
            return ads[0]
        if (at := _at(named)) is not None:
            return condor.classad.ClassAd({"MyAddress": at})
        problem = f"{problem}, and none that is called {named!r}, as CREDD_HOST says"
    raise PoolUnavailable(address.pool, problem, advice)


def _credds(constraint: str, address: PoolAddress, condor: Any) -> Any:
    return collector(address, condor).query(condor.AdType.Credd, constraint=constraint)


def _is_of(schedd: Any, named: str, condor: Any) -> bool:
    """Return whether CREDD_HOST is for a schedd: the configuration names them together, or they are on one machine."""
    own = {str(schedd.get(name)).casefold() for name in ("Name", "Machine")}
    return str(condor.param.get("SCHEDD_HOST")).casefold() in own or _host(named) in {*own, _host(schedd["MyAddress"])}


def _host(named: str) -> str:
    """Return the host of a name or an address: ``host:port``, or ``<host:port?...>`` as daemons write it."""
    return named.rpartition("@")[2].removeprefix("<").partition(":")[0].casefold()


def _at(named: str) -> str | None:
    """Return the address that CREDD_HOST has, as daemons write it; None if it has only a name."""
    found = _ADDRESS.fullmatch(named)
    if found is None:
        return None
    try:
        return f"<{socket.gethostbyname(found[1])}:{found[2]}>"  # the bindings look up no names in addresses
    except OSError:
        return None


_ADDRESS = re.compile(r"<?([\w.-]+):(\d+(?:\?[^<>]*)?)>?")


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
