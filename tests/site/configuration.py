"""HTCondor's configuration of access point and execute hosts: that of the personal pool, spread over several hosts."""

from __future__ import annotations

from pathlib import Path

from htmap_pool.places import Places
from htmap_pool.release import Release
from htmap_pool.running import configuration, identity
from htmap_pool.running.configuration import Shape
from htmap_pool.running.identity import Identity

DOMAIN = "site.test"
ACCESS_POINT = "10.99.0.1"
PORT = 9618
REAL_ROOT = Identity("root", 0, 0)


def of_access_point(places: Places, runtime: Path, release: Release) -> str:
    """Return the configuration of central manager and access point, which is also that of their clients."""
    personal = configuration.text(places, runtime, release, identity.current(), Shape(), PORT)
    daemons = "MASTER, SHARED_PORT, COLLECTOR, NEGOTIATOR, SCHEDD"
    return personal + _HOST.format(name="ap", address=ACCESS_POINT, daemons=daemons, **_PLACES)


def of_execute_host(name: str, address: str, places: Places, release: Release, who: Identity, extra: str) -> str:
    """Return the configuration of an execute host.

    :param places: its folders, as it sees them itself.
    :param who: as whom its daemons run.
    :param extra: more configuration, which has the last word.
    """
    personal = configuration.text(places, places.root / "run", release, who, Shape(cpus=4, memory=4096), PORT)
    host = _HOST.format(name=name, address=address, daemons="MASTER, SHARED_PORT, STARTD", **_PLACES)
    own_users = "" if who.in_namespace else f"UID_DOMAIN = {name}.{DOMAIN}\nCONDOR_IDS = 0.0\n"
    return f"{personal}{host}{own_users}{extra}\n"


_PLACES = {"domain": DOMAIN, "collector": ACCESS_POINT, "port": PORT}

# Clients prove who they are by making a directory (FS). Hosts share no directory, and are believed: nobody else is in these
# networks. The timers make the loss of a host known in less than a minute, which takes many by default; a host that is
# busy for ten seconds must not be taken for lost. Whether jobs are to be held is looked at more than once a minute.
_HOST = """
DAEMON_LIST = {daemons}
CONDOR_HOST = {collector}
COLLECTOR_HOST = {collector}:{port}
SHARED_PORT_PORT = {port}
NETWORK_INTERFACE = {address}
NETWORK_HOSTNAME = {name}.{domain}
FILESYSTEM_DOMAIN = {name}.{domain}
SEC_DEFAULT_AUTHENTICATION_METHODS = FS, CLAIMTOBE
SEC_READ_AUTHENTICATION_METHODS = FS, CLAIMTOBE
SEC_DAEMON_AUTHENTICATION_METHODS = FS, CLAIMTOBE
SEC_NEGOTIATOR_AUTHENTICATION_METHODS = FS, CLAIMTOBE
SEC_ADVERTISE_MASTER_AUTHENTICATION_METHODS = FS, CLAIMTOBE
SEC_ADVERTISE_STARTD_AUTHENTICATION_METHODS = FS, CLAIMTOBE
SEC_ADVERTISE_SCHEDD_AUTHENTICATION_METHODS = FS, CLAIMTOBE
SEC_CLIENT_AUTHENTICATION_METHODS = FS, CLAIMTOBE
ALLOW_DEFAULT = *
ALLOW_READ = *
ALLOW_DAEMON = *
ALLOW_NEGOTIATOR = *
ALLOW_ADVERTISE_MASTER = *
ALLOW_ADVERTISE_STARTD = *
ALLOW_ADVERTISE_SCHEDD = *
UPDATE_INTERVAL = 5
CLASSAD_LIFETIME = 30
ALIVE_INTERVAL = 5
MAX_CLAIM_ALIVES_MISSED = 6
JOB_DEFAULT_LEASE_DURATION = 40
PERIODIC_EXPR_INTERVAL = 10
"""
