"""What the core itself offers, as the plugin ``core``: the machine's own pool, and HTCondor's own transfer protocols."""

from __future__ import annotations

import os
from pathlib import Path

from htmap_core import condor
from htmap_core.configfile import value
from htmap_core.hookspecs import hookimpl
from htmap_core.pools import Pool, PoolAddress
from htmap_core.settings import settings
from htmap_core.transfer import TransferProtocol


class MachinePool(Pool):
    """The pool that this machine's HTCondor configuration belongs to, or that the settings under ``HTCONDOR`` name."""

    name = "machine"
    rank = 100

    def find(self) -> PoolAddress | None:
        """Return the machine's pool if its schedd answers."""
        address = self._address()
        named = address.schedd or address.collector
        if not (named or condor.has_configuration()):
            return None
        return address if condor.Connection(address).answers() else None

    def advice(self) -> str:
        """Say whether there is no configuration, or no answer."""
        address = self._address()
        if address.schedd or address.collector:
            return (
                f"the schedd {address.schedd or '(local)'} at collector {address.collector or '(local)'} does not answer "
                f"(settings HTCONDOR.SCHEDULER and HTCONDOR.COLLECTOR)"
            )
        if condor.has_configuration():
            return "this machine has an HTCondor configuration, but its schedd does not answer; `condor_q` shows why"
        return "this machine has no HTCondor configuration"

    def _address(self) -> PoolAddress:
        named = os.environ.get("CONDOR_CONFIG", "")
        return PoolAddress(
            self.name,
            configuration=Path(named) if os.path.isfile(named) else None,  # noqa: PTH113 -- "" is no path
            schedd=_optional("HTCONDOR.SCHEDULER"),
            collector=_optional("HTCONDOR.COLLECTOR"),
        )


def _optional(name: str) -> str | None:
    return None if settings.get(name) is None else value(name, str)


@hookimpl
def htmap_pools() -> list[Pool]:
    """Offer the machine's own pool."""
    return [MachinePool()]


@hookimpl
def htmap_transfer_protocols() -> list[TransferProtocol]:
    """Offer what HTCondor's own file transfer plugins can do; whether a slot has them, the slot says."""
    both = [TransferProtocol(scheme) for scheme in ("file", "http", "https", "dav", "davs", "gs", "osdf", "pelican")]
    return [*both, TransferProtocol("ftp", outputs=False), TransferProtocol("s3")]
