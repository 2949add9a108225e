"""A pool that never answers: it keeps whoever asks waiting for a minute, as where packets are dropped."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import attrs

from htmap_core.contract.pools import PoolAddress


@attrs.frozen
class SilentPool:
    """A pool of which there is only something that listens where its collector was.

    :param address: that of its schedd.
    """

    address: PoolAddress
    _listening: socket.socket

    def asked(self) -> int:
        """Return how many connections have come since the last call, and end them."""
        count = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                self._listening.accept()[0].close()
                count += 1
        return count


@contextlib.contextmanager
def silent_pool(folder: Path) -> Iterator[SilentPool]:
    """Listen in a ``with`` block, with a configuration in *folder*."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.settimeout(0)
        configuration = folder / "condor_config"
        configuration.write_text(f"LOG = {folder}\nCOLLECTOR_HOST = 127.0.0.1:{listening.getsockname()[1]}\n")
        yield SilentPool(PoolAddress("site", configuration=configuration, schedd="silent@ap1.example"), listening)
