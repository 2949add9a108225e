"""A pool without slots, to ask plugins about where no HTCondor runs."""

from __future__ import annotations

import socket
from typing import Any

from htmap_core.contract.pools import PoolAddress


class EmptyPool:
    """A pool without slots."""

    address = PoolAddress("empty")
    is_local = False

    @classmethod
    def named(cls, name: str) -> EmptyPool:
        """Return one with the name of a pool, by which plugins know whether it is theirs."""
        pool = cls()
        pool.address = PoolAddress(name)
        return pool

    def slots(self, projection: Any = ()) -> list[Any]:
        """Return no slots."""
        return []

    def count(self, expression: str) -> tuple[int, int]:
        """Return that 0 of 0 slots satisfy the expression."""
        return 0, 0

    def parameter(self, name: str) -> str | None:
        """Return a file system domain; no other parameter is set."""
        return socket.gethostname() if name == "FILESYSTEM_DOMAIN" else None
