"""Which pool to submit to, and how to reach that of a map again."""

from __future__ import annotations

import attrs

from htmap_core import user_warnings
from htmap_core.condor.connection import Connection
from htmap_core.contract.pools import Pool, PoolAddress
from htmap_core.exceptions import HTMapException, PoolNotFound, PoolUnavailable
from htmap_core.plugins.calls import plugins
from htmap_core.wording import describe


def find_pool() -> tuple[Pool, Connection]:
    """Return the pool to submit to: the first that can be used as it is, else the first that can be started.

    :raises PoolNotFound: there is none; says of each pool why not.
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
    """A pool as it was found: where it is if it can be used as it is, else why it cannot."""

    pool: str
    address: PoolAddress | None
    reason: str


def check_pools() -> list[PoolCheck]:
    """Return all pools, the first to be tried first, each as it was found; starts nothing."""
    found = []
    for pool in plugins.pools():
        try:
            address, reason = plugins.find(pool), ""
        except HTMapException as error:
            address, reason = None, str(error)
        found.append(PoolCheck(pool.name, address, "" if address else reason or _advice(pool)))
    return found


def reach(address: PoolAddress) -> Connection:
    """Return a connection to the pool that a map was submitted to, starting it where that is possible.

    :raises PoolUnavailable: it does not answer.
    """
    connection = Connection(address)
    if connection.answers():
        return connection
    for pool in plugins.pools():
        if pool.name == address.pool and (started := plugins.start(pool)) is not None:
            return Connection(started)
    raise PoolUnavailable(address.pool, "its schedd cannot be reached", "the map can still be read; try again later")


def _advice(pool: Pool) -> str:
    try:
        return plugins.advice(pool)
    except HTMapException as error:
        return describe(error)
