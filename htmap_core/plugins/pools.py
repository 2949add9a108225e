"""The choice of a pool to submit to, and the way back to the pool of a map."""

from __future__ import annotations

import attrs

from htmap_core import user_warnings
from htmap_core.condor.connection import Connection
from htmap_core.contract.pools import Pool, PoolAddress
from htmap_core.exceptions import HTMapException, PoolNotFound, PoolUnavailable
from htmap_core.plugins.calls import plugins
from htmap_core.wording import describe


def find_pool() -> tuple[Pool, Connection]:
    """Return the pool to submit to: the first that can be used now, else the first that can be started.

    :raises PoolNotFound: no pool can be used; the exception has the reason for each.
    """
    pools = plugins.pools()
    failures: dict[str, str] = {}
    for ask in (plugins.find, plugins.start):
        for pool in pools:
            try:
                address = ask(pool)
            except HTMapException as error:
                failures[pool.name] = str(error)
                continue
            if address is not None:
                _warn_of_others(failures, pool.name)
                return pool, Connection(address)
    raise PoolNotFound([f"{pool.name}: {failures.get(pool.name) or _advice(pool)}" for pool in pools])


def _warn_of_others(failures: dict[str, str], chosen: str) -> None:
    for name, reason in failures.items():
        user_warnings.warn(user_warnings.OtherPool(name, reason, chosen))


@attrs.frozen
class PoolCheck:
    """Whether a pool can be used now.

    :param address: its address; None if it cannot be used.
    :param reason: why it cannot be used; empty if it can.
    """

    pool: str
    address: PoolAddress | None
    reason: str


def check_pools() -> list[PoolCheck]:
    """Check which pools can be used now, in the order in which HTMap tries them. This starts no pool."""
    found = []
    for pool in plugins.pools():
        try:
            address, reason = plugins.find(pool), ""
        except HTMapException as error:
            address, reason = None, str(error)
        found.append(PoolCheck(pool.name, address, "" if address else reason or _advice(pool)))
    return found


def reach(address: PoolAddress) -> Connection:
    """Return a connection to the pool of a map, and start the pool if that is necessary and possible.

    :raises PoolUnavailable: the pool does not answer.
    """
    connection = Connection(address)
    if connection.answers():
        return connection
    for pool in plugins.pools():
        if pool.name == address.pool and (started := plugins.start(pool)) is not None:
            return Connection(started)
    raise PoolUnavailable(address.pool, "its schedd cannot be reached", "You can still read the map; try again later")


def _advice(pool: Pool) -> str:
    try:
        return plugins.advice(pool)
    except HTMapException as error:
        return describe(error)
