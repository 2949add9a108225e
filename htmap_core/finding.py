"""Which pool to submit to, and how to reach that of a map again."""

from __future__ import annotations

from htmap_core.condor import Connection
from htmap_core.exceptions import HTMapException, PoolNotFound, PoolUnavailable
from htmap_core.plugins import plugins
from htmap_core.pools import Pool, PoolAddress
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
                return pool, Connection(address)
    raise PoolNotFound([f"{pool.name}: {failures.get(pool.name) or _advice(pool)}" for pool in pools])


def running_pool() -> Connection | None:
    """Return the pool that would be submitted to if it runs already; starts nothing, and says nothing where there is none."""
    for pool in plugins.pools():
        try:
            address = plugins.find(pool)
        except HTMapException:
            continue  # said by find_pool to whoever needs a pool
        if address is not None:
            return Connection(address)
    return None


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
